"""Recordings of both sides by the real library: together, and whole at every moment."""

from __future__ import annotations

import asyncio
import signal
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.native.sound.bridge import HEADER_BYTES, MOST_BYTES, SPACE_BYTES
from tests.support.media.pulse import Samples, write

_ROOT = Path(__file__).parents[3]

_RATE = 24_000
"""Rate of a file, and of a bridge of which it has the very samples."""

_FRAME = _RATE // 100

_BAND = 0.8
"""Share of that rate's band that its resampler leaves as it is."""

_DIFFERENCE = 0.01
"""Of what went through it, to the sound itself (shares of its loudness)."""

_EDGE = _RATE // 200
"""Samples in which a resampler begins, or ends."""

_QUIET = 500

_at_bridges = pytest.mark.parametrize("rate", [_RATE, 32_000, 48_000])
"""Rates of bridges: one whose samples are written as they are, and others."""


@pytest.fixture
def noise(place: Path) -> Samples:
    """A sound of which no two pieces are alike, nor any sample silent."""
    samples = np.random.default_rng(3).integers(1, 8000, _RATE * 20).astype("<i2")
    write(place / "noise.wav", samples, _RATE)
    return samples


@pytest.fixture
def band(place: Path, rate: int) -> Samples:
    """A noise as a file is to have it, which the bridge plays at its own rate."""
    spectrum = np.fft.rfft(np.random.default_rng(3).normal(0, 4000, _RATE * 20))
    spectrum[int(len(spectrum) * _BAND) :] = 0
    played = np.fft.irfft(spectrum, rate * 20) * (rate / _RATE)
    write(place / "noise.wav", _rounded(played), rate)
    return _rounded(np.fft.irfft(spectrum, _RATE * 20))


def _rounded(samples: NDArray[np.float64]) -> Samples:
    return samples.clip(-32768, 32767).round().astype("<i2")


async def record(scene: str, place: Path, *files: Path, rate: int = _RATE, status: int = 0) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.native.sound.bridge", scene, str(rate),
        str(place / "noise.wav"), *map(str, files), cwd=_ROOT, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == status, err.decode()
    return out.decode()


def sides(path: Path) -> tuple[Samples, Samples]:
    """Near and far side of a file, which holds just what its header says."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, _RATE, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        assert len(samples) == file.getnframes() > 0
    return samples[:, 0], samples[:, 1]


def begin(piece: Samples, noise: Samples) -> int:
    """Sample of the noise at which a piece of it begins."""
    (at,) = [i for i in np.flatnonzero(noise == piece[0]) if (noise[i:][:50] == piece[:50]).all()]
    return int(at)


def is_of(piece: Samples, sound: Samples) -> bool:
    """True if a piece is one of the sound, and no sample of it is missing or there twice."""
    size = 1 << (len(sound) + len(piece)).bit_length()
    alike = np.fft.rfft(sound, size) * np.conj(np.fft.rfft(piece[: _RATE // 4], size))
    at = int(np.fft.irfft(alike, size)[: len(sound)].argmax())
    difference = piece - sound[at:][: len(piece)].astype(float)
    # In each frame: a sample that is missing would spoil all after it.
    loudness = [_loudness(part) for part in np.split(difference, range(_FRAME, len(piece), _FRAME))]
    return max(loudness) < _DIFFERENCE * _loudness(sound)


def _loudness(samples: NDArray[np.generic]) -> float:
    return float(np.sqrt(np.mean(samples.astype(float) ** 2)))


# 0120: both sides of a recording


async def test_sides_do_not_drift_apart_however_one_comes_and_goes(
    place: Path, noise: Samples
) -> None:
    await record("gaps", place, place / "call.wav")
    near, far = sides(place / "call.wav")
    both = np.flatnonzero(near)
    near, far = near[both[0] :], far[both[0] :]
    at = begin(near, noise)
    # No tick of the bridge is missing, or there twice.
    assert (near == noise[at:][: len(near)]).all()
    heard = far != 0
    assert (far[heard] == near[heard]).all()
    assert 0.2 < heard.mean() < 0.9
    turns = np.flatnonzero(np.diff(heard.astype(int)))
    assert len(turns) >= 60
    assert heard[:_FRAME].all() and heard[-_FRAME:].all()


async def test_time_without_a_connection_is_left_out(place: Path, noise: Samples) -> None:
    await record("pause", place, place / "call.wav")
    near, far = sides(place / "call.wav")
    assert (near == far).all()
    # The player waits, too: the sound goes on where it was.
    assert (near == noise[begin(near, noise) :][: len(near)]).all()
    assert len(near) < 2 * _RATE


async def test_two_recordings_at_once(place: Path, noise: Samples) -> None:
    files = [place / "first.wav", place / "second.wav"]
    await record("two", place, *files)
    first, second = (sides(file)[0] for file in files)
    begins = [begin(samples, noise) for samples in (first, second)]
    assert begins[0] < begins[1] < begins[0] + len(first) < begins[1] + len(second)
    for at, samples in zip(begins, (first, second), strict=True):
        assert (samples == noise[at:][: len(samples)]).all()


@_at_bridges
async def test_a_file_has_the_sound_of_a_bridge_of_any_rate_to_its_end(
    place: Path, band: Samples, rate: int
) -> None:
    await record("talk", place, place / "call.wav", rate=rate)
    near, far = sides(place / "call.wav")
    assert (near == far).all()
    assert len(near) % _FRAME == 0
    loud = np.flatnonzero(np.abs(near) > _QUIET)
    assert is_of(near[loud[0] + _EDGE : loud[-1] - _EDGE], band)
    # The resampler's last sound is there, and some of the silence that pushed it out.
    assert len(near) - loud[-1] < _FRAME
    assert (loud[-1] >= len(near) - _EDGE) == (rate == _RATE)


@_at_bridges
async def test_a_killed_process_leaves_a_whole_file(place: Path, band: Samples, rate: int) -> None:
    await record("killed", place, place / "call.wav", rate=rate, status=-signal.SIGKILL)
    near, far = sides(place / "call.wav")
    assert (near == far).all()
    assert is_of(near[np.flatnonzero(near)[0] + _EDGE :], band)
    assert len(near) > _RATE / 2


@_at_bridges
async def test_a_file_ends_at_its_most_bytes(place: Path, band: Samples, rate: int) -> None:
    await record("full", place, place / "call.wav", rate=rate)
    near, far = sides(place / "call.wav")
    assert (near == far).all()
    size = (place / "call.wav").stat().st_size
    assert size == HEADER_BYTES + 4 * len(near)
    assert MOST_BYTES - 4 * _FRAME < size <= MOST_BYTES


@_at_bridges
async def test_a_full_disk_ends_a_file_with_what_was_written(
    place: Path, band: Samples, rate: int
) -> None:
    assert "File too large" in await record("no_space", place, place / "call.wav", rate=rate)
    near, far = sides(place / "call.wav")
    assert (near == far).all()
    assert HEADER_BYTES + 4 * len(near) == (place / "call.wav").stat().st_size <= SPACE_BYTES


async def test_recorders_are_freed_while_they_record(place: Path, noise: Samples) -> None:
    await record("dropped", place, place / "call.wav")
    with wave.open(str(place / "call.wav")) as file:
        assert file.getnchannels() == 2
