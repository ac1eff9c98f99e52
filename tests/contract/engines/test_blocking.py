"""Both engines: blocked callers."""

from __future__ import annotations

from tests.contract.engines.sides import ACCOUNT, BOB, Side
from voip.model import BlockedCaller, CallState, Outcome
from voip.protocol.calls import AnswerCall, CallEvent, GetHistory, HistoryPage
from voip.protocol.people import BlockCaller, BlockedCallers, GetBlocked, UnblockCaller
from voip.protocol.phone import GetStatus, NoticeEvent

MALLORY = '"Mallory" <sip:mallory@evil.example>'


async def block(side: Side, caller: str) -> BlockedCaller:
    command = BlockCaller(caller=caller, account=ACCOUNT)
    return await side.engine.client.get(command, BlockedCaller)


async def blocked(side: Side) -> list[str]:
    reply = await side.engine.client.get(GetBlocked(), BlockedCallers)
    return [entry.address for entry in reply.callers]


async def test_a_blocked_caller_is_declined_without_a_word_to_anybody(side: Side) -> None:
    await side.register()
    entry = await block(side, "mallory@EVIL.example")
    assert (entry.account, entry.address) == (ACCOUNT, "sip:mallory@evil.example")
    position = len(side.engine.events)
    # RFC 3261 section 21.6.2; no 180 Ringing before it.
    assert await side.calls_in_vain(MALLORY) == (603,)
    await side.engine.client.ask(GetStatus())
    events = [numbered.event for numbered in side.engine.events[position:]]
    assert not [e for e in events if isinstance(e, CallEvent | NoticeEvent)]
    (row,) = (await side.engine.client.get(GetHistory(), HistoryPage)).entries
    assert (row.outcome, row.code, row.sign) == (Outcome.BLOCKED, 603, None)
    assert row.reason == "you have blocked this caller"
    assert row.remote.name == "Mallory"
    assert (await side.engine.status()).calls == ()


async def test_nobody_else_is_blocked_and_calls_to_them_go_out(side: Side) -> None:
    await side.register()
    await block(side, "mallory@evil.example")
    ringing = await side.incoming('"Mallory" <sip:mallory@other.example>')
    side.gives_up(ringing)
    await side.engine.until_logged(ringing)
    call = await side.dial("mallory@evil.example")
    side.refuses(call, 486, "Busy Here")
    assert (await side.engine.until_logged(call)).outcome is Outcome.BUSY


async def test_blocking_a_caller_who_rings_declines_the_call(side: Side) -> None:
    await side.register()
    call = await side.incoming(MALLORY)
    await block(side, "sip:mallory@evil.example")
    row = await side.engine.until_logged(call)
    assert (row.outcome, row.code) == (Outcome.DECLINED, 603)


async def test_an_unblocked_caller_rings_again(side: Side) -> None:
    await side.register()
    await block(side, "sip:bob@example.com")
    await block(side, "bob@example.com")
    await block(side, "100")
    assert await blocked(side) == ["sip:bob@example.com", "sip:100@pbx.example.com"]
    unblock = UnblockCaller(caller="sip:bob@example.com", account=ACCOUNT)
    await side.engine.client.ask(unblock)
    assert await blocked(side) == ["sip:100@pbx.example.com"]
    call = await side.incoming(BOB)
    await side.engine.client.ask(AnswerCall(call=call))
    await side.engine.until_state(call, CallState.ACTIVE)


async def test_one_caller_is_asked_about_by_any_way_to_write_it(side: Side) -> None:
    await side.register()
    await block(side, "+34 600 111 222")
    for written, count in (("sip:+34600111222@10.0.0.1", 1), ("+34600111223", 0)):
        asked = GetBlocked(caller=written, account=ACCOUNT)
        reply = await side.engine.client.get(asked, BlockedCallers)
        assert len(reply.callers) == count
