"""Other programs at the sound server of a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.call.conftest import NewSoundPhone
from tests.call.sound.servers.test_two_phones import HIGH, LOW, plays
from tests.call.sound.test_devices import audible_now, echoed
from tests.support.media import sound
from tests.support.media.pulse import Pulse
from voip.protocol.calls import HangUp

# A machine that computes breaks sound.
pytestmark = pytest.mark.realtime


@pytest.fixture
async def music(desk: Pulse, place: Path) -> AsyncIterator[None]:
    """A player, at a server that pauses music for phones; PipeWire's does not."""
    await desk.ask("load-module", "module-role-cork")
    player = await asyncio.create_subprocess_exec(
        "paplay", "--property=media.role=music", "--device=speaker",
        str(sound.sine(place / "music.wav", LOW, seconds=60)), env=desk.client_environment,
    )  # fmt: skip
    yield
    player.kill()
    await player.wait()


@pytest.mark.usefixtures("music")
async def test_music_goes_on_unless_the_user_wants_it_to_pause(
    desk: Pulse, new_sound_phone: NewSoundPhone, place: Path
) -> None:
    phone = await new_sound_phone(desk.client_environment)
    async with desk.listen() as speaker:
        await speaker.until(audible_now)
        call = await echoed(phone, sound.sine(place / "voice.wav", HIGH, seconds=60))
        await plays(speaker, LOW, HIGH)
        roles = await desk.ask("list", "source-outputs")
        # Headsets become ones with a microphone for a phone's.
        assert 'media.role = "phone"' in roles
        await phone.client.ask(HangUp(call=call))
        await plays(speaker, LOW)
