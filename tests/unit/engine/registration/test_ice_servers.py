"""STUN server and relay of a running account, with a scripted worker."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.support.standin.engine import StandIn
from tests.support.standin.script import Registrar
from voip.causes import Cause, CauseKind
from voip.engine.network import relays
from voip.engine.registration.live import Live
from voip.engine.registration.moving import Moving
from voip.protocol.accounts import RegisterAccount
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.accounts import (
    IceServers,
    OpenAccount,
    Relay,
    RelayFailed,
    UseIceServers,
)
from voip.protocol.worker.base import Role

_HOST, _TURN = "pbx.example.com", "turn.example.com"
_RELAY: dict[str, Any] = {"ice": True, "turn_server": _TURN, "turn_password_command": "echo x"}
_SILENT = Cause(CauseKind.RELAY_SILENT, (_TURN,))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Relay]:
    """Relays that the engine has asked; each answers."""
    asked: list[Relay] = []

    async def ask_relay(relay: Relay) -> Cause | None:
        asked.append(relay)
        return None

    monkeypatch.setattr(relays, "ask_relay", ask_relay)
    return asked


def _address(servers: IceServers | None) -> str:
    assert servers is not None and servers.relay is not None
    assert servers.relay.credentials is not None
    assert servers.relay.credentials.password == "x"
    return servers.relay.target.address


async def test_a_relay_that_failed_a_call_is_left_for_the_next(
    standin: StandIn, asked: list[Relay]
) -> None:
    standin.names.addresses_of[_TURN] = ("192.0.2.11", "192.0.2.12")
    await standin.add_account("work", **_RELAY)
    (opened,) = standin.script.of_kind(OpenAccount)
    assert _address(opened.account.ice_servers) == "192.0.2.11"
    # The password is for calls.
    assert [relay.credentials for relay in asked] == [None, None]
    worker = standin.script.worker(Role.SECURE)
    worker.send(RelayFailed("work", Cause(CauseKind.RELAY_PASSWORD, (_TURN,))))
    worker.send(RelayFailed("work", _SILENT))
    (order,) = await standin.script.until(UseIceServers)
    assert _address(order.ice_servers) == "192.0.2.12"
    await standin.until(NoticeEvent, lambda e: e.text.endswith(f"relay {_TURN} does not answer"))
    assert len(asked) == 2


async def test_a_relay_without_another_stays(standin: StandIn, asked: list[Relay]) -> None:
    await standin.add_account("work", **_RELAY)
    standin.script.worker(Role.SECURE).send(RelayFailed("work", _SILENT))
    await standin.until(NoticeEvent, lambda e: e.text.endswith("does not answer"))
    search = standin.engine.registrations.get("work").ice_search
    assert search is not None
    await search
    assert standin.script.of_kind(UseIceServers) == []
    assert asked == []


async def test_the_relay_is_of_the_family_of_the_target_in_use(standin: StandIn) -> None:
    standin.names.addresses_of[_HOST] = ("192.0.2.1", "2001:db8::1")
    standin.names.addresses_of[_TURN] = ("192.0.2.11", "2001:db8::11")
    await standin.add_account("work", **_RELAY)
    (opened,) = standin.script.of_kind(OpenAccount)
    gone = Registrar(cause=Cause(CauseKind.CONNECTION_TIMEOUT))
    standin.script.registrars_at[opened.account.target.address] = gone
    await standin.client.ask(RegisterAccount(account="work"))
    (order,) = await standin.script.until(UseIceServers)
    assert sorted((_address(opened.account.ice_servers), _address(order.ice_servers))) == [
        "192.0.2.11", "2001:db8::11"
    ]  # fmt: skip
    target = standin.engine.registrations.get("work").aimed
    assert target is not None
    assert order.ice_servers.fits(target)


async def test_calls_move_when_the_search_for_a_relay_is_over() -> None:
    moved: list[tuple[str, int | None, bool]] = []
    moving = Moving(cast("Any", None), cast("Any", None), lambda *move: moved.append(move))
    found = asyncio.Event()

    async def search() -> None:
        await found.wait()

    live = Live("work", None, moved=True, ice_search=asyncio.create_task(search()))
    moving.settle(live)
    await asyncio.sleep(0)
    assert moved == []
    found.set()
    assert live.ice_search is not None
    await live.ice_search
    await asyncio.sleep(0)
    assert moved == [("work", None, True)]
    moving.settle(live)
    assert moved[1:] == [("work", None, False)]


def test_a_new_network_is_another_search_for_relays() -> None:
    lives = [Live("work", None), Live("home", None)]
    searched: list[Live] = []
    attempts = SimpleNamespace(look_for_ice=searched.append)
    moving = Moving(cast("Any", lives), cast("Any", attempts), lambda *move: None)
    moving.on_new_network()
    assert searched == lives
