"""A phone at a desk with sound, and one elsewhere, at the same server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.call.conftest import NewPulse, NewSoundPhone
from tests.conftest import NewPhone
from tests.support.media.pipewire import PipeWire
from tests.support.media.pulse import Pulse
from tests.support.network.ports import LOOPBACK
from tests.support.parts import Parts
from tests.support.peers.kamailio import Kamailio
from tests.support.phone import Phone

TwoPhones = Callable[[], Awaitable[tuple[Phone, Phone]]]


@pytest.fixture
async def desk(new_pulse: NewPulse) -> Pulse:
    return await new_pulse("desk")


@pytest.fixture(params=[Pulse, PipeWire], ids=["PulseAudio", "PipeWire"])
async def sound_server(request: pytest.FixtureRequest, place: Path) -> AsyncIterator[Pulse]:
    """Each sound server that a desktop may have."""
    async with Parts() as parts:
        yield await parts.begin(request.param(place / "desk"))


@pytest.fixture
def two_phones(
    kamailio: Kamailio, desk: Pulse, new_phone: NewPhone, new_sound_phone: NewSoundPhone
) -> TwoPhones:
    """Makes bob's phone at the desk, and alice's elsewhere."""

    async def make() -> tuple[Phone, Phone]:
        bob, alice = await new_sound_phone(desk.client_environment), await new_phone("alice")
        for phone, user in ((bob, "bob"), (alice, "alice")):
            await phone.add_open(user, LOOPBACK, kamailio.port)
            await phone.until_registered(user)
        return bob, alice

    return make
