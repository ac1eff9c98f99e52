"""`offhook transfer`, `accept-transfer` and `refuse-transfer`, as typed."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed
from voip.model import CallState
from voip.protocol.worker.calls import AnswerTransfer, ReferCall, ReferToCall, StartCall


async def _up(standin: StandIn, number: str) -> str:
    call = await standin.call(number, account="work")
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    return call


async def test_a_call_is_passed_on_to_a_target(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await _up(standin, "100")
    waiting = asyncio.create_task(typed("transfer", call, "200", "--wait", "--json"))
    (order,) = await standin.script.until(ReferCall)
    assert order.uri == "sip:200@pbx.example.com;transport=tls"
    standin.refer_progress(call, 200, "OK", last=True)
    status, out, _ = await waiting
    assert (status, json.loads(out)["transfer"]["state"]) == (0, "done")


async def test_two_calls_are_connected(standin: StandIn) -> None:
    await standin.add_account("work")
    first, second = await _up(standin, "100"), await _up(standin, "200")
    assert (await typed("transfer", first, "--to-call", second)).status == 0
    (order,) = await standin.script.until(ReferToCall)
    assert (order.call, order.other) == (int(first), int(second))


async def test_somebody_who_has_not_answered_is_called_by_the_first(standin: StandIn) -> None:
    await standin.add_account("work")
    first = await _up(standin, "100")
    second = await standin.call("200", account="work")
    standin.remote_rings(second)
    await standin.reaches_call(second, lambda c: c.state is CallState.RINGING)
    assert (await typed("transfer", first, "--to-call", second)).status == 0
    (order,) = await standin.script.until(ReferCall)
    assert (order.call, order.uri) == (int(first), "sip:200@pbx.example.com;transport=tls")


async def test_a_transfer_names_one_target(standin: StandIn) -> None:
    for words in (("1",), ("1", "200", "--to-call", "2")):
        status, _, err = await typed("transfer", *words)
        assert status == 2
        assert "name either a TARGET or another call" in err


@pytest.mark.parametrize("command", ["accept-transfer", "refuse-transfer"])
async def test_a_far_end_that_asks_is_answered(standin: StandIn, command: str) -> None:
    await standin.add_account("work")
    call = await _up(standin, "100")
    status, _, err = await typed(command, call)
    assert status == 1
    assert err
    standin.remote_asks_for_transfer(call, '"Carol" <sip:carol@pbx.example.com>')
    await standin.reaches_call(call, lambda c: c.asked is not None)
    status, out, _ = await typed(command, call)
    assert status == 0
    if command == "refuse-transfer":
        (order,) = await standin.script.until(AnswerTransfer)
        assert order.by is None
        return
    placed = standin.script.of_kind(StartCall)[-1]
    assert placed.uri == "sip:carol@pbx.example.com;transport=tls"
    assert out.strip() == str(placed.call)
