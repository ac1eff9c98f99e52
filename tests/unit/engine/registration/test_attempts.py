"""Attempts at the targets of a server, with a scripted worker."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from tests.support.standin.script import Held, Registrar
from voip import routing
from voip.causes import Cause, CauseKind
from voip.engine.network import probe
from voip.engine.network.answers import Answer
from voip.engine.registration import attempts
from voip.engine.registration.live import Live
from voip.model import RegistrationState
from voip.protection import Transport
from voip.protocol.accounts import RegisterAccount
from voip.protocol.worker.accounts import (
    RegisterNow,
    RegistrationEvent,
    ServerSilent,
    Target,
    UseTarget,
)
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import ConnectionEvent
from voip.sip.network.locating import Service

HOST = "pbx.example.com"
PIN = facts.server(HOST).chain[0].key_sha256
FIRST, SECOND, THIRD = "192.0.2.1", "192.0.2.2", "192.0.2.3"


def registers(phone: StandIn) -> int:
    return len(phone.script.of_kind(RegisterNow))


def aims(phone: StandIn) -> list[str]:
    return [order.target.address for order in phone.script.of_kind(UseTarget)]


def hold_lookups(phone: StandIn, monkeypatch: pytest.MonkeyPatch) -> Held:
    """Hold questions for a domain's servers until they are released."""
    held, services = Held(), phone.names.services

    async def wait(name: str) -> Answer[Service]:
        await held.passes()
        return await services(name)

    monkeypatch.setattr(phone.names, "services", wait)
    return held


def shows_other_key(phone: StandIn) -> None:
    """Refuse a connection of the account for its server's key."""
    phone.script.worker(Role.SECURE).send(
        ConnectionEvent(
            id=99, up=False, outgoing=True, transport=Transport.TLS, host=HOST, port=5061,
            cause=Cause(CauseKind.OTHER_KEY), other_key="0123456789abcdef" * 4,
            accounts=("work",),
        )
    )  # fmt: skip


async def stopped(phone: StandIn) -> Live:
    """Return the account, once it has stopped for its server's key."""
    live = phone.engine.registrations.get("work")
    shows_other_key(phone)
    await phone.reaches(lambda _: live.stopped is not None)
    return live


async def test_an_account_that_stops_while_its_server_is_looked_up_stays_so(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await standin.add_account("work", pin=PIN)
    held = hold_lookups(standin, monkeypatch)
    before = registers(standin)
    asked = asyncio.create_task(standin.client.ask(RegisterAccount(account="work")))
    await held.come()
    live = await stopped(standin)
    held.release()
    await asked
    assert registers(standin) == before
    assert live.registration.cause == live.stopped
    assert live.timer is None


async def test_a_lost_name_does_not_hide_why_an_account_has_stopped(standin: StandIn) -> None:
    await standin.add_account("work", pin=PIN)
    await standin.add_account("home", domain="home.example")
    live = await stopped(standin)
    standin.lose_name(HOST)
    position = len(standin.events)
    standin.worker_dies()
    await standin.until_registered("home", position)
    await standin.idle("work")
    assert live.registration.cause == live.stopped
    assert live.timer is None


async def test_an_account_that_does_not_register_never_does(standin: StandIn) -> None:
    standin.lose_name(HOST)
    await standin.add("work", user="alice", domain=HOST, register=False)
    await standin.until_failed("work")
    standin.names.lost.clear()
    await standin.call("100")
    live = standin.engine.registrations.get("work")
    assert live.registration.state is RegistrationState.OFFLINE
    assert live.timer is None


async def test_a_target_that_the_worker_cannot_use_is_passed_over(standin: StandIn) -> None:
    standin.names.addresses_of[HOST] = (FIRST, SECOND, THIRD)
    await standin.add_account("work")
    standin.script.refused[UseTarget] = "this machine has no IPv6"
    standin.refuse_connection("work", CauseKind.CONNECTION_TIMEOUT)
    await standin.client.ask(RegisterAccount(account="work"))
    await standin.until_failed("work")
    assert aims(standin) == [SECOND, THIRD]


async def test_the_last_target_gets_the_time_that_a_slow_server_needs(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "SHORT_SILENCE_S", 0.01)
    standin.names.addresses_of[HOST] = (FIRST, SECOND)
    standin.ignore_account("work")
    await standin.add_account("work")
    await standin.script.until(RegisterNow, 2)
    live = standin.engine.registrations.get("work")
    assert live.registration.state is RegistrationState.REGISTERING
    assert aims(standin) == [SECOND]
    assert live.timer is not None
    assert live.timer.when() - asyncio.get_running_loop().time() > 30


@pytest.mark.parametrize(("here", "least_s", "most_s"), [(None, 0, 2), ("192.0.2.10", 15, 60)])
async def test_a_target_without_a_route_is_tried_again_soon(
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    here: str | None,
    least_s: float,
    most_s: float,
) -> None:
    monkeypatch.setattr(routing, "local_address", lambda *_: here)
    await standin.add_account("work")
    live = standin.engine.registrations.get("work")
    live.awaited = False
    standin.refuse_connection("work", CauseKind.CONNECTION_TIMEOUT)
    await standin.until_failed("work")
    assert live.timer is not None
    assert least_s <= live.timer.when() - asyncio.get_running_loop().time() <= most_s


async def test_a_better_target_that_stays_away_delays_no_retry(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    probed, answered = asyncio.Event(), asyncio.Event()

    async def is_back(*_: object) -> bool:
        probed.set()
        await answered.wait()
        return False

    monkeypatch.setattr(probe, "is_back", is_back)
    standin.names.addresses_of[HOST] = (FIRST, SECOND)
    await standin.add_account("work")
    live = standin.engine.registrations.get("work")
    live.targets.rest(Target(FIRST, 5061), until=0.0, returns=0.0)
    live.targets.use(Target(SECOND, 5061))
    assert live.account is not None
    await standin.engine.registrations.renew(live.account.aor)
    await probed.wait()
    standin.refuse_account("work", 403)
    await standin.client.ask(RegisterAccount(account="work"))
    await standin.until_failed("work")
    due = live.timer
    answered.set()
    await standin.idle("work")
    assert live.timer is due is not None


async def test_a_better_target_is_registered_with_when_it_returns(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, ...]] = []

    async def is_back(*way: object) -> bool:
        asked.append(way)
        # The first time it is away still.
        return len(asked) > 1

    monkeypatch.setattr(attempts, "return_s", lambda failures: 0.1)
    monkeypatch.setattr(probe, "is_back", is_back)
    standin.names.addresses_of[HOST] = (FIRST, SECOND)
    standin.script.registrars_at[FIRST] = Registrar(503, "Service Unavailable")
    await standin.add("work", user="alice", domain=HOST, transport="udp")
    await standin.until_registered("work")
    assert aims(standin) == [SECOND]
    del standin.script.registrars_at[FIRST]
    await standin.script.until(UseTarget, 2)
    assert aims(standin) == [SECOND, FIRST]
    way = (Transport.UDP, HOST, Target(FIRST, 5060), Target(SECOND, 5060))
    assert asked == [way, way]


async def test_an_account_that_waits_registers_at_once_where_a_person_asks_for_it(
    standin: StandIn,
) -> None:
    await standin.add_account("work")
    standin.refuse_connection("work", CauseKind.CONNECTION_TIMEOUT)
    live = standin.engine.registrations.get("work")
    await standin.client.ask(RegisterAccount(account="work"))
    await standin.until_failed("work")
    assert live.awaited
    standin.script.registrars.clear()
    position = len(standin.events)
    await standin.client.ask(RegisterAccount(account="work"))
    await standin.until_registered("work", position)
    assert not live.awaited


async def test_a_target_that_has_fallen_silent_is_left(standin: StandIn) -> None:
    standin.names.addresses_of[HOST] = (FIRST, SECOND)
    await standin.add("work", user="alice", domain=HOST, transport="udp")
    await standin.until_registered("work")
    position = len(standin.events)
    standin.script.worker(Role.OPEN).send(ServerSilent(account="work"))
    await standin.until_registered("work", position)
    assert aims(standin) == [SECOND]


async def test_an_account_that_stops_before_its_target_is_changed_stays_so(
    standin: StandIn,
) -> None:
    standin.names.addresses_of[HOST] = (FIRST, SECOND)
    await standin.add_account("work", pin=PIN)
    standin.engine.registrations.get("work").targets.use(Target(SECOND, 5061))
    before, held = registers(standin), standin.script.hold(UseTarget)
    asked = asyncio.create_task(standin.client.ask(RegisterAccount(account="work")))
    await held.come()
    await stopped(standin)
    held.release()
    await asked
    assert registers(standin) == before


async def test_a_refresh_does_not_hide_why_an_account_has_stopped(standin: StandIn) -> None:
    await standin.add_account("work", pin=PIN)
    live = await stopped(standin)
    standin.script.worker(Role.SECURE).send(
        RegistrationEvent(account="work", active=True, code=200, reason="OK", expires_s=300)
    )
    await standin.read_workers()
    assert live.registration.cause == live.stopped


async def test_an_account_that_does_not_register_is_up_again_with_its_worker(
    standin: StandIn,
) -> None:
    await standin.add_account("work", register=False)
    live = standin.engine.registrations.get("work")
    standin.worker_dies()
    await standin.reaches(lambda _: live.registration.state is RegistrationState.UNREGISTERED)
    await standin.reaches(lambda _: live.registration.state is RegistrationState.OFFLINE)


async def test_an_account_that_does_not_register_follows_its_servers_address(
    standin: StandIn,
) -> None:
    await standin.add_account("work", register=False)
    standin.names.addresses_of[HOST] = (SECOND,)
    await standin.call("100")
    await standin.script.until(UseTarget)
    assert aims(standin) == [SECOND]
    # A name that is lost leads nowhere else.
    standin.lose_name(HOST)
    await standin.call("200")
    await standin.idle("work")
    assert (aims(standin), registers(standin)) == ([SECOND], 0)
    targets = standin.engine.registrations.get("work").targets
    assert targets.current == Target(SECOND, 5061)
