"""What a far end hears of a voice in noise, with a phone's noise suppression."""

from __future__ import annotations

import numpy as np

from tests.bench.peers.phones.base import Processing
from tests.bench.peers.room.session import (
    RoomSession,
    kept,
    to_16_bits,
)
from tests.bench.peers.room.sounds import decibels, level, telephone_band
from tests.bench.peers.speech import judges, pesq_wb, resampled
from tests.bench.peers.table import Row
from tests.support.media import sound
from tests.support.media.noises import NOISES
from tests.support.media.pulse import RATE, write

_BELOW_DB = (5, 15)
_LEARNT_S = 4.0
"""Noise alone, which a suppressor learns."""


def noise_rows() -> list[Row]:
    measures = (
        ("gain", "noise taken away", "dB", 1),
        ("kept", "voice kept", "%", 0),
        ("pesq", "PESQ-WB of the voice", "", 2),
    )
    return [
        Row(f"noise {measure} {kind} {below}", f"{words}, {kind} {below} dB below it", unit,
            digits, more_is_better=True)
        for measure, words, unit, digits in measures
        for kind in NOISES
        for below in _BELOW_DB
    ]  # fmt: skip


class NoiseSession(RoomSession):
    processing = Processing.NOISE

    async def _measure(self, parts: frozenset[str], started_ms: float) -> None:
        self.stage = "noise, voice alone"
        alone = await self.near_alone()
        own = level(telephone_band(alone.heard)) / level(telephone_band(alone.said))
        voice = resampled(self.near.samples, sound.RATE, RATE)
        before = round(_LEARNT_S * RATE)
        clean = np.pad(voice, (before, 0))
        pauses = self.near.pauses
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
                share = kept(alone.heard, both.heard)
                floors = [level(telephone_band(part)[pauses]) for part in (both.said, both.heard)]
                name = f"{kind} {below}"
                self._note(f"noise gain {name}", decibels(share * own * floors[0] / floors[1]))
                self._note(f"noise kept {name}", 100 * share)
                if "pesq" in judges():
                    self._note(f"noise pesq {name}", pesq_wb(alone.heard, both.heard))
