"""Our own ringing and the network's: the speaker plays one of them (RFC 3960 section 3.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import pytest

from tests.call.conftest import NewPulse, NewSoundPhone
from tests.support.hostile import own_host
from tests.support.kamailio import DOMAIN
from tests.support.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority
from tests.support.pulse import RATE, Ear
from tests.support.voice import tones_in
from voip.model import CallState, Transport

OURS, NETWORK, SILENCE = 440, 900, 0
"""Hertz; a far end that sends 0 sends packets of silence."""

_WINDOW = RATE // 8

pytestmark = pytest.mark.realtime


@dataclass
class Ringing:
    """A call that was placed, and the speaker."""

    phone: Phone
    party: Party
    ear: Ear
    call: str

    async def hears(self, hertz: int) -> None:
        """Wait until the speaker plays a tone."""
        await self.ear.until(lambda heard: hertz in _tones(heard[-_WINDOW:]), self.ear.position)

    async def hears_for(self, seconds: float) -> frozenset[int]:
        """All tones that the speaker plays from now on."""
        heard = await self.ear.hear(seconds)
        pieces = range(0, len(heard) - _WINDOW, _WINDOW)
        return frozenset().union(*(_tones(heard[at : at + _WINDOW]) for at in pieces))


def _tones(samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> frozenset[int]:
    return tones_in(samples.astype(np.float64) / 32768, RATE, (OURS, NETWORK))


@pytest.fixture(params=[Transport.UDP, Transport.TLS])
def transport(request: pytest.FixtureRequest) -> Transport:
    found: Transport = request.param
    return found


@pytest.fixture
def hertz() -> int:
    return NETWORK


@pytest.fixture
async def ringing(
    new_pulse: NewPulse,
    new_sound_phone: NewSoundPhone,
    authority: Authority,
    transport: Transport,
    hertz: int,
) -> AsyncIterator[Ringing]:
    desk = await new_pulse("desk")
    phone = await new_sound_phone(desk.client_environment)
    host = own_host()
    party = Party(host, transport, authority.issue("party", addresses=[host]), hertz, ())
    await party.start()
    fields: dict[str, object] = {"transport": transport.value}
    if transport is Transport.TLS:
        fields["ca_file"] = str(authority.file)
    await phone.add(
        "work", password="secret", user="alice", domain=DOMAIN,
        server=f"{host}:{party.server.port}", **fields,
    )  # fmt: skip
    await phone.until_registered("work")
    async with desk.listen() as ear:
        call = await phone.call("bob", account="work")
        await party.invited()
        yield Ringing(phone, party, ear, call)
        await party.leave()
    await party.stop()


async def test_without_early_media_we_ring(ringing: Ringing) -> None:
    ringing.party.progress(180)
    await ringing.hears(OURS)
    assert await ringing.hears_for(1) <= {OURS}


async def test_the_networks_own_ringing_is_heard_alone(ringing: Ringing) -> None:
    ringing.party.progress(183, session=True, speaks=True)
    await ringing.hears(NETWORK)
    ringing.party.progress(180)
    assert await ringing.hears_for(3) == {NETWORK}
    ringing.party.answer()
    await ringing.phone.until_state(ringing.call, CallState.ACTIVE)
    assert await ringing.hears_for(1) == {NETWORK}


async def test_a_session_without_sound_rings_once_the_far_end_does(ringing: Ringing) -> None:
    ringing.party.progress(183, session=True)
    await ringing.phone.until_state(ringing.call, CallState.RINGING)
    assert await ringing.hears_for(1) == frozenset()
    ringing.party.progress(180)
    await ringing.hears(OURS)


@pytest.mark.parametrize("hertz", [SILENCE])
async def test_packets_of_silence_do_not_keep_us_from_ringing(ringing: Ringing) -> None:
    ringing.party.progress(183, session=True, speaks=True)
    ringing.party.progress(180)
    await ringing.hears(OURS)


async def test_our_ringing_ends_when_the_network_begins(ringing: Ringing) -> None:
    ringing.party.progress(180)
    await ringing.hears(OURS)
    ringing.party.progress(183, session=True, speaks=True)
    await ringing.hears(NETWORK)
    # What was on its way to the speaker is over by then.
    await ringing.ear.hear(0.5)
    assert await ringing.hears_for(5) == {NETWORK}
