"""Chirps that are played into a microphone, and their delay at a speaker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tests.support.media.pulse import RATE, Samples

_CHIRP_S = 0.04
_EVERY_S = 0.9
_LONGEST_S = 0.8

_Floats = NDArray[np.float64]


class Recorder:
    """A sink's monitor, with the time at which its first sample was heard."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        self._data = bytearray()
        self._begin = float("inf")
        self._process = process
        self._task = asyncio.create_task(self._follow(process.stdout))

    @property
    def samples(self) -> Samples:
        return np.frombuffer(bytes(self._data[: len(self._data) // 2 * 2]), dtype="<i2")

    @property
    def begin(self) -> float:
        """Start by the loop's clock: the earliest that any piece suggests."""
        return self._begin

    async def stop(self) -> None:
        self._process.terminate()
        await self._process.wait()
        await self._task

    async def _follow(self, stream: asyncio.StreamReader) -> None:
        clock = asyncio.get_running_loop().time
        while data := await stream.read(65536):
            self._data += data
            self._begin = min(self._begin, clock() - len(self._data) / 2 / RATE)


def _chirp() -> _Floats:
    time = np.arange(int(_CHIRP_S * RATE)) / RATE
    sweep = 2 * np.pi * (400 * time + (3000 - 400) * time**2 / (2 * _CHIRP_S))
    shaped: _Floats = 0.6 * np.sin(sweep) * np.hanning(len(time))
    return shaped


def series(count: int) -> _Floats:
    """Chirps at `RATE`, -1.0 to 1.0, after half a second of silence."""
    one = np.zeros(int(_EVERY_S * RATE))
    one[: int(_CHIRP_S * RATE)] = _chirp()
    return np.concatenate([np.zeros(RATE // 2), np.tile(one, count)])


def delays(mouth: Recorder, ear: Recorder) -> Iterator[float]:
    """Milliseconds from each chirp at the mouth to the same one at the ear."""
    said, heard = _pulses(mouth.samples), _pulses(ear.samples)
    for sample in said:
        at = mouth.begin + sample / RATE
        lags = [ear.begin + s / RATE - at for s in heard]
        near = [lag for lag in lags if 0 <= lag < _LONGEST_S]
        if near:
            yield 1000 * near[0]


def _pulses(samples: Samples) -> list[int]:
    """Positions where chirps begin: the peaks of a matched filter."""
    size = 1 << (len(samples) + RATE).bit_length()
    product = np.fft.rfft(samples, size) * np.conj(np.fft.rfft(_chirp(), size))
    match = np.abs(np.fft.irfft(product, size)[: len(samples)])
    limit = match.max(initial=0) / 2
    pulses: list[int] = []
    for sample in np.flatnonzero(match > limit):
        if pulses and sample - pulses[-1] < _EVERY_S * RATE / 2:
            if match[sample] > match[pulses[-1]]:
                pulses[-1] = int(sample)
        else:
            pulses.append(int(sample))
    return pulses
