"""`offhook log`: the engine's log."""

from __future__ import annotations

import json

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed


async def test_the_last_lines_are_shown(standin: StandIn) -> None:
    status, out, err = await typed("log")
    assert (status, err) == (0, "")
    assert out.split() == standin.log.split()
    assert " is up, process " in out
    with standin.paths.log.open("a") as file:
        file.write("one\n\x1b[2Jtwo\n")
    status, out, _ = await typed("log", "--limit", "2")
    first, second = out.splitlines()
    assert first == "one"
    assert second.endswith("two")
    assert "\x1b" not in out
    shown = json.loads((await typed("log", "--limit", "2", "--json")).out)
    assert shown == {"lines": [first, second], "path": str(standin.paths.log)}
