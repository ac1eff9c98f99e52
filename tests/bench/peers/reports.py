"""Receiver reports of a far end, so that a phone's encoder hears of what was lost."""

from __future__ import annotations

import struct

_RECEIVER_REPORT, _DESCRIPTION = 201, 202
_CNAME = b"far"
_SEQUENCES = 1 << 16


class Reports:
    """Packets that arrived of one source, and their reports (RFC 3550 section 6.4.2)."""

    def __init__(self, ssrc: int) -> None:
        self._own = ssrc
        self._source: int | None = None
        self._first = self._highest = 0
        self._arrived = 0
        self._before = (0, 0)

    def count(self, source: int, sequence: int) -> None:
        """Note a packet, in the order of its arrival; another source begins anew."""
        if source != self._source:
            self._source, self._arrived, self._before = source, 0, (0, 0)
            self._first = self._highest = sequence
        step = (sequence - self._highest) % _SEQUENCES
        if step < _SEQUENCES // 2:
            self._highest += step
        self._arrived += 1

    def make(self) -> bytes | None:
        """The report since the last one; None before the first packet."""
        if self._source is None:
            return None
        expected = self._highest - self._first + 1
        since = expected - self._before[0], self._arrived - self._before[1]
        self._before = expected, self._arrived
        share = max(0, since[0] - since[1]) / since[0] if since[0] else 0.0
        lost = max(0, expected - self._arrived)
        report = struct.pack("!BBHI", 0x81, _RECEIVER_REPORT, 7, self._own) + struct.pack(
            "!IIIIII", self._source, min(255, int(256 * share)) << 24 | lost & 0xFFFFFF,
            self._highest & 0xFFFFFFFF, 0, 0, 0,
        )  # fmt: skip
        # Every packet of RTCP names its sender (section 6.1).
        item = struct.pack("!BB", 1, len(_CNAME)) + _CNAME + bytes(1)
        item += bytes(-len(item) % 4)
        words = (4 + len(item)) // 4
        return report + struct.pack("!BBHI", 0x81, _DESCRIPTION, words, self._own) + item
