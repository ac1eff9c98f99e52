"""Digits wait for each other, and longer at a comma."""

from __future__ import annotations

import pytest

from voip.worker.digits import DigitQueue


class Line:
    """What was sent and when, by a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sent: list[tuple[str, float]] = []
        self.broken = False
        self.queue = DigitQueue(self.send, lambda: self.now)

    def send(self, digit: str) -> None:
        if self.broken:
            raise OSError("no voice is flowing")
        self.sent.append((digit, round(self.now - 100, 3)))

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds * 100)):
            self.now += 0.01
            self.queue.advance()


def test_the_first_digit_goes_out_at_once_and_the_others_follow_in_order() -> None:
    line = Line()
    line.queue.add("123")
    assert line.sent == [("1", 0)]
    line.pass_time(2)
    assert [digit for digit, _ in line.sent] == ["1", "2", "3"]
    times = [when for _, when in line.sent]
    assert times == pytest.approx([0, 0.3, 0.6], abs=0.05)


def test_each_comma_is_a_pause_of_a_second() -> None:
    line = Line()
    line.queue.add("1,,2")
    line.pass_time(2.2)
    assert line.sent == [("1", 0)]
    line.pass_time(0.2)
    assert [digit for digit, _ in line.sent] == ["1", "2"]


def test_what_is_added_later_waits_for_what_was_there() -> None:
    line = Line()
    line.queue.add("1,2")
    line.queue.add("3")
    line.pass_time(3)
    assert [digit for digit, _ in line.sent] == ["1", "2", "3"]


def test_more_digits_than_pjmedia_holds() -> None:
    line = Line()
    line.queue.add("7" * 64)
    line.pass_time(64 * 0.35)
    assert len(line.sent) == 64


def test_digits_after_a_silence_go_out_at_once() -> None:
    line = Line()
    line.queue.add("1")
    line.pass_time(60)
    line.queue.add("2")
    assert line.sent[-1] == ("2", 60)


def test_what_cannot_be_sent_is_told_and_leaves_nothing_behind() -> None:
    line = Line()
    line.broken = True
    with pytest.raises(OSError, match="no voice"):
        line.queue.add("12")
    line.broken = False
    line.pass_time(2)
    assert line.sent == []
