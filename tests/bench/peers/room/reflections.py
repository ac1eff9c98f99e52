"""Process that lets a microphone hear a speaker, as a room does.

It writes a line once it runs: python -m tests.bench.peers.room.reflections 120
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

import numpy as np
from numpy.typing import NDArray

from tests.bench.peers.phones.base import SPEAKER, VOICE
from tests.support.media.pulse import RATE

_BLOCK = RATE // 100
_SIZE = 1 << 14
"""Samples of a transform: a block and the response fit."""

_REVERBERATION_S = 0.3  # until it is 60 dB weaker
_DIRECT_TO_REST_DB, _GAIN_DB = 3.0, -8.0
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


_SERVER_S = ctypes.c_uint32(-1).value


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


def response() -> NDArray[np.float64]:
    """A room's answer to one sample: the direct way, and noise that decays."""
    time = np.arange(round(_REVERBERATION_S * RATE)) / RATE
    rest = np.random.default_rng(14).normal(size=len(time)) * 10 ** (-3 * time / _REVERBERATION_S)
    rest[0] = 0
    rest /= np.sqrt(np.sum(rest**2))
    rest[0] = 10 ** (_DIRECT_TO_REST_DB / 20)
    whole: NDArray[np.float64] = rest / np.sqrt(np.sum(rest**2)) * 10 ** (_GAIN_DB / 20)
    return whole


def _run(delay_ms: int) -> None:
    with contextlib.suppress(PermissionError):  # only root may, and an idle machine needs none
        os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)
    ahead = (delay_ms + _RESERVE_MS) * RATE // 1000
    microphone = _Device(
        _RECORD,
        f"{SPEAKER}.monitor",
        _Buffer(_SERVER_S, _SERVER_S, _SERVER_S, _SERVER_S, _BLOCK * _BYTES),
    )
    speaker = _Device(
        _PLAYBACK,
        VOICE,
        _Buffer(
            _SERVER_S, (ahead + 2 * _BLOCK) * _BYTES, ahead * _BYTES, _BLOCK * _BYTES, _SERVER_S
        ),
    )
    spectrum = np.fft.rfft(response(), _SIZE)
    later = np.zeros(_SIZE)
    speaker.write(np.zeros(ahead, dtype=np.int16))
    microphone.forget()
    print(flush=True)
    while True:
        heard = np.fft.irfft(np.fft.rfft(microphone.read(_BLOCK), _SIZE) * spectrum, _SIZE)
        later += heard
        speaker.write(np.clip(np.round(later[:_BLOCK]), -32768, 32767).astype(np.int16))
        later = np.concatenate([later[_BLOCK:], np.zeros(_BLOCK)])


if __name__ == "__main__":
    _run(int(sys.argv[1]))
