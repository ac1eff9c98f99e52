"""What the screen shows of calls that are refused, sent on or answered by a rule."""

from __future__ import annotations

from typing import Any

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from voip.model import CallState, Outcome
from voip.protocol.accounts import EditAccount
from voip.protocol.calls import AnswerCall, LogEvent

_CAROL = '"Carol" <sip:carol@example.com>'


async def _edit(standin: StandIn, **fields: Any) -> None:
    await standin.client.ask(EditAccount(name="work", fields=fields))


async def _turned_away(standin: StandIn) -> Outcome | None:
    """Receive a call that must not ring; return what the log says of it."""
    await standin.read_workers()
    position = len(standin.events)
    standin._worker_of("work").ring("work", _CAROL)
    row = await standin.until(LogEvent, lambda e: e.entry.ended is not None, position)
    return row.entry.outcome


async def test_do_not_disturb_is_a_key_and_no_call_rings(main: Screen, standin: StandIn) -> None:
    await main.press("D")
    await main.until(lambda: "do not disturb" in main.lines[0])
    main.said.clear()
    assert await _turned_away(standin) is Outcome.MISSED
    await main.sees("missed")
    assert main.app.state.calls == ()
    assert not [said for said in main.said if "\a" in said]
    await main.press("D")
    await main.until(lambda: "do not disturb" not in main.lines[0])
    await standin.incoming()
    await main.until(lambda: main.app.state.incoming)


async def test_an_account_says_where_its_calls_go(main: Screen, standin: StandIn) -> None:
    await main.resize(120, 40)
    await _edit(standin, forward_always="100")
    await main.sees("all calls go to 100")
    assert "forwarding" in main.lines[0]
    assert await _turned_away(standin) is Outcome.FORWARDED
    await main.sees("forwarded")
    await _edit(standin, forward_always=None, call_waiting="busy", forward_busy="200")
    await main.sees("calls go on, busy: 200")
    await _edit(standin, forward_busy=None, forward_unanswered="300")
    await main.sees("calls go on, after 20 s")
    await _edit(standin, forward_unanswered=None)
    await main.until(lambda: "forwarding" not in main.lines[0])


async def test_a_second_call_waits_beside_the_first_or_hears_busy(
    main: Screen, standin: StandIn
) -> None:
    first = await standin.incoming()
    await standin.client.ask(AnswerCall(call=first))
    await main.sees("active")
    second = await standin.incoming(remote=_CAROL)
    await main.sees("Carol")
    assert "active" in main.text
    standin.remote_hangs_up(second)
    await standin.until_logged(second)
    await _edit(standin, call_waiting="busy")
    assert await _turned_away(standin) is Outcome.MISSED
    assert not main.app.state.incoming


async def test_an_account_that_answers_by_itself_says_so_and_does(
    main: Screen, standin: StandIn
) -> None:
    await main.resize(120, 40)
    await _edit(standin, auto_answer="asked", auto_answer_from="bob@example.com")
    await main.sees("answers some callers by itself")
    assert "auto-answer" in main.lines[0]
    call = await standin.incoming(answer_after_s=0)
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    await main.sees("was answered by itself")
    stranger = await standin.incoming(remote=_CAROL, answer_after_s=0)
    await main.until(lambda: main.app.state.incoming)
    await standin.read_workers()
    shown = main.app.state.find(stranger)
    assert shown is not None
    assert shown.call.state is CallState.INCOMING
