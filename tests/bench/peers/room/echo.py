"""What a far end hears of itself, out of a room with a phone's speaker and microphone."""

from __future__ import annotations

import asyncio
import sys

import numpy as np

from tests.bench.peers.ground import Ground
from tests.bench.peers.phones.base import SPEAKER, VOICE, Driver, Processing
from tests.bench.peers.room.session import (
    CODEC,
    REST_S,
    Both,
    RoomSession,
    heard_by_far,
    kept,
    recorded,
)
from tests.bench.peers.room.sounds import decibels, level
from tests.bench.peers.speech import Speech, judges, lag, pesq_wb
from tests.bench.peers.stream import Received
from tests.bench.peers.table import Row
from tests.support.media import sound
from tests.support.media.chirps import Recorder
from tests.support.media.pulse import RATE
from tests.support.media.room import room

_DELAYS_MS = (20, 60, 120, 200)
_BEGUN_S, _LEARNT_S, _ALONE_S = 0.5, 5.0, 10.0
_EARLY_S = 0.2
_TRIES = 3
_STEADY_S = 0.001


def echo_rows() -> list[Row]:
    measures = (
        ("loss", "echo taken away, far voice alone", "dB", 1),
        ("double", "echo taken away, both speak", "dB", 1),
        ("kept", "near voice kept, both speak", "%", 0),
        ("pesq", "PESQ-WB of the near voice, both speak", "", 2),
    )
    return [
        Row(f"echo {measure} {delay}", f"{words}, {delay} ms", unit, digits, more_is_better=True)
        for measure, words, unit, digits in measures
        for delay in _DELAYS_MS
    ]


class EchoSession(RoomSession):
    """`paths_ms` has the delay of each room beside the one that it is named by."""

    processing = Processing.ECHO

    def __init__(self, ground: Ground, driver: Driver, speech: Speech, seed: int) -> None:
        super().__init__(ground, driver, speech, seed)
        self.paths_ms: list[float] = []

    async def _measure(self, parts: frozenset[str], started_ms: float) -> None:
        self.stage = "echo, near voice alone"
        alone = await self.near_alone()
        for delay_ms in _DELAYS_MS:
            self.stage = f"echo, {delay_ms} ms"
            await self._echo(delay_ms, alone)

    async def _echo(self, delay_ms: int, alone: Both) -> None:
        for attempt in range(_TRIES):
            mouth, ear, packets, begun = await self._talk_in_room(delay_ms)
            paths_s = [
                _delay_s(ear, mouth, begun + second)
                for second in (_BEGUN_S, _LEARNT_S, _ALONE_S - 1)
            ]
            if max(paths_s) - min(paths_s) < _STEADY_S:
                break
            changed = f"the room's delay changed by {1000 * (max(paths_s) - min(paths_s)):.1f} ms"
            assert attempt < _TRIES - 1, changed
            print(f"  {changed}: once more", file=sys.stderr, flush=True)
        self.paths_ms.append(1000 * paths_s[0] - delay_ms)
        said, heard = recorded(mouth), heard_by_far(packets)
        own = level(alone.heard) / level(alone.said)
        span = begun + _LEARNT_S, begun + _ALONE_S
        self._note(
            f"echo loss {delay_ms}",
            decibels(own * level(said.between(*span)) / level(heard.between(*span))),
        )
        both = self.near_in(said, heard, begun + _ALONE_S - _EARLY_S)
        pauses = self.near.pauses
        self._note(
            f"echo double {delay_ms}",
            decibels(own * level(both.said[pauses]) / level(both.heard[pauses])),
        )
        self._note(f"echo kept {delay_ms}", 100 * kept(alone.heard, both.heard))
        if "pesq" in judges():
            self._note(f"echo pesq {delay_ms}", pesq_wb(alone.heard, both.heard))

    async def _talk_in_room(self, delay_ms: int) -> tuple[Recorder, Recorder, Received, float]:
        """Microphone, speaker, the far end's packets, and the moment in which it began."""
        clock = asyncio.get_running_loop().time
        lasts_s = _ALONE_S + len(self.near.samples) / sound.RATE + 2 * REST_S
        payloads = self._speech.steady(CODEC, lasts_s)
        async with (
            room(self._ground.pulse, delay_ms, SPEAKER, VOICE),
            self._call(CODEC, reflects=False) as stream,
        ):
            mouth, ear = await self._record(VOICE), await self._record(SPEAKER)
            packets = stream.received = Received()
            begun = clock()
            playing = asyncio.create_task(stream.play(payloads))
            await asyncio.sleep(_ALONE_S)
            await self._ground.pulse.speak(self.near_file, VOICE)
            await playing
            await asyncio.sleep(REST_S)
            await mouth.stop()
            await ear.stop()
        return mouth, ear, packets, begun


def _delay_s(ear: Recorder, mouth: Recorder, begin: float) -> float:
    """Seconds from a second of a speaker's sound to the same in the microphone."""
    played, said = (
        recorder.samples[round((begin - recorder.begin) * RATE) :][:size].astype(np.float64)
        for recorder, size in ((ear, RATE), (mouth, 2 * RATE))
    )
    return lag(played, said) / RATE
