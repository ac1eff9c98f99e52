"""Keys for pick-up and parking: what they ask, what is dialled, and words without a code."""

from __future__ import annotations

import pytest

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.calls.conftest import on, placed
from tui.phone.main import MainScreen
from tui.widgets.ask import AskText
from voip.protocol.accounts import EditAccount
from voip.protocol.worker.calls import ReferCall, StartCall

_Fields = dict[str, str | int | bool | None]

_SET: _Fields = {
    "pickup": "**{number}",
    "pickup_group": "*8",
    "park": "*68{slot}",
    "retrieve": "*88{slot}",
    "voicemail": "*97",
}


async def _codes(main: Screen, standin: StandIn, **codes: str) -> None:
    fields: _Fields = {**codes} if codes else _SET
    await standin.client.ask(EditAccount(name="work", fields=fields))
    await main.until(
        lambda: any(a.name == "work" and a.codes is not None for a in main.app.state.accounts)
    )


def _dialled(user: str) -> str:
    return f"sip:{user}@pbx.example.com;transport=tls"


@pytest.mark.parametrize(
    ("key", "typed", "user"),
    [("g", "620", "**620"), ("g", "", "*8"), ("g", "  ", "*8"), ("G", "701", "*88701")],
)
async def test_what_is_typed_is_dialled_with_its_code(
    main: Screen, standin: StandIn, key: str, typed: str, user: str
) -> None:
    await _codes(main, standin)
    await main.press(key)
    await on(main, AskText)
    await main.type(typed)
    await main.press("enter")
    (order,) = await standin.script.until(StartCall)
    assert order.uri == _dialled(user)
    await on(main, MainScreen)


@pytest.mark.parametrize(("key", "leave"), [("g", "escape"), ("G", "escape"), ("G", "enter")])
async def test_a_box_that_is_left_dials_nothing(
    main: Screen, standin: StandIn, key: str, leave: str
) -> None:
    await _codes(main, standin)
    await main.press(key)
    await on(main, AskText)
    await main.press(leave)
    await on(main, MainScreen)
    await main.settle()
    assert standin.script.of_kind(StartCall) == []


async def test_the_account_of_the_dial_line_picks_up(main: Screen, standin: StandIn) -> None:
    await standin.add_account("home", domain="home.example", pickup_group="*20")
    await main.until(lambda: len(main.app.state.accounts) == 2)
    while main.app.main.dial.account != "home":
        main.app.main.dial.next_account()
    await main.press("g")
    await on(main, AskText)
    await main.press("enter")
    (order,) = await standin.script.until(StartCall)
    assert order.uri == "sip:*20@home.example;transport=tls"


@pytest.mark.parametrize(
    ("key", "typed", "words"),
    [
        ("g", "620", "Account work has no pick-up code"),
        ("g", "", "Account work has no code to pick up any call"),
        ("G", "701", "Account work has no code to take a parked call back"),
    ],
)
async def test_without_a_code_the_words_name_the_field(
    main: Screen, standin: StandIn, key: str, typed: str, words: str
) -> None:
    await main.press(key)
    await on(main, AskText)
    await main.type(typed)
    await main.press("enter")
    await main.sees(words)
    assert standin.script.of_kind(StartCall) == []


async def test_a_call_is_parked_at_once_where_the_place_is_fixed(
    main: Screen, standin: StandIn
) -> None:
    await _codes(main, standin, park="700")
    call = await placed(main, standin)
    await main.press("Z")
    (order,) = await standin.script.until(ReferCall)
    assert order.uri == _dialled("700")
    await main.sees("transfer to 700")
    standin.refer_progress(call, 200, "OK", last=True)
    await main.sees("ended after 00:00: transferred to")


async def test_a_place_is_asked_for_where_the_code_has_one(main: Screen, standin: StandIn) -> None:
    await _codes(main, standin)
    await placed(main, standin)
    await main.press("Z")
    await on(main, AskText)
    await main.sees("Park 100")
    await main.press("enter")
    await on(main, MainScreen)
    assert standin.script.of_kind(ReferCall) == []
    await main.press("Z")
    await on(main, AskText)
    await main.type("701")
    await main.press("enter")
    (order,) = await standin.script.until(ReferCall)
    assert order.uri == _dialled("*68701")


async def test_a_server_that_parks_nothing_gives_the_call_back(
    main: Screen, standin: StandIn
) -> None:
    await _codes(main, standin, park="700")
    call = await placed(main, standin)
    await main.press("Z")
    await standin.script.until(ReferCall)
    standin.refer_progress(call, 486, "Busy Here", last=True)
    await main.sees("The transfer to 700@pbx.example.com failed (busy)")
    await main.sees("active")


async def test_a_call_without_a_code_is_not_parked(main: Screen, standin: StandIn) -> None:
    await placed(main, standin)
    await main.press("Z")
    await main.sees("Account work has no code to park calls")
    assert standin.script.of_kind(ReferCall) == []
