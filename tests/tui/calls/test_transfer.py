"""The key that transfers: whom it asks for, what it shows, and what it connects."""

from __future__ import annotations

import pytest

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.calls.conftest import on, placed
from tui.calls.transfer import TransferTo
from tui.phone.main import MainScreen
from tui.widgets.ask import Confirm
from voip.model import CallState
from voip.protocol.calls import AnswerCall
from voip.protocol.worker.calls import ReferCall, ReferToCall


async def _transferred(main: Screen, standin: StandIn) -> None:
    """Ask for a transfer of the selected call to 200."""
    await main.press("t")
    await main.type("200")
    await main.press("enter")
    await standin.script.until(ReferCall)


async def test_a_call_is_passed_on_to_what_is_typed(main: Screen, standin: StandIn) -> None:
    call = await placed(main, standin)
    await main.press("t")
    await on(main, TransferTo)
    await main.sees("Transfer 100")
    await main.type("200")
    await main.sees("transfers to 200@pbx.example.com")
    await main.press("enter")
    (order,) = await standin.script.until(ReferCall)
    assert order.uri == "sip:200@pbx.example.com;transport=tls"
    await main.sees("transfer to 200")
    standin.refer_progress(call, 180, "Ringing")
    await main.sees("transfer to 200: ringing")
    standin.refer_progress(call, 200, "OK", last=True)
    await main.sees("ended after 00:00: transferred to")
    await main.resize(140, 40)
    await main.sees("100  transferred to 200@pbx.example.com")


async def test_a_failure_says_why_and_who_is_back(main: Screen, standin: StandIn) -> None:
    call = await placed(main, standin)
    await _transferred(main, standin)
    standin.refer_progress(call, 486, "Busy Here", last=True)
    await main.sees("The transfer to 200@pbx.example.com failed (busy)")
    await main.sees("active")


async def test_a_far_end_that_transfers_no_calls_is_said(main: Screen, standin: StandIn) -> None:
    call = await placed(main, standin)
    await main.resize(140, 40)
    await _transferred(main, standin)
    standin.refer_answered(call, 501, "Not Implemented")
    await main.sees("does not transfer calls")
    await main.sees("active")


async def test_a_far_end_that_reports_nothing_was_passed_on(main: Screen, standin: StandIn) -> None:
    call = await placed(main, standin)
    await main.resize(140, 40)
    await _transferred(main, standin)
    standin.refer_answered(call, 202, "Accepted", reports=False)
    await standin.until_logged(call)
    await main.sees("passed on to 200@pbx.example.com")


async def test_a_target_that_cannot_be_called_is_said_at_once(
    main: Screen, standin: StandIn
) -> None:
    await placed(main, standin)
    await main.press("t")
    await main.type("555 x")
    await main.sees("is not a number")
    await main.press("escape")
    await on(main, MainScreen)
    assert standin.script.of_kind(ReferCall) == []


async def test_enter_alone_transfers_nobody(main: Screen, standin: StandIn) -> None:
    await placed(main, standin)
    await main.press("t", "enter")
    await main.settle()
    assert isinstance(main.app.screen, TransferTo)
    assert standin.script.of_kind(ReferCall) == []


async def test_a_suggestion_is_chosen_with_the_arrows(main: Screen, standin: StandIn) -> None:
    await placed(main, standin, "300")
    await main.press("t")
    await main.type("30")
    await main.sees("300@pbx.example.com  ")
    await main.press("down", "enter")
    (order,) = await standin.script.until(ReferCall)
    assert order.uri == "sip:300@pbx.example.com;transport=tls"


async def test_the_box_closes_with_its_call(main: Screen, standin: StandIn) -> None:
    call = await placed(main, standin)
    await main.press("t")
    await on(main, TransferTo)
    standin.remote_hangs_up(call)
    await on(main, MainScreen)


async def test_a_consulted_call_is_connected_with_the_first(main: Screen, standin: StandIn) -> None:
    first = await placed(main, standin, "100")
    second = await placed(main, standin, "200")
    await main.press("t")
    await on(main, Confirm)
    await main.sees("Connect 100 with 200?")
    await main.press("down", "enter")
    (order,) = await standin.script.until(ReferToCall)
    assert (order.call, order.other) == (int(first), int(second))


async def test_the_safe_answer_asks_for_somebody_else(main: Screen, standin: StandIn) -> None:
    await placed(main, standin, "100")
    await placed(main, standin, "200")
    await main.press("t")
    await on(main, Confirm)
    await main.press("enter")
    await on(main, TransferTo)
    await main.sees("Transfer 200")


async def test_somebody_who_rings_is_called_by_the_first(main: Screen, standin: StandIn) -> None:
    first = await placed(main, standin, "100")
    second = await standin.call("200", account="work")
    standin.remote_rings(second)
    await main.sees("ringing")
    await main.press("up")
    main.app.main.calls.select(first)
    await main.press("t")
    await main.sees("200 has not answered you")
    await main.press("down", "enter")
    (order,) = await standin.script.until(ReferCall)
    assert (order.call, order.uri) == (int(first), "sip:200@pbx.example.com;transport=tls")


@pytest.mark.parametrize("account", ["work", "home"])
async def test_two_callers_or_accounts_are_not_offered_to_be_connected(
    main: Screen, standin: StandIn, account: str
) -> None:
    for name in ("work", account):
        if name == "home":
            await standin.add_account("home", domain="pbx.home.example.com")
        call = await standin.incoming(name, f'"{name}" <sip:{name}@example.com>')
        await standin.client.ask(AnswerCall(call=call))
        await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    await main.sees("active")
    await main.press("t")
    await on(main, TransferTo)
