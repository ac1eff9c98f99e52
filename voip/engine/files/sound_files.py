"""Prepares WAV files for a call: playable sound, private recordings.

PJMEDIA plays 16-bit PCM whose sampling rate divides into whole samples a frame, in one
channel. Other rates (22050 Hz, common in speech synthesis) are doubled until they do,
and channels are mixed into one. PJMEDIA gets a file written here, or one of exactly
that kind.
"""

from __future__ import annotations

import array
import contextlib
import os
import stat
import sys
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from voip.engine.files import wav_file

_MAX_RATE = 96_000
_MAX_SECONDS = 4 * 3600
_FRAMES_A_SECOND = 100
_LEAST_S = 0.1
"""Shortest file in seconds: PJMEDIA refuses one of less than a frame."""
_LOWEST, _HIGHEST = -32768, 32767
_MAX_RING_S = 60
_RING_PERIOD_S = 4
_LEAST_PAUSE_S = 1.0
"""Seconds of a ring sound and of the silence that ends it."""
_AUDIBLE = 328
"""Least peak of a ring sound, 1 % of full scale."""


class PlayedFile(NamedTuple):
    """File that can be played; `is_copy` is one to delete afterwards."""

    path: Path
    is_copy: bool

    def remove_copy(self) -> None:
        """Delete the file if it is a copy; its player has it open."""
        if self.is_copy:
            self.path.unlink(missing_ok=True)


class SoundFileError(Exception):
    """File that cannot be played or recorded; the text says why."""


def playable(path: Path, folder: Path) -> PlayedFile:
    """Return the file to play for `path`, or a copy made in `folder`.

    Raises:
        SoundFileError: it is missing, or not a WAV file that can be converted.
    """
    with _opened(path) as (file, wav):
        rate = wav.form.rate
        long_enough = wav.length >= _LEAST_S * rate * wav.frame
        whole = wav.length % wav.frame == 0
        mono = wav.form.channels == 1
        if _factor(rate) == 1 and mono and wav.simplest and whole and long_enough:
            return PlayedFile(path, is_copy=False)
        samples, rate = _converted(file, wav)
    samples.extend([0] * (int(_LEAST_S * rate) - len(samples)))
    return PlayedFile(_written(samples, rate, folder), is_copy=True)


def repeatable(path: Path, folder: Path) -> Path:
    """Return a copy made in `folder` to ring by, with the pause that follows each time.

    Raises:
        SoundFileError: it is missing, silent or too long, or no WAV file that can be
            converted.
    """
    with _opened(path) as (file, wav):
        if wav.seconds > _MAX_RING_S:
            raise SoundFileError(f"{path} is longer than {_MAX_RING_S} seconds")
        samples, rate = _converted(file, wav)
    if max(samples, default=0) < _AUDIBLE and min(samples, default=0) > -_AUDIBLE:
        raise SoundFileError(f"{path} is silent: nobody would hear a call")
    least = int(_LEAST_PAUSE_S * rate)
    samples.extend([0] * max(least, _RING_PERIOD_S * rate - len(samples)))
    return _written(samples, rate, folder)


def make_private(recording: Path) -> None:
    """Create a recording's file, readable by its owner alone.

    Raises:
        SoundFileError: it cannot be made, or belongs to another user.
    """
    try:
        # A recording over an existing file must not keep that file's permissions.
        descriptor = os.open(recording, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK, 0o600)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid():
                raise SoundFileError(f"{recording} is not a file of yours: choose another name")
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise SoundFileError(f"{recording} cannot be written: {error.strerror}") from error


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, wav_file.Wav]]:
    """Open a WAV file, the reading of which raises `SoundFileError`."""
    try:
        with open(path, "rb", opener=_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SoundFileError(f"{path} is not a file: save what it says as a WAV file")
            wav = wav_file.look(file)
            if not 1000 <= wav.form.rate <= _MAX_RATE or wav.seconds > _MAX_SECONDS:
                raise SoundFileError(f"{path} has a rate or length that cannot be played")
            yield file, wav
    except FileNotFoundError:
        raise SoundFileError(f"there is no file {path}") from None
    except wav_file.WavError as error:
        raise SoundFileError(
            f"{path} is {error}: save it as a WAV file, 16-bit PCM with one or two channels"
        ) from error
    except OSError as error:
        raise SoundFileError(f"{path} cannot be read: {error.strerror}") from error


def _converted(file: BinaryIO, wav: wav_file.Wav) -> tuple[array.array[int], int]:
    """Read one channel of samples, and the rate that they are converted to."""
    factor = _factor(wav.form.rate)
    samples = wav.read(file)
    if wav.form.channels == 2:
        samples = _mixed(samples)
    for _ in range(factor.bit_length() - 1):
        samples = _doubled(samples)
    return samples, wav.form.rate * factor


def _at_once(path: str, flags: int) -> int:
    # Opening a pipe that nobody writes to would block forever.
    return os.open(path, flags | os.O_NONBLOCK)


def _factor(rate: int) -> int:
    factor = 1
    while rate * factor % _FRAMES_A_SECOND and rate * factor < _MAX_RATE:
        factor *= 2
    if rate * factor % _FRAMES_A_SECOND:
        raise SoundFileError(f"a sampling rate of {rate} Hz cannot be played: use 8, 16 or 48 kHz")
    return factor


def _mixed(samples: array.array[int]) -> array.array[int]:
    left, right = samples[::2], samples[1::2]
    return array.array("h", ((a + b) >> 1 for a, b in zip(left, right, strict=True)))


def _doubled(samples: array.array[int]) -> array.array[int]:
    """Double the rate; new samples by cubic interpolation of their neighbours."""
    first, last = samples[:1], samples[-1:]
    padded = first + samples + last + last
    out = array.array("h", bytes(4 * len(samples)))
    out[::2] = samples
    between = array.array(
        "i",
        (
            (9 * (b + c) - a - d) >> 4
            for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
        ),
    )
    # Clipping every sample takes three times as long, and few files are that loud.
    if between and (min(between) < _LOWEST or max(between) > _HIGHEST):
        between = array.array("i", (max(_LOWEST, min(_HIGHEST, sample)) for sample in between))
    out[1::2] = array.array("h", between)
    return out


def _written(samples: array.array[int], rate: int, folder: Path) -> Path:
    if sys.byteorder == "big":
        samples.byteswap()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder, suffix=".wav")
        with os.fdopen(descriptor, "wb") as file, wave.open(file, "wb") as target:
            target.setnchannels(1)
            target.setsampwidth(2)
            target.setframerate(rate)
            target.writeframes(samples.tobytes())
    except OSError as error:
        raise SoundFileError(f"{folder} cannot be written: {error.strerror}") from error
    return Path(name)
