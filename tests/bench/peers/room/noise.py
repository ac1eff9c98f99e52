"""What a far end hears of a voice in noise, with a phone's noise suppression.

As ITU-T G.160 has it (appendix II): the signal is what the stretches with voice have more
of power than the pauses, the noise what the pauses have.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tests.bench.peers.phones.base import Processing
from tests.bench.peers.room.session import RoomSession, to_16_bits
from tests.bench.peers.room.sounds import Bools, Near, decibels, level, telephone_band
from tests.bench.peers.speech import Floats, judges, pesq_wb, resampled
from tests.bench.peers.table import Row
from tests.support.media import sound
from tests.support.media.noises import NOISES
from tests.support.media.pulse import RATE, write

_BELOW_DB = (5, 15)
_LEARNT_S = 4.0
"""Noise alone, which a suppressor learns."""

_FRAME = sound.RATE // 50


class Levels(NamedTuple):
    """Root mean squares of a voice and of the noise beside it."""

    voice: float
    noise: float

    @property
    def ratio_db(self) -> float:
        return decibels(self.voice / self.noise)


def noise_rows() -> list[Row]:
    measures = (
        ("gain", "gain of voice to noise", "dB", 1),
        ("kept", "level of the voice beside the same without noise", "dB", 1),
        ("pesq", "PESQ-WB gained", "", 2),
    )
    return [
        Row(f"noise {measure} {kind} {below}", f"{words}, {kind} {below} dB below it", unit,
            digits, more_is_better=True)
        for measure, words, unit, digits in measures
        for kind in NOISES
        for below in _BELOW_DB
    ]  # fmt: skip


def levels(samples: Floats, near: Near, voiced: Bools) -> Levels:
    """Levels in a sound that has `near` from its first sample on, and noise all along."""
    both, noise = (level(samples[part]) for part in (voiced, near.pauses))
    return Levels(float(np.sqrt(max(both**2 - noise**2, 1.0))), noise)


def voiced_in(near: Near) -> Bools:
    """Samples of the frames in which the voice is at least half as loud as on the whole."""
    samples = near.samples
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    loud = np.sqrt(np.mean(frames**2, axis=1)) > level(samples) / 2
    return np.pad(np.repeat(loud, _FRAME), (0, len(samples) - frames.size))


class NoiseSession(RoomSession):
    processing = Processing.NOISE

    async def _measure(self, parts: frozenset[str], started_ms: float) -> None:
        self.stage = "noise, voice alone"
        alone = await self.near_alone()
        voiced = voiced_in(self.near)
        own = levels(alone.heard, self.near, voiced).voice
        voice = resampled(self.near.samples, sound.RATE, RATE)
        clean = np.pad(voice, (round(_LEARNT_S * RATE), 0))
        for kind, make in NOISES.items():
            noise = (await make(self._ground.folder, 1 + len(clean) / RATE))[: len(clean)]
            noise *= level(voice) / np.sqrt(np.mean(noise**2))
            for below in _BELOW_DB:
                self.stage = f"noise, {kind} {below} dB below the voice"
                mixed = write(
                    self._ground.folder / "noisy.wav",
                    to_16_bits(clean + noise * 10 ** (-below / 20)),
                )
                said, heard, begun = await self.while_far_is_silent(mixed)
                both = self.near_in(said, heard, begun + _LEARNT_S)
                carried = telephone_band(both.said)
                before, after = (levels(part, self.near, voiced) for part in (carried, both.heard))
                name = f"{kind} {below}"
                self._note(f"noise gain {name}", after.ratio_db - before.ratio_db)
                self._note(f"noise kept {name}", decibels(after.voice / own))
                if "pesq" in judges():
                    scores = [pesq_wb(alone.heard, part) for part in (carried, both.heard)]
                    self._note(f"noise pesq {name}", scores[1] - scores[0])
