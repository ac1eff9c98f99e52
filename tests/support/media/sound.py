"""Speech, and comparison of two recordings of it."""

from __future__ import annotations

import struct
import subprocess
import wave
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
TEXT = (
    "The quick brown fox jumps over the lazy dog. Pack my box with five dozen liquor jugs, "
    "and call me back when you are ready."
)

NEAR, FAR = 0, -1
"""Channels of a phone's recording."""

_HEADER, _CHANNELS = 44, 22
"""Length of a simple WAV file's header, and where the number of channels is in it."""

_Samples = NDArray[np.float64]


def speak(path: Path, text: str = TEXT, voice: str = "en") -> Path:
    """Have espeak-ng say `text` into a WAV file."""
    subprocess.run(["espeak-ng", "-v", voice, "-w", str(path), text], check=True)
    return path


def sine(path: Path, frequency: int, seconds: float) -> Path:
    """Write a tone, a quarter as loud as can be, into a WAV file."""
    samples = 8000 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def load(path: Path, side: int = FAR) -> _Samples:
    """Samples of a file's channel, or of its only one, at `RATE`."""
    with wave.open(str(path)) as file:
        assert file.getsampwidth() == 2
        data = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        samples = data.reshape(-1, file.getnchannels())[:, side].astype(np.float64)
        rate = file.getframerate()
    size = int(len(samples) * RATE / rate)
    spectrum = np.fft.rfft(samples)
    resampled: NDArray[Any] = np.zeros(size // 2 + 1, dtype=complex)
    kept = min(len(spectrum), len(resampled))
    resampled[:kept] = spectrum[:kept]
    return np.fft.irfft(resampled, size)


def tail(path: Path, seconds: float, side: int = FAR) -> tuple[_Samples, int]:
    """Last samples of a channel, and their rate, of a file that may still be growing."""
    with path.open("rb") as file:
        head = file.read(_HEADER)
        if len(head) < _HEADER:
            return np.zeros(0), RATE
        channels, rate = struct.unpack_from("<HI", head, _CHANNELS)
        frame = 2 * channels
        whole = (path.stat().st_size - _HEADER) // frame
        count = min(whole, int(seconds * rate))
        file.seek(_HEADER + (whole - count) * frame)
        data = np.frombuffer(file.read(count * frame), dtype="<i2")
    return data.reshape(-1, channels)[:, side].astype(np.float64), rate


def correlation(sent: Path, received: Path) -> float:
    """Normalised cross-correlation of aligned speech, -1 to 1."""
    return _best(load(sent), load(received))[0]


def piecewise(sent: Path, received: Path, seconds: float = 0.5) -> float:
    """Median of the correlations of pieces, each aligned by itself.

    A jitter buffer that inserts a frame shifts all that follows it: a whole
    recording's correlation shows the machine's load more than the voice.
    Pieces of silence do not count.
    """
    speech, heard = load(sent), load(received)
    size = int(seconds * RATE)
    loud = np.sqrt(np.mean(speech**2)) / 4
    pieces = [speech[i : i + size] for i in range(0, len(speech) - size + 1, size)]
    scores = [_best(p, heard)[0] for p in pieces if np.sqrt(np.mean(p**2)) > loud]
    assert scores, "there is no speech in what was sent"
    return float(np.median(scores))


def loudness(path: Path, since_s: float = 0.0) -> float:
    """Root mean square of a recording from a moment on, of 32767."""
    samples = load(path)[int(since_s * RATE) :]
    return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0


def usual_loudness(path: Path, since_s: float = 0.0, seconds: float = 0.25) -> float:
    """Median of the loudness of pieces: a break of what played the sound is in few of them."""
    samples = load(path)[int(since_s * RATE) :]
    size = int(seconds * RATE)
    pieces = samples[: len(samples) // size * size].reshape(-1, size)
    assert len(pieces), "the recording is too short"
    return float(np.median(np.sqrt(np.mean(pieces**2, axis=1))))


def _best(speech: _Samples, heard: _Samples) -> tuple[float, int]:
    if not len(heard):
        return 0.0, 0
    size = 1 << (len(speech) + len(heard)).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(speech, size))
    lag = int(np.argmax(np.fft.irfft(product, size)))
    # The transform is circular: a lag past the end is a negative one.
    lag = lag - size if lag >= len(heard) else lag
    there = heard[max(lag, 0) :][: len(speech)]
    here = speech[max(-lag, 0) :][: len(there)]
    there = there[: len(here)]
    scale = float(np.sqrt(np.dot(here, here) * np.dot(there, there)))
    return (float(np.dot(here, there)) / scale if scale else 0.0), lag
