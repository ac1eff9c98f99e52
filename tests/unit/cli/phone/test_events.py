"""`offhook events`: until the engine ends, with levels on request."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed


@pytest.mark.parametrize(("options", "levels"), [((), 0), (("--levels",), 1)])
async def test_levels_are_shown_to_those_who_ask(
    standin: StandIn, options: tuple[str, ...], levels: int
) -> None:
    call = await standin.call("echo")
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.state.answered)
    joined = asyncio.Event()
    standin.engine.hub.when_listeners_change(joined.set)
    following = asyncio.create_task(typed("events", "--json", *options))
    await joined.wait()
    standin.levels(call, 0.25, 0.5)
    standin.remote_hangs_up(call)
    await standin.until_logged(call)
    await standin.drop_clients()
    status, out, err = await following
    assert (status, err) == (0, "")
    kinds = [json.loads(line)["event"]["kind"] for line in out.splitlines()]
    assert kinds.count("levels") == levels
    assert "log" in kinds


async def test_digits_of_the_far_end_are_printed(standin: StandIn) -> None:
    call = await standin.call("echo")
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.state.answered)
    joined = asyncio.Event()
    standin.engine.hub.when_listeners_change(joined.set)
    following = asyncio.create_task(typed("events"))
    await joined.wait()
    standin.digit(call, "7")
    standin.remote_hangs_up(call)
    await standin.until_logged(call)
    await standin.drop_clients()
    status, out, _ = await following
    assert status == 0
    assert f"  call {call} key 7\n" in out
