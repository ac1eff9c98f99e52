"""Calls to a far end from a phone with a microphone and a speaker."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from tests.call.conftest import NewPulse, NewSoundPhone, sound_phone
from tests.call.hearing.table import Table, sit_down
from tests.support import disks
from tests.support.media.pulse import RATE, Ear, Pulse, Samples
from tests.support.media.voice import tones_in
from tests.support.peers.hostile import own_host
from tests.support.peers.kamailio import DOMAIN
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState
from voip.protection import Transport
from voip.protocol.accounts import RemoveAccount
from voip.protocol.calls import HangUp

OURS, MICROPHONE, NETWORK, OTHER = 440, 600, 900, 1300
"""Hertz: own ringing (with 480 beside it), the person, the far ends."""

TONES = (OURS, MICROPHONE, NETWORK, OTHER)

_WINDOW = RATE // 8
_NUMBERS = itertools.count(1)


@dataclass
class Desk:
    """A phone with a microphone and a speaker."""

    phone: Phone
    ear: Ear
    authority: Authority

    async def is_quiet(self) -> None:
        """Wait until the end of the call before has left the speaker."""
        await self.ear.until(
            lambda heard: len(heard) >= _WINDOW and not tones(heard[-_WINDOW:]), self.ear.position
        )


@dataclass
class Placed:
    """A call that was placed, its far end, and the speaker."""

    phone: Phone
    party: Party
    ear: Ear
    call: str

    async def end(self) -> None:
        if any(call.id == self.call for call in (await self.phone.status()).calls):
            await self.phone.client.ask(HangUp(call=self.call))
        await self.phone.until_logged(self.call)
        await self.party.leave()

    async def answered(self) -> None:
        """Answer at the far end, and wait until the call is up."""
        self.party.answer()
        await self.phone.until_state(self.call, CallState.ACTIVE)

    async def hears(self, hertz: int) -> None:
        """Wait until the speaker plays a tone."""
        await self.ear.until(lambda heard: hertz in tones(heard[-_WINDOW:]), self.ear.position)

    async def hears_for(self, seconds: float) -> frozenset[int]:
        """All tones that the speaker plays in the next `seconds`."""
        heard = await self.ear.hear(seconds)
        pieces = range(0, len(heard) - _WINDOW, _WINDOW)
        return frozenset().union(*(tones(heard[at : at + _WINDOW]) for at in pieces))

    async def talks(self) -> None:
        """Check that both sides hear each other and the lock keeps its promise."""
        await self.hears(NETWORK)
        voice = self.party.voice
        since = len(voice.frames)
        await self.ear.hear(0.3)
        assert voice.hears(since) == {MICROPHONE}
        assert voice.clear == 0
        (call,) = (c for c in (await self.phone.status()).calls if c.id == self.call)
        assert call.state is CallState.ACTIVE
        assert call.lock.closed == (self.party.transport is Transport.TLS)
        self.phone.check_lock_evidence(self.call)


PlaceCall = Callable[[], Awaitable[Placed]]


def tones(samples: Samples) -> frozenset[int]:
    return tones_in(samples.astype(np.float64) / 32768, RATE, TONES)


@pytest.fixture(params=[Transport.UDP, Transport.TLS])
def transport(request: pytest.FixtureRequest) -> Transport:
    parameter: Transport = request.param
    return parameter


@pytest.fixture
def hertz() -> int:
    """Hertz of the tone that the far end sends."""
    return NETWORK


@pytest.fixture
def listened() -> tuple[int, ...]:
    """Hertz of the tones that the far end listens for."""
    return (MICROPHONE,)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk() -> AsyncIterator[Desk]:
    """One phone for all calls of this folder that are placed alone."""
    with disks.short() as folder:
        pulse = Pulse(Path(folder) / "desk")
        await pulse.start()
        await pulse.ask("load-module", "module-sine", "sink=mic", f"frequency={MICROPHONE}")
        phone = sound_phone(Path(folder) / "phone", pulse.client_environment)
        await phone.start()
        async with pulse.listen() as ear:
            yield Desk(phone, ear, Authority(Path(folder) / "pki"))
        await phone.stop()
        await pulse.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def party(
    desk: Desk, transport: Transport, hertz: int, listened: tuple[int, ...]
) -> AsyncIterator[Party]:
    """A far end, and an account of the phone that is registered with it."""
    host, name = own_host(), f"account-{next(_NUMBERS)}"
    leaf = desk.authority.issue("party", addresses=[host])
    party = Party(host, transport, leaf, hertz, listened)
    await party.start()
    fields: dict[str, object] = {"transport": transport.value}
    if transport is Transport.TLS:
        fields["ca_file"] = str(desk.authority.file)
    await desk.phone.add(
        name, password="secret", user="alice", domain=DOMAIN,
        server=f"{host}:{party.server.port}", **fields,
    )  # fmt: skip
    await desk.phone.until_registered(name)
    party.account = name
    yield party
    await desk.phone.client.ask(RemoveAccount(name=name))
    await party.stop()


@pytest.fixture
def place_call(desk: Desk, party: Party) -> PlaceCall:
    async def place() -> Placed:
        await desk.is_quiet()
        call = await desk.phone.call("bob", account=party.account)
        await party.invited()
        return Placed(desk.phone, party, desk.ear, call)

    return place


@pytest_asyncio.fixture(loop_scope="session")
async def placed(desk: Desk, place_call: PlaceCall) -> AsyncIterator[Placed]:
    """A call that its far end has not answered yet."""
    call = await place_call()
    yield call
    await call.end()


@pytest.fixture
async def table(
    new_pulse: NewPulse, new_sound_phone: NewSoundPhone, place: Path
) -> AsyncIterator[Table]:
    pulse = await new_pulse("desk")
    phone = await new_sound_phone(pulse.client_environment)
    async with pulse.listen() as ear:
        found = await sit_down(phone, pulse, ear, place)
        yield found
        await found.stop()
