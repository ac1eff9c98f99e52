"""Counts of the bench of many calls: lost, late, growing."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence

import pytest

from tests.bench.scale.soak import trend
from tests.bench.scale.voice import Arrivals, Line, Sender
from tests.support.media.srtp import KEY_BYTES, Srtp

_KEY = bytes(range(KEY_BYTES))
_FRAME_S = 0.02


def _line() -> Line:
    return Line(Sender(), ("127.0.0.1", 4000), base64.b64encode(_KEY).decode())


def _packet(sequence: int, key: bytes = _KEY) -> bytes:
    head = struct.pack("!BBHII", 0x80, 0, sequence, 160 * sequence & 0xFFFFFFFF, 7)
    return Srtp(key).protect(head + bytes(160))


def _arrivals(sequences: Sequence[int], waits: Sequence[float] = ()) -> Arrivals:
    line, at = _line(), 100.0
    for place, sequence in enumerate(sequences):
        at += waits[place] if place < len(waits) else _FRAME_S
        line.take(_packet(sequence), at)
    return line.arrivals


@pytest.mark.parametrize(
    ("sequences", "lost"),
    [
        ((1, 2, 3, 4), 0),
        ((1, 2, 5, 6), 2),
        ((1, 3, 2, 4), 0),
        ((1, 2, 2, 3), 0),
        ((65534, 65535, 0, 1), 0),
        ((65534, 1), 2),
    ],
)
def test_missing_sequence_numbers_are_lost(sequences: tuple[int, ...], lost: int) -> None:
    assert _arrivals(sequences).lost == lost


def test_a_pause_of_more_than_two_frames_is_late_but_not_at_a_change_of_the_session() -> None:
    found = _arrivals((1, 2, 3, 4), (0.02, 0.02, 0.05, 0.039))
    assert (found.packets, found.late) == (3, 1)
    assert found.longest == pytest.approx(0.05)
    assert found.span == pytest.approx(0.109)

    line = _line()
    line.take(_packet(1), 1.0)
    line.follow(("127.0.0.1", 4002), line.phone_key)
    line.take(_packet(2), 9.0)
    assert (line.arrivals.packets, line.arrivals.late, line.arrivals.lost) == (0, 0, 0)


def test_a_packet_under_another_key_is_not_ours() -> None:
    line = _line()
    line.take(_packet(50), 1.0)
    assert line.arrivals.strange == 0
    line.take(_packet(100, bytes(KEY_BYTES)), 1.02)
    assert line.arrivals.strange == 1


@pytest.mark.parametrize(
    ("values", "grows"),
    [
        ([30.0] * 12, False),
        ([30.0, 30.2, 30.1] * 4, False),
        ([30 + 0.1 * minute for minute in range(12)], True),
        ([67.0] * 7 + [77.0] * 5, True),
        ([20.0, 25.0, 30.0, *[30.5] * 12], False),
    ],
)
def test_only_what_goes_on_growing_grows(values: list[float], grows: bool) -> None:
    assert trend(values).startswith("GROW" if grows else "flat")
