"""A run of a phone that processes what its microphone hears, and a voice beside it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.bench.peers.ground import Ground
from tests.bench.peers.measures import Session
from tests.bench.peers.phones.base import VOICE, Driver
from tests.bench.peers.room.sounds import Near, Sound, level, near_voice, received
from tests.bench.peers.speech import Floats, Speech, lag, resampled, to_16_khz
from tests.bench.peers.stream import FRAME_S, Received
from tests.support.media import sound
from tests.support.media.chirps import Recorder
from tests.support.media.pulse import RATE, Samples, write

CODEC = "PCMU"
"""All phones have it, and its decoder adds nothing of its own."""

REST_S = 1.5

_SILENCE = bytes([0xFF]) * 160
_LONGEST_S = 180.0
_LATEST_S = 1.0
_PIECE_S, _AROUND_S = 0.5, 0.005


@dataclass(frozen=True)
class Both:
    """A stretch of sound in the microphone, and as the far end received it, both at 16 kHz."""

    said: Floats
    heard: Floats


class RoomSession(Session):
    """A run in which the far end records; it has `near`, a voice at the phone."""

    def __init__(self, ground: Ground, driver: Driver, speech: Speech, seed: int) -> None:
        super().__init__(ground, driver, speech, seed)
        self.near: Near = near_voice(ground.folder)
        self.near_file = write(
            ground.folder / "near.wav", to_16_bits(resampled(self.near.samples, sound.RATE, RATE))
        )

    async def near_alone(self) -> Both:
        """The near voice, as the phone passes it on."""
        said, heard, begun = await self.while_far_is_silent(self.near_file)
        return self.near_in(said, heard, begun)

    async def while_far_is_silent(self, file: Path) -> tuple[Sound, Sound, float]:
        """A sound in the microphone, as the far end received it, and when it began."""
        async with self._call(CODEC, reflects=False) as stream:
            mouth = await self._record(VOICE)
            packets = stream.received = Received()
            playing = asyncio.create_task(stream.play([_SILENCE] * round(_LONGEST_S / FRAME_S)))
            begun = asyncio.get_running_loop().time()
            await self._ground.pulse.speak(file, VOICE)
            await asyncio.sleep(REST_S)
            playing.cancel()
            await mouth.stop()
        return recorded(mouth), heard_by_far(packets), begun

    def near_in(self, said: Sound, heard: Sound, begin: float) -> Both:
        """The near voice, in what was said and heard from a moment on."""
        voice = self.near.samples
        lasts_s = len(voice) / sound.RATE
        begin += lag(voice, said.between(begin, begin + lasts_s + _LATEST_S)) / sound.RATE
        late_s = lag(voice, heard.between(begin, begin + lasts_s + _LATEST_S)) / sound.RATE
        return Both(
            said.since(begin, len(voice)),
            heard.since(begin + late_s, len(voice)),
        )


def to_16_bits(samples: Floats) -> Samples:
    return np.clip(np.round(samples), -32768, 32767).astype(np.int16)


def recorded(recorder: Recorder) -> Sound:
    return Sound(to_16_khz(recorder.samples), recorder.begin)


def heard_by_far(packets: Received) -> Sound:
    """What the far end received, by the loop's clock."""
    return received(packets, asyncio.get_running_loop().time() - time.time())


def kept(alone: Floats, other: Floats) -> float:
    """Share of a voice's amplitude that is left of it, median of the pieces with voice.

    Each piece is aligned by itself: a phone may leave a sample out.
    """
    size, around = round(_PIECE_S * sound.RATE), round(_AROUND_S * sound.RATE)
    loud = level(alone) / 2
    shares = []
    for at in range(around, len(alone) - size - around + 1, size):
        piece = alone[at : at + size]
        if level(piece) > loud:
            match = np.correlate(other[at - around : at + size + around], piece)
            shares.append(float(match.max() / np.dot(piece, piece)))
    return float(np.median(shares))
