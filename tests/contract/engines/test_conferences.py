"""Both engines: two calls to the echo line, joined and parted."""

from __future__ import annotations

from tests.contract.engines.sides import Side
from voip.model import CallState, Conference
from voip.protection import Sign
from voip.protocol.calls import (
    ConferenceEvent,
    EndConference,
    HangUp,
    JoinCalls,
    LeaveConference,
    Mute,
    SilenceParty,
    TakeOut,
    TalkAside,
)


async def test_a_conference_from_its_beginning_to_its_end(side: Side) -> None:
    first, second = await side.echo(), await side.echo()
    await side.engine.until_state(first, CallState.HELD)
    client = side.engine.client
    since = len(side.engine.events)
    joined = await client.get(JoinCalls(calls=(second, first)), Conference)
    assert (joined.calls, joined.here) == ((second, first), True)
    await side.engine.until_call(lambda c: c.id == first and c.state is CallState.ACTIVE, since)
    await client.ask(SilenceParty(call=second))
    await client.ask(SilenceParty(call=second, on=False))
    await client.ask(TalkAside(call=first))
    await client.ask(Mute(call=first))
    await side.engine.until_call(lambda c: c.id == first and c.muted, since)
    await side.engine.until_call(lambda c: c.id == second and c.muted, since)
    left = await client.get(LeaveConference(call=second), Conference)
    assert (left.here, left.aside, left.lock.sign) == (False, None, Sign.SERVER)
    (shown,) = (await side.engine.status()).conferences
    assert shown == left
    await client.ask(JoinCalls(calls=(first,)))
    await client.ask(EndConference(call=first))
    for call in (first, second):
        await side.engine.until_state(call, CallState.ENDED)
    assert [_words(c, first) for c in _shown(side, since)] == [
        "2 in it",
        "2 in it, 1 silenced",
        "2 in it",
        "2 in it, aside",
        "2 away",
        "2 in it",
        "0 away",
    ]


async def test_a_call_that_is_left_alone_is_an_ordinary_one(side: Side) -> None:
    first, second = await side.echo(), await side.echo()
    client = side.engine.client
    await side.engine.until_state(first, CallState.HELD)
    await client.ask(JoinCalls(calls=(first, second)))
    await client.ask(HangUp(call=first))
    await side.engine.until_state(first, CallState.ENDED)
    (left,) = (await side.engine.status()).calls
    assert (left.id, left.conference, left.state) == (second, None, CallState.ACTIVE)
    assert (await side.engine.status()).conferences == ()


async def test_a_party_that_is_taken_out_is_on_hold(side: Side) -> None:
    first, second = await side.echo(), await side.echo()
    client = side.engine.client
    await side.engine.until_state(first, CallState.HELD)
    since = len(side.engine.events)
    await client.ask(JoinCalls(calls=(first, second)))
    await side.engine.until_call(lambda c: c.id == first and c.state is CallState.ACTIVE, since)
    left = await client.get(TakeOut(call=first), Conference)
    assert left.calls == ()
    out = await side.engine.until_call(
        lambda c: c.id == first and c.state is CallState.HELD and c.conference is None, since
    )
    assert out.hold_agreed is not False
    calls = {call.id: call for call in (await side.engine.status()).calls}
    assert (calls[second].state, calls[second].conference) == (CallState.ACTIVE, None)


def _shown(side: Side, since: int) -> list[Conference]:
    events = [numbered.event for numbered in side.engine.events[since:]]
    return [event.conference for event in events if isinstance(event, ConferenceEvent)]


def _words(conference: Conference, aside: str) -> str:
    words = f"{len(conference.calls)} {'in it' if conference.here else 'away'}"
    words += f", {len(conference.silenced)} silenced" if conference.silenced else ""
    return words + (", aside" if conference.aside == aside else "")
