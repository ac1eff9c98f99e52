"""What is measured of one phone in one run."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator

import numpy as np

from tests.bench.peers.ground import Ground
from tests.bench.peers.phones.base import SPEAKER, USER, VOICE, Driver, Processing
from tests.bench.peers.speech import PATTERNS, Floats, Speech, to_16_khz
from tests.bench.peers.stream import FRAME_S, Received, Stream
from tests.bench.peers.table import Row
from tests.bench.peers.usage import cpu_s, family, pss_mb
from tests.support.media.chirps import Recorder, delays, series
from tests.support.media.pulse import RATE, write

CODECS = {"PCMU": "G.711", "opus": "Opus"}
PARTS = ("idle", "dial", "calls", "loss", "return", "jitter")
SCORES = {"pesq": "PESQ-WB", "plcmos": "PLCMOS"}
"""Packages' measures of speech that lost packets: the one knows how it was, the other hears."""
_WAYS = {"loss": "of equal packets", "return": "there and back"}

_REGISTERED_S = 30.0
_SETTLE_S = 2.0
_IDLE_S = 15.0
_DIALS = 8
_CHIRPS = 12
_SPEECH_S = 12.0
_TALK_S = 10.0
_VOICE_S = 10.0
_BETWEEN_CALLS_S = 1.5
_WARM_S = 6.0
_LONGEST_PACKETS = 4000
_JITTER_S = 0.08
JITTER_S, _JITTER_OVER_S = range(8, 16), 26
_MOMENTS_S = {
    "before": (5, 6, 7),
    "during": (13, 14, 15),
    "after": (21, 22, 23),
}
"""Seconds of a call whose delays are compared: the last ones five after the end."""
CURVE_S = range(3, 25)
"""Seconds of a call whose delays are drawn."""
_PERCENT = "% of a core"

Values = dict[str, list[float]]
"""Values of one run, by measure."""


def rows() -> list[Row]:
    made = [
        *(Row(f"delay {c}", f"mouth to ear, {n}", "ms", 0) for c, n in CODECS.items()),
        *(Row(f"cpu {c}", f"CPU in call, {n}", _PERCENT, 1) for c, n in CODECS.items()),
        Row("idle cpu", "CPU idle, registered", _PERCENT, 2),
        Row("start", "start to registered", "ms", 0),
        Row("dial", "dial to INVITE on the wire, median", "ms", 1),
        Row("dial", "dial to INVITE on the wire, p95", "ms", 1, percentile=95),
        Row("idle memory", "memory idle, PSS", "MB", 1),
        Row("call memory", "memory in a G.711 call, PSS", "MB", 1),
    ]
    made += [
        Row(f"{score} {part} {codec} {p.label}", f"{words}, {name} {way}, loss {p.label}", "", 2,
            more_is_better=True)
        for part, way in _WAYS.items()
        for score, words in SCORES.items()
        for codec, name in CODECS.items()
        for p in PATTERNS
    ]  # fmt: skip
    made += [
        Row(f"jitter {codec} {moment}", f"packet to ear, {name}, {words}", "ms", 0)
        for codec, name in CODECS.items()
        for moment, words in (
            ("before", "without jitter"),
            ("during", "jitter up to 80 ms"),
            ("after", "5 s after it"),
        )
    ]
    return made


class Session:
    """One run of one phone, from its start to its end.

    `values` has what was measured, `received` the packets that the phone sent to the far
    end while it spoke, by codec, `curves` the delays (ms) of `CURVE_S` by codec, and `stage`
    what it is at.
    """

    processing = Processing.NOTHING

    def __init__(self, ground: Ground, driver: Driver, speech: Speech, seed: int) -> None:
        self.values: Values = {}
        self.stage = "start"
        self.received: dict[str, Received] = {}
        self.curves: dict[str, list[float]] = {}
        self._ground, self._driver, self._speech, self._seed = ground, driver, speech, seed

    async def run(self, parts: frozenset[str]) -> None:
        # It registered for ten minutes; a run of a phone is shorter.
        await self._ground.far.register()
        await self._driver.prepare(self.processing)
        try:
            started_ms = await self._start()
            await self._driver.show()
            await asyncio.sleep(_SETTLE_S)
            await self._measure(parts, started_ms)
        finally:
            await self._driver.stop()

    async def _measure(self, parts: frozenset[str], started_ms: float) -> None:
        self._note("start", started_ms)
        codecs = [codec for codec in CODECS if codec in self._driver.codecs]
        if "idle" in parts:
            self.stage = "idle"
            await self._idle()
        if "dial" in parts:
            self.stage = "dial"
            await self._dial()
        if "calls" in parts:
            for codec in codecs:
                self.stage = f"calls, {CODECS[codec]}"
                await self._talk(codec)
        if "loss" in parts:
            for codec in codecs:
                self.stage = f"loss, {CODECS[codec]}"
                await self._lose(codec)
        if "return" in parts:
            for codec in codecs:
                self.stage = f"return, {CODECS[codec]}"
                await self._return(codec)
        if "jitter" in parts:
            for codec in codecs:
                self.stage = f"jitter, {CODECS[codec]}"
                await self._shake(codec)

    async def _start(self) -> float:
        """Milliseconds until it was registered."""
        before = self._ground.registrations(USER)
        begun = time.perf_counter()
        await self._driver.start()
        while self._ground.registrations(USER) == before:
            # No event reports it; a look takes far less than a millisecond.
            await asyncio.sleep(0.001)
            assert time.perf_counter() - begun < _REGISTERED_S, self._driver.name
        return 1000 * (time.perf_counter() - begun)

    async def _idle(self) -> None:
        pids = family(self._driver.pids)
        self._note("idle memory", pss_mb(pids))
        self._note("idle cpu", await _share(pids, _IDLE_S))

    async def _dial(self) -> None:
        # All phones offer it; the phone before may have left the far end at another.
        self._ground.far.codec = "PCMU"
        for _ in range(_DIALS):
            calls = self._ground.far.calls
            moment = await self._driver.dial()
            invite = await self._ground.wire.first_after(moment)
            self._note("dial", 1000 * (invite - moment))
            await self._until_voice(await self._ground.far.answered(calls))
            await self._hang_up()

    async def _talk(self, codec: str) -> None:
        pulse, folder = self._ground.pulse, self._ground.folder
        chirps = (series(_CHIRPS) * 32767).astype(np.int16)
        voice = np.clip(self._speech.at(RATE), -32768, 32767).astype(np.int16)
        voice = np.tile(voice, 1 + int(_SPEECH_S * RATE / len(voice)))[: int(_SPEECH_S * RATE)]
        async with self._call(codec) as stream:
            mouth, ear = await self._record(VOICE), await self._record(SPEAKER)
            await pulse.speak(write(folder / "chirps.wav", chirps), VOICE)
            await mouth.stop()
            await ear.stop()
            lags = list(delays(mouth, ear))
            assert len(lags) > _CHIRPS / 2, f"{len(lags)} of {_CHIRPS} chirps were heard"
            self.values[f"delay {codec}"] = lags
            before = stream.received
            stream.received = self.received[codec] = Received()
            speaking = asyncio.create_task(pulse.speak(write(folder / "voice.wav", voice), VOICE))
            pids = family(self._driver.pids)
            self._note(f"cpu {codec}", await _share(pids, _TALK_S))
            if codec == "PCMU":
                self._note("call memory", pss_mb(pids))
            await speaking
            stream.received.held_s += before.held_s
            stream.received.strange += before.strange

    async def _lose(self, codec: str) -> None:
        script = self._speech.script(codec, PATTERNS, self._seed)
        async with self._call(codec) as stream:
            ear = await self._record(SPEAKER)
            begun = asyncio.get_running_loop().time()
            await stream.play(script.payloads)
            await asyncio.sleep(_BETWEEN_CALLS_S)
            await ear.stop()
        heard = to_16_khz(ear.samples)
        for score in self._speech.scores(script, heard, begun - ear.begin):
            self._note(f"{score.measure} loss {codec} {score.label}", score.value)

    async def _return(self, codec: str) -> None:
        sentences = np.clip(self._speech.at(RATE), -32768, 32767).astype(np.int16)
        clock, pulse, folder = (
            asyncio.get_running_loop().time,
            self._ground.pulse,
            self._ground.folder,
        )
        before = write(folder / "before.wav", sentences[: int(_WARM_S * RATE)])
        scored = write(folder / "scored.wav", sentences)
        spans: dict[str, tuple[float, float]] = {}
        async with self._call(codec) as stream:
            mouth, ear = await self._record(VOICE), await self._record(SPEAKER)
            for pattern in PATTERNS:
                stream.lose(pattern.lost(_LONGEST_PACKETS, self._seed))
                # A phone may follow what the far end reports of its packets.
                await pulse.speak(before, VOICE)
                begin = clock()
                await pulse.speak(scored, VOICE)
                await asyncio.sleep(_BETWEEN_CALLS_S)
                spans[pattern.label] = begin, clock()
            await mouth.stop()
            await ear.stop()
        for label, (begin, end) in spans.items():
            said, heard = (_part(of, begin, end) for of in (mouth, ear))
            for score in self._speech.returned(label, said, heard):
                self._note(f"{score.measure} return {codec} {score.label}", score.value)

    async def _shake(self, codec: str) -> None:
        payloads = self._speech.steady(codec, _JITTER_OVER_S)
        chance = random.Random(self._seed)
        held = [
            chance.uniform(0, _JITTER_S)
            if JITTER_S.start <= number * FRAME_S < JITTER_S.stop
            else 0.0
            for number in range(len(payloads))
        ]
        async with self._call(codec) as stream:
            ear = await self._record(SPEAKER)
            begun = asyncio.get_running_loop().time()
            await stream.play(payloads, held)
            await asyncio.sleep(_BETWEEN_CALLS_S)
            await ear.stop()
        heard = to_16_khz(ear.samples)
        late = {
            second: 1000 * self._speech.delay(heard, begun - ear.begin, second)
            for second in CURVE_S
        }
        self.curves[codec] = list(late.values())
        for moment, seconds in _MOMENTS_S.items():
            for second in seconds:
                self._note(f"jitter {codec} {moment}", late[second])

    @contextlib.asynccontextmanager
    async def _call(self, codec: str, reflects: bool = True) -> AsyncIterator[Stream]:
        self._ground.far.codec = codec
        calls = self._ground.far.calls
        await self._driver.dial()
        stream = await self._ground.far.answered(calls)
        stream.reflects = reflects
        assert stream.is_secret == self._driver.is_secure, self._driver.name
        await self._until_voice(stream)
        await asyncio.sleep(_SETTLE_S)
        yield stream
        await self._hang_up()

    async def _until_voice(self, stream: Stream) -> None:
        await stream.until_packets(10, _VOICE_S)

    async def _hang_up(self) -> None:
        await self._driver.hang_up()
        await self._ground.far.left()
        await asyncio.sleep(_BETWEEN_CALLS_S)

    async def _record(self, sink: str) -> Recorder:
        return Recorder(await self._ground.listen(sink, PIPE))

    def _note(self, measure: str, value: float) -> None:
        self.values.setdefault(measure, []).append(value)


def _part(recorder: Recorder, begin: float, end: float) -> Floats:
    """Sound that was heard between two times of the loop's clock, at 16 kHz."""
    first, last = (round((moment - recorder.begin) * RATE) for moment in (begin, end))
    return to_16_khz(recorder.samples[max(first, 0) : last])


async def _share(pids: list[int], seconds: float) -> float:
    """Share of a core that the processes spend from now on, in percent."""
    clock = asyncio.get_running_loop().time
    spent, begun = cpu_s(pids), clock()
    await asyncio.sleep(seconds)
    return 100 * (cpu_s(pids) - spent) / (clock() - begun)
