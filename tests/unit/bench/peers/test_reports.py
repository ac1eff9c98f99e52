"""Receiver reports of the bench's far end: what was lost since the last one."""

from __future__ import annotations

import struct

from tests.bench.peers.reports import Reports

OWN, SOURCE = 0xB0B0, 0x1234


def _block(report: bytes | None) -> tuple[int, int, int, int]:
    """Source, fraction lost, packets lost in all, highest sequence."""
    assert report is not None
    assert struct.unpack_from("!BBHI", report) == (0x81, 201, 7, OWN)
    source, lost, highest = struct.unpack_from("!III", report, 8)
    return source, lost >> 24, lost & 0xFFFFFF, highest


def test_before_the_first_packet_there_is_none() -> None:
    assert Reports(OWN).make() is None


def test_a_fourth_is_lost_then_nothing() -> None:
    reports = Reports(OWN)
    for sequence in range(100, 200):
        if sequence % 4 != 1:
            reports.count(SOURCE, sequence)
    assert _block(reports.make()) == (SOURCE, 64, 25, 199)
    for sequence in range(200, 250):
        reports.count(SOURCE, sequence)
    assert _block(reports.make()) == (SOURCE, 0, 25, 249)


def test_sequence_numbers_begin_again_and_come_late() -> None:
    reports = Reports(OWN)
    for sequence in (65534, 0, 65535, 1, 3):
        reports.count(SOURCE, sequence)
    # Of 65534 to 3, which is 65539 counted on, one of six has not come.
    assert _block(reports.make()) == (SOURCE, 42, 1, 65539)


def test_another_source_begins_anew() -> None:
    reports = Reports(OWN)
    reports.count(SOURCE, 1)
    reports.count(SOURCE, 9)
    reports.count(SOURCE + 1, 500)
    assert _block(reports.make()) == (SOURCE + 1, 0, 0, 500)


def test_each_report_names_its_sender() -> None:
    reports = Reports(OWN)
    reports.count(SOURCE, 1)
    report = reports.make()
    assert report is not None
    first, kind, words, sender = struct.unpack_from("!BBHI", report, 32)
    assert (first, kind, sender) == (0x81, 202, OWN)
    assert len(report) == 32 + 4 * (words + 1)
