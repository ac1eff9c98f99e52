"""A phone that moves into another network takes its registration and call along."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.call.network.cables.moving import Place, each_transport
from tests.support.network.hosts import on_this
from tests.support.pki import Authority
from voip.causes import Cause, CauseKind
from voip.model import CallState, Outcome
from voip.protection import Transport

pytestmark = pytest.mark.timeout(200)

_MINUTE_S = 60.0


async def _follows(place: Place, address: str, offers: int, since: int) -> None:
    """The registration and the call are at `address`; the call goes on."""
    await place.phone.until_registered("work", since)
    await place.party.until_offered(offers)
    await place.voice_flows()
    await place.is_secret()
    offer = place.last_offer
    assert f"c=IN IP4 {address}" in offer.body
    assert address in offer.get("Contact")
    assert address in offer.get("Via")
    await place.hang_up()


async def test_a_call_keeps_up_with_a_changed_address(place: Path, authority: Authority) -> None:
    async def changed_address(here: Place) -> None:
        offers, since = here.party.offers + 1, len(here.phone.events)
        before, after = f"{here.address(1, 2)}/24", f"{here.address(1, 3)}/24"
        await here.host.run("ip", "address", "delete", before, "dev", "lan")
        await here.host.run("ip", "address", "add", after, "dev", "lan")
        await here.leads_by(1)
        await _follows(here, here.address(1, 3), offers, since)

    await each_transport(place, authority, changed_address)


async def test_a_call_that_rings_ends_when_the_machine_moves(
    place: Path, authority: Authority
) -> None:
    async def moves_ringing(here: Place) -> None:
        await here.host.run("ip", "link", "set", "lan", "down")
        await here.leads_by(2)
        ended = await here.phone.until_state(here.call, CallState.ENDED)
        assert ended.outcome is Outcome.FAILED
        assert ended.cause == Cause(CauseKind.NETWORK_CHANGED)

    await each_transport(place, authority, moves_ringing, answered=False)


async def test_a_call_keeps_up_with_another_network(place: Path, authority: Authority) -> None:
    async def other_network(here: Place) -> None:
        offers, since = here.party.offers + 1, len(here.phone.events)
        await here.host.run("ip", "link", "set", "lan", "down")
        await here.leads_by(2)
        await _follows(here, here.address(2, 2), offers, since)

    await each_transport(place, authority, other_network)


async def test_a_call_outlives_a_minute_without_a_network(
    place: Path, authority: Authority
) -> None:
    async def no_network(here: Place) -> None:
        offers = here.party.offers + 1
        await here.host.run("ip", "link", "set", "lan", "down")
        await here.phone.until_failed("work")
        await asyncio.sleep(_MINUTE_S)
        since = len(here.phone.events)
        await here.host.run("ip", "link", "set", "lan", "up")
        await here.leads_by(1)
        await _follows(here, here.address(1, 2), offers, since)

    await each_transport(place, authority, no_network)


async def test_a_call_outlives_a_minute_of_lost_packets(place: Path, authority: Authority) -> None:
    async def lost_packets(here: Place) -> None:
        # The machine keeps its address and route: only the other end is gone.
        await on_this("ip", "link", "set", here.far(1), "down")
        await asyncio.sleep(_MINUTE_S)
        await on_this("ip", "link", "set", here.far(1), "up")
        await here.voice_flows()
        await here.is_secret()
        await here.hang_up()

    await each_transport(place, authority, lost_packets)


async def test_a_call_outlives_a_suspended_phone(place: Path, authority: Authority) -> None:
    async def suspended(here: Place) -> None:
        offers, since = here.party.offers + 1, len(here.phone.events)
        process = here.phone.process
        assert process is not None
        pids = [process.pid, *here.phone.worker_pids()]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(_MINUTE_S)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        await _follows(here, here.address(1, 2), offers, since)

    await each_transport(place, authority, suspended)


async def test_a_call_outlives_its_server(place: Path, authority: Authority) -> None:
    async def restarted_server(here: Place) -> None:
        since = len(here.phone.events)
        await here.party.server.stop()
        await here.party.server.start()
        if here.transport is not Transport.UDP:
            await here.phone.until_registered("work", since)
        await here.voice_flows()
        await here.is_secret()
        await here.hang_up()

    await each_transport(place, authority, restarted_server)
