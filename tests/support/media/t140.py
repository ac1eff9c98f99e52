"""Packets of real-time text (RFC 4103), with the redundancy of RFC 2198."""

from __future__ import annotations

import struct
from typing import NamedTuple

RED, T140 = 100, 98

_HEAD = struct.Struct("!BBHII")
_SSRC = 0x7E57
_MARK = 0x80


class Packet(NamedTuple):
    """Packet of text; `blocks` has the offset and text of each, the oldest first."""

    payload_type: int
    marked: bool
    sequence: int
    timestamp: int
    blocks: tuple[tuple[int, bytes], ...]

    @property
    def text(self) -> bytes:
        return self.blocks[-1][1]

    @property
    def earlier(self) -> tuple[bytes, ...]:
        return tuple(text for _, text in self.blocks[:-1])


def read(data: bytes) -> Packet:
    """The text of an RTP packet."""
    _, kind, sequence, timestamp, _ = _HEAD.unpack_from(data)
    payload_type, rest = kind & ~_MARK, data[_HEAD.size :]
    lengths: list[tuple[int, int]] = []
    if payload_type == RED:
        while rest[0] & _MARK:
            fields = int.from_bytes(rest[1:4], "big")
            lengths.append((fields >> 10, fields & 0x3FF))
            rest = rest[4:]
        rest = rest[1:]
    blocks = []
    for offset, length in lengths:
        blocks.append((offset, rest[:length]))
        rest = rest[length:]
    return Packet(payload_type, bool(kind & _MARK), sequence, timestamp, (*blocks, (0, rest)))


class Writer:
    """Sender of texts, each with `level` of those before it."""

    def __init__(self, level: int = 4, sequence: int = 100) -> None:
        self._level = level
        self._sequence = sequence
        self._timestamp = 0
        self._before: list[bytes] = [b""] * level

    def packet(self, text: bytes = b"") -> bytes:
        """The next packet."""
        head = _HEAD.pack(
            0x80, RED if self._level else T140, self._sequence & 0xFFFF, self._timestamp, _SSRC
        )
        body = b""
        if self._level:
            for age, earlier in zip(range(self._level, 0, -1), self._before, strict=True):
                fields = (300 * age) << 10 | len(earlier)
                body += bytes([_MARK | T140]) + fields.to_bytes(3, "big")
            body += bytes([T140]) + b"".join(self._before)
            self._before = [*self._before[1:], text]
        self._sequence += 1
        self._timestamp += 300
        return head + body + text
