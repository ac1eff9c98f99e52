"""Tones as RTP packets of G.711 (RFC 3551), and their share in recordings."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.support.media.sound import tail

PCMU, PCMA = 0, 8
_RATE = 8000
_FRAME = 160
_BIAS = 0x84
_SEGMENTS = (0x1F, 0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF)


class Tone:
    """A sine of `hertz` in packets of 20 ms, one after the other."""

    def __init__(self, hertz: int, payload_type: int, ssrc: int = 0x5EED) -> None:
        self._hertz = hertz
        self._payload_type = payload_type
        self._ssrc = ssrc

    def packet(self, number: int) -> bytes:
        """Packet of a sequence number."""
        at = np.arange(number * _FRAME, (number + 1) * _FRAME) / _RATE
        samples = (12000 * np.sin(2 * np.pi * self._hertz * at)).astype(np.int32)
        header = struct.pack(
            "!BBHII", 0x80, self._payload_type, number & 0xFFFF, number * _FRAME, self._ssrc
        )
        return header + encoded(samples, self._payload_type)


def encoded(samples: NDArray[np.integer], payload_type: int) -> bytes:
    """Samples of 16 bits in PCMU or PCMA."""
    encode = _alaw if payload_type == PCMA else _ulaw
    return bytes(encode(int(sample)) for sample in samples)


def decoded(mu_law: bytes) -> NDArray[np.float64]:
    """Samples of PCMU, -1.0 to 1.0."""
    samples: NDArray[np.float64] = _DECODED[np.frombuffer(mu_law, dtype=np.uint8)]
    return samples


def share(recording: Path, hertz: int) -> float:
    """Share of energy at a frequency in the last half second, 0 to 1.

    The recording may still be running, with a header that lacks its length.
    """
    samples, rate = tail(recording, 0.5)
    if len(samples) < rate // 2:
        return 0.0
    energy = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    place = hertz * len(samples) // rate
    total = float(energy.sum())
    return float(energy[place - 8 : place + 9].sum()) / total if total > 0 else 0.0


def _alaw(sample: int) -> int:
    value, mask = sample >> 3, 0xD5
    if value < 0:
        value, mask = -value - 1, 0x55
    segment = next((i for i, end in enumerate(_SEGMENTS) if value <= end), 8)
    if segment == 8:
        return 0x7F ^ mask
    low = (value >> 1) if segment < 2 else (value >> segment)
    return (segment << 4 | (low & 0x0F)) ^ mask


def _ulaw(sample: int) -> int:
    value, mask = sample >> 2, 0xFF
    if value < 0:
        value, mask = -value, 0x7F
    value = min(value, 8159) + 33
    segment = next((i for i, end in enumerate(_SEGMENTS) if value <= (end << 1 | 1)), 8)
    if segment == 8:
        return 0x7F ^ mask
    return (segment << 4 | ((value >> (segment + 1)) & 0x0F)) ^ mask


def _decode_table() -> NDArray[np.float64]:
    table = np.empty(256)
    for code in range(256):
        value = ~code & 0xFF
        magnitude = (((value & 0x0F) << 3) + _BIAS << ((value & 0x70) >> 4)) - _BIAS
        table[code] = (-magnitude if value & 0x80 else magnitude) / 32768
    return table


_DECODED = _decode_table()
