from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from tests.conftest import NewPhone
from tests.support.media import sound
from tests.support.media.pulse import Pulse
from tests.support.network.capture import Capture
from tests.support.network.ports import LOOPBACK
from tests.support.parts import Parts
from tests.support.peers.baresip import Baresip, Wish
from tests.support.peers.farend import FarEnd
from tests.support.peers.hostile import own_host
from tests.support.peers.kamailio import Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority, Leaf

NewPulse = Callable[[str], Awaitable[Pulse]]
NewBaresip = Callable[[Kamailio, Wish], Awaitable[Baresip]]
NewFarEnd = Callable[[], Awaitable[FarEnd]]
NewSoundPhone = Callable[..., Awaitable[Phone]]

_OF_A_PHONE = ("OFFHOOK_", "PYTHON_", "LD_PRELOAD")
"""Prefixes of a phone's own variables, kept in other surroundings."""


def sound_phone(folder: Path, surroundings: Mapping[str, str], config: str = "") -> Phone:
    """A phone, not yet started, on the real sound devices of `surroundings`."""
    phone = Phone(folder, audio=None)
    own = {k: v for k, v in phone.environment.items() if k.startswith(_OF_A_PHONE)}
    phone.environment = {**surroundings, **own}
    place = phone.folder / "config"
    place.mkdir(parents=True)
    # The microphones hear nothing of the speaker: a canceller would remove
    # the voice that the echo line returns, as an echo in the room.
    (place / "config.toml").write_text(f"[audio]\necho_cancel = false\n{config}\n")
    return phone


@pytest.fixture
async def far(host: str, leaf: Leaf) -> AsyncIterator[FarEnd]:
    """A TLS server with a far end."""
    async with Parts() as parts:
        yield await parts.begin(FarEnd(host, leaf))


@pytest.fixture
async def new_far(authority: Authority) -> AsyncIterator[NewFarEnd]:
    """Makes TLS servers with a far end, each at an address of its own."""
    async with Parts() as parts:

        async def make() -> FarEnd:
            host = own_host()
            return await parts.begin(FarEnd(host, authority.issue(host, addresses=[host])))

        yield make


@pytest.fixture
async def phone(new_phone: NewPhone, authority: Authority, far: FarEnd) -> Phone:
    """A phone whose account “alice” is registered with the far end's server."""
    built = await new_phone()
    await built.add_secure("alice", far.server.host, far.server.port, authority.file)
    await built.until_registered("alice")
    return built


@pytest.fixture
async def new_pulse(place: Path) -> AsyncIterator[NewPulse]:
    async with Parts() as parts:

        async def make(name: str) -> Pulse:
            return await parts.begin(Pulse(place / name))

        yield make


@pytest.fixture
async def new_sound_phone(place: Path) -> AsyncIterator[NewSoundPhone]:
    """Makes phones that use the real sound devices of `surroundings`."""
    async with Parts() as parts:

        async def make(
            surroundings: Mapping[str, str], config: str = "", name: str = "phone"
        ) -> Phone:
            return await parts.begin(sound_phone(place / name, surroundings, config))

        yield make


@pytest.fixture
async def capture(place: Path) -> AsyncIterator[Capture]:
    """All packets of this machine, from the test's beginning."""
    async with Parts() as parts:
        yield await parts.begin(Capture(place / "call.pcapng"))


@pytest.fixture
def tone(place: Path) -> Path:
    """A minute of a tone, so that no test outlasts it."""
    return sound.sine(place / "tone.wav", 500, seconds=60)


@pytest.fixture
async def new_baresip(
    place: Path, authority: Authority, other_speech: Path
) -> AsyncIterator[NewBaresip]:
    """Makes a registered baresip of user bob that says `other_speech`."""
    made: list[Baresip] = []

    async def make(server: Kamailio, wish: Wish) -> Baresip:
        leaf = authority.issue("baresip", addresses=[LOOPBACK])
        phone = Baresip(place / "baresip", "bob", server, leaf, other_speech, wish)
        made.append(phone)
        await phone.start()
        return phone

    yield make
    for phone in made:
        await phone.stop()
