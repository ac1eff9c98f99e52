"""Commands for a call that rings."""

from __future__ import annotations

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed
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
