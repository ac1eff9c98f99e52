"""Reads a WAV file (RIFF, RFC 2361) of any kind as 16-bit samples.

PJMEDIA plays 16-bit PCM from a file of the simplest kind; in many others it finds
another length or start of the sound than other programs do.
"""

from __future__ import annotations

import array
import struct
import sys
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

_PCM, _FLOAT, _ALAW, _ULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
"""Bytes after the format's number in the GUID of WAVE_FORMAT_EXTENSIBLE."""

_NAMES = {
    2: "compressed (ADPCM)", 17: "compressed (ADPCM)", 49: "compressed (GSM)",
    80: "compressed (MPEG)", 85: "compressed (MP3)",
}  # fmt: skip
_CHUNKS = (b"fmt ", b"fact", b"data", b"LIST")
_MAX_CHUNKS = 10_000
_SIMPLEST = 44
"""Bytes before the sound in a file of only the two required chunks."""


class WavError(Exception):
    """Unsupported WAV file; the text says what it is."""


class Format(NamedTuple):
    tag: int
    channels: int
    rate: int
    bits: int


class Wav(NamedTuple):
    """Format and place of the sound; `simplest` if every reader agrees on it."""

    form: Format
    start: int
    length: int
    simplest: bool

    @property
    def frame(self) -> int:
        """Bytes of one sample of every channel."""
        return self.form.channels * self.form.bits // 8

    @property
    def seconds(self) -> float:
        return self.length / self.frame / self.form.rate

    def read(self, file: BinaryIO) -> array.array[int]:
        """Read all samples, channels interleaved."""
        file.seek(self.start)
        data = file.read(self.length)
        data = data[: len(data) - len(data) % self.frame]
        return _DECODERS[self.form.tag, self.form.bits](data)


def look(file: BinaryIO) -> Wav:
    """Find the sound in a file, even if its header's length is wrong.

    Raises:
        WavError: it has no readable sound.
    """
    size = file.seek(0, 2)
    file.seek(0)
    riff, whole, wave = struct.unpack("<4sI4s", file.read(12).ljust(12, b"\0"))
    if riff in (b"RF64", b"BW64"):
        raise WavError("a WAV file for more than 4 GB")
    if (riff, wave) != (b"RIFF", b"WAVE"):
        raise WavError("not a WAV file")
    complete = whole + 8 in (size, size - 1)
    form: Format | None = None
    extended = False
    place = 12
    for _ in range(_MAX_CHUNKS):
        if place + 8 > size:
            break
        file.seek(place)
        name, length = struct.unpack("<4sI", file.read(8))
        start = place + 8
        if name == b"fmt " and form is None:
            form, extended = _format(file.read(min(length, 64))), length != 16
        elif name == b"data" and (length or not complete):
            if form is None:
                raise WavError("a WAV file that does not say how it was saved")
            # A program that writes into a pipe does not know the length yet.
            has_length = 0 < length <= size - start
            simplest = complete and has_length and start == _SIMPLEST and start + length == size
            pcm = not extended and (form.tag, form.bits) == (_PCM, 16)
            return Wav(form, start, length if has_length else size - start, simplest and pcm)
        place = _behind(file, start, length)
    raise WavError("a WAV file without any sound")


def _behind(file: BinaryIO, start: int, length: int) -> int:
    """Return the start of the next chunk: even, though not in every file."""
    place = start + length
    if length % 2:
        file.seek(place)
        beside = file.read(5)
        if beside[:4] not in _CHUNKS or beside[1:] in _CHUNKS:
            place += 1
    return place


def _format(raw: bytes) -> Format:
    if len(raw) < 16:
        raise WavError("a WAV file that does not say how it was saved")
    tag, channels, rate, _, align, bits = struct.unpack("<HHIIHH", raw[:16])
    if tag == _EXTENSIBLE and len(raw) >= 40 and raw[26:40] == _GUID_TAIL:
        (tag,) = struct.unpack("<H", raw[24:26])
    if (tag, bits) not in _DECODERS:
        is_supported = tag in (_PCM, _FLOAT, _ALAW, _ULAW)
        raise WavError(
            f"saved with {bits} bits" if is_supported else _NAMES.get(tag, f"of format {tag}")
        )
    if channels not in (1, 2) or not rate or align != channels * bits // 8:
        raise WavError(f"of {channels} channels of {bits} bits")
    return Format(tag, channels, rate, bits)


def _native(data: bytes) -> array.array[int]:
    samples = array.array("h")
    samples.frombytes(data)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _of_bytes(low: bytes, high: bytes) -> array.array[int]:
    both = bytearray(2 * len(high))
    both[::2], both[1::2] = low, high
    return _native(bytes(both))


def _eight(data: bytes) -> array.array[int]:
    return _of_bytes(bytes(len(data)), data.translate(_SIGNED))


def _floats(kind: str) -> Callable[[bytes], array.array[int]]:
    def decode(data: bytes) -> array.array[int]:
        values = array.array(kind)
        values.frombytes(data)
        if sys.byteorder == "big":
            values.byteswap()
        # NaN is not equal to itself.
        return array.array(
            "h", (int(32767 * max(-1.0, min(1.0, v))) if v == v else 0 for v in values)
        )

    return decode


def _companded(expand: Callable[[int], int]) -> Callable[[bytes], array.array[int]]:
    words = [expand(code) & 0xFFFF for code in range(256)]
    low, high = bytes(word & 0xFF for word in words), bytes(word >> 8 for word in words)

    def decode(data: bytes) -> array.array[int]:
        return _of_bytes(data.translate(low), data.translate(high))

    return decode


def _ulaw(code: int) -> int:
    """Decode ITU-T G.711 table 2 to 16 bits."""
    code ^= 0xFF
    value = (((code & 0x0F) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return -value if code & 0x80 else value


def _alaw(code: int) -> int:
    """Decode ITU-T G.711 table 1 to 16 bits."""
    code ^= 0x55
    step, value = code >> 4 & 7, ((code & 0x0F) << 4) + 8
    value = value + 0x100 << step - 1 if step else value
    return value if code & 0x80 else -value


_SIGNED = bytes(byte ^ 0x80 for byte in range(256))

_DECODERS: dict[tuple[int, int], Callable[[bytes], array.array[int]]] = {
    (_PCM, 8): _eight,
    (_PCM, 16): _native,
    (_PCM, 24): lambda data: _of_bytes(data[1::3], data[2::3]),
    (_PCM, 32): lambda data: _of_bytes(data[2::4], data[3::4]),
    (_FLOAT, 32): _floats("f"),
    (_FLOAT, 64): _floats("d"),
    (_ALAW, 8): _companded(_alaw),
    (_ULAW, 8): _companded(_ulaw),
}
