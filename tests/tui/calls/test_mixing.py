"""Calls that are not mixed with others, or no longer, and the words for it."""

from __future__ import annotations

from tests.support.clock import Clock
from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.scenes import Stage
from voip.model import CallState
from voip.protocol.calls import JoinCalls


async def test_open_and_secure_calls_are_not_joined(
    phone: Screen, standin: StandIn, clock: Clock
) -> None:
    stage = Stage(phone, standin, clock)
    await stage.accounts()
    await standin.add_account("old", transport="udp", register=False)
    first = await stage.active()
    second = await standin.call("300", account="old")
    standin.remote_answers(second)
    await phone.until(lambda: stage.state_of(second) is CallState.ACTIVE)
    await phone.until(lambda: stage.state_of(first) is CallState.HELD)
    phone.app.main.calls.select(first)
    await phone.settle()
    await phone.press("j")
    await phone.sees("ncrypted and unencrypted calls cannot be joined")
    assert phone.app.state.conferences == ()
    assert stage.state_of(first) is CallState.HELD


async def test_a_party_whose_lock_opens_is_taken_out_and_named(
    phone: Screen, standin: StandIn, clock: Clock
) -> None:
    stage = Stage(phone, standin, clock)
    await stage.accounts()
    calls = [await stage.active(name, name.lower()) for name in ("Anna", "Berta", "Carla")]
    await standin.client.ask(JoinCalls(calls=tuple(calls)))
    await phone.sees("all: [server]")
    standin.remote_stops_encrypting(calls[2])
    await phone.sees("taken out of the conference")
    await phone.until(lambda: stage.state_of(calls[2]) is CallState.HELD)
    assert [group.calls for group in phone.app.state.conferences] == [tuple(calls[:2])]
