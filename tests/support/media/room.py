"""Room in which a microphone hears a speaker, after a time and with reverberation.

A process of its own carries the sound.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import sys
from collections.abc import AsyncIterator

import numpy as np
from numpy.typing import NDArray

from tests.support.media.pulse import RATE, Pulse

_BLOCK = RATE // 100
_SIZE = 1 << 14
"""Samples of a transform: a block and the response fit."""

_REVERBERATION_S = 0.3  # until it is 60 dB weaker
_DIRECT_TO_REST_DB = 3.0
_RESERVE_MS = 40
"""Sound that is ahead, so that a late block breaks nothing."""

_PRIORITY = -15
_PLAYBACK, _RECORD = 1, 2  # pulse/def.h
_S16LE = 3  # pulse/sample.h
_BYTES = 2


class _Format(ctypes.Structure):
    _fields_ = (
        ("format", ctypes.c_int),
        ("rate", ctypes.c_uint32),
        ("channels", ctypes.c_uint8),
    )


class _Buffer(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_uint32) for name in ("maxlength", "tlength", "prebuf", "minreq", "fragsize")
    )


_SERVERS = ctypes.c_uint32(-1).value  # choice


class _Device:
    """One direction, by libpulse-simple; both block."""

    def __init__(self, direction: int, name: str, buffer: _Buffer) -> None:
        self._library = ctypes.CDLL("libpulse-simple.so.0")
        self._library.pa_simple_new.restype = ctypes.c_void_p
        failed = ctypes.c_int()
        handle = self._library.pa_simple_new(
            None, b"room", direction, name.encode(), b"room",
            ctypes.byref(_Format(_S16LE, RATE, 1)), None, ctypes.byref(buffer),
            ctypes.byref(failed),
        )  # fmt: skip
        assert handle, f"{name}: error {failed.value} of libpulse"
        self._handle = ctypes.c_void_p(handle)

    def read(self, count: int) -> NDArray[np.int16]:
        data = ctypes.create_string_buffer(count * _BYTES)
        result = self._library.pa_simple_read(self._handle, data, len(data), None)
        assert result == 0
        return np.frombuffer(data.raw, dtype="<i2")

    def write(self, samples: NDArray[np.int16]) -> None:
        data = samples.astype("<i2").tobytes()
        assert self._library.pa_simple_write(self._handle, data, len(data), None) == 0

    def forget(self) -> None:
        """Drop what was recorded and not read."""
        assert self._library.pa_simple_flush(self._handle, None) == 0


@contextlib.asynccontextmanager
async def room(
    pulse: Pulse,
    delay_ms: int,
    speaker: str = "speaker",
    microphone: str = "mic",
    gain_db: float = -8.0,
) -> AsyncIterator[None]:
    """Have a sink, the microphone, hear another one, the speaker.

    It is late by `delay_ms` and the sound server's time.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, str(delay_ms), speaker, microphone, str(gain_db),
        env=pulse.client_environment, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline(), "the room did not begin"
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


def response(gain_db: float) -> NDArray[np.float64]:
    """A room's answer to one sample: the direct way, and noise that decays."""
    time = np.arange(round(_REVERBERATION_S * RATE)) / RATE
    rest = np.random.default_rng(14).normal(size=len(time)) * 10 ** (-3 * time / _REVERBERATION_S)
    rest[0] = 0
    rest /= np.sqrt(np.sum(rest**2))
    rest[0] = 10 ** (_DIRECT_TO_REST_DB / 20)
    whole: NDArray[np.float64] = rest / np.sqrt(np.sum(rest**2)) * 10 ** (gain_db / 20)
    return whole


def _run(delay_ms: int, speaker: str, microphone: str, gain_db: float) -> None:
    with contextlib.suppress(PermissionError):  # only root may, and an idle machine needs none
        os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)
    ahead = (delay_ms + _RESERVE_MS) * RATE // 1000
    ear = _Device(_RECORD, f"{speaker}.monitor", _Buffer(*[_SERVERS] * 4, fragsize=_BLOCK * _BYTES))
    mouth = _Device(
        _PLAYBACK,
        microphone,
        _Buffer(_SERVERS, (ahead + 2 * _BLOCK) * _BYTES, ahead * _BYTES, _BLOCK * _BYTES, _SERVERS),
    )
    spectrum = np.fft.rfft(response(gain_db), _SIZE)
    later = np.zeros(_SIZE)
    mouth.write(np.zeros(ahead, dtype=np.int16))
    ear.forget()
    print(flush=True)
    while True:
        heard = np.fft.irfft(np.fft.rfft(ear.read(_BLOCK), _SIZE) * spectrum, _SIZE)
        later += heard
        mouth.write(np.clip(np.round(later[:_BLOCK]), -32768, 32767).astype(np.int16))
        later = np.concatenate([later[_BLOCK:], np.zeros(_BLOCK)])


if __name__ == "__main__":
    _run(int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4]))
