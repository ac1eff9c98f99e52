"""Commands for a call that rings, and for the tones of one that is up."""

from __future__ import annotations

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed
from voip.model import CallState
from voip.protocol.worker.calls import EndCall


@pytest.mark.parametrize(
    ("command", "options", "code"),
    [("decline", (), 603), ("decline", ("--unavailable",), 480), ("busy", (), 486)],
)
async def test_a_call_is_refused_with_its_code(
    standin: StandIn, command: str, options: tuple[str, ...], code: int
) -> None:
    await standin.add_account("work")
    call = await standin.incoming("work")
    assert await typed(command, call, *options) == (0, "", "")
    assert [o.code for o in standin.script.orders if isinstance(o, EndCall)] == [code]
    status, out, err = await typed(command, "99")
    assert (status, out, err) == (1, "", "offhook: there is no call 99\n")


async def test_the_status_shows_where_calls_go(standin: StandIn) -> None:
    await standin.add_account("work")
    words = "account", "edit", "work"
    assert (await typed(*words, "--forward-always", "100"))[0] == 0
    assert "  all calls are forwarded to 100\n" in (await typed("status"))[1]
    busy = ("--call-waiting", "busy", "--forward-busy", "200", "--forward-unanswered", "300")
    assert (await typed(*words, "--forward-always", "", *busy))[0] == 0
    shown = "  calls are forwarded when busy to 200 and after 20 s to 300\n"
    assert shown in (await typed("status"))[1]
    options = ("--auto-answer", "asked", "--auto-answer-from", "300")
    assert (await typed(*words, *options))[0] == 0
    assert "  answers some callers by itself\n" in (await typed("status"))[1]


async def test_do_not_disturb_is_a_setting(standin: StandIn) -> None:
    assert await typed("settings", "calls.do_not_disturb", "true") == (0, "", "")
    assert await typed("settings", "calls.do_not_disturb") == (0, "true\n", "")
    assert await typed("settings", "calls.do_not_disturb", "--default") == (0, "", "")
    assert await typed("settings", "calls.do_not_disturb") == (0, "false\n", "")


async def test_rest_of_a_dial_string_is_sent_when_asked_for(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.call("100;1,2")
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.post_dial is not None and c.post_dial.waits)
    assert standin.digits_sent(call) == ""
    sent = "all tones were sent as telephone events (RFC 4733)\n"
    assert await typed("dtmf", call, "--rest") == (0, sent, "")
    assert standin.digits_sent(call) == "1,2"
    status, _, err = await typed("dtmf", call, "--rest")
    assert (status, err) == (1, f"offhook: no tones wait in call {call}\n")
    for words in (("dtmf", call), ("dtmf", call, "1", "--rest")):
        status, _, err = await typed(*words)
        assert status == 2
        assert "give DIGITS or --rest" in err


@pytest.mark.parametrize(
    ("number", "out", "warning"),
    [
        ("100,,55#", "sip:100@pbx.example.com  with work, then sends ,,55#\n", ""),
        ("112", "sip:112@pbx.example.com  with work\n",
         "“work” places no emergency calls: use another phone\n"),
    ],
)  # fmt: skip
async def test_look_up_says_what_a_call_would_do(
    standin: StandIn, number: str, out: str, warning: str
) -> None:
    await standin.add_account("work", emergency=False)
    assert await typed("look-up", number) == (0, out, warning)


async def test_a_second_call_is_answered_and_the_first_resumed(standin: StandIn) -> None:
    await standin.add_account("work")
    first = await standin.incoming("work")
    assert await typed("answer", first) == (0, "", "")
    await standin.reaches_call(first, lambda c: c.state is CallState.ACTIVE)
    second = await standin.incoming("work", "<sip:carol@example.com>")
    assert (await typed("answer", second)).status == 0
    await standin.reaches_call(second, lambda c: c.state is CallState.ACTIVE)
    await standin.reaches_call(first, lambda c: c.state is CallState.HELD)
    assert (await typed("resume", first)).status == 0
    await standin.reaches_call(first, lambda c: c.state is CallState.ACTIVE)
    await standin.reaches_call(second, lambda c: c.state is CallState.HELD)
    assert (await typed("hangup", first)).status == 0
    await standin.until_logged(first)
