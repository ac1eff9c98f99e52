"""Digits are sent one after the other, with a pause at a comma."""

from __future__ import annotations

import pytest

from voip.worker.media.digits import CannotSend, DigitQueue


class Line:
    """Records sent digits with their times, by a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sent: list[tuple[str, float]] = []
        self.broken = False
        self.reported: list[tuple[int, str | None]] = []
        self.queue = DigitQueue(self.send, self.report, lambda: self.now)

    def send(self, digit: str) -> None:
        if self.broken:
            raise CannotSend("no voice is flowing")
        self.sent.append((digit, round(self.now - 100, 3)))

    def report(self, lost: int, why: str | None) -> None:
        self.reported.append((lost, why))

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


def test_what_cannot_be_sent_is_refused_and_leaves_nothing_behind() -> None:
    line = Line()
    line.broken = True
    with pytest.raises(CannotSend, match="no voice"):
        line.queue.add("12")
    line.broken = False
    line.pass_time(2)
    assert line.sent == []
    assert line.reported == []


def test_the_end_of_the_last_tone_is_reported_once() -> None:
    line = Line()
    line.queue.add("12")
    line.pass_time(0.55)
    assert line.reported == []
    line.pass_time(3)
    assert line.reported == [(0, None)]
    line.queue.add("3")
    line.pass_time(3)
    assert line.reported == [(0, None), (0, None)]


def test_digits_that_can_no_longer_be_sent_are_reported_with_their_number() -> None:
    line = Line()
    line.queue.add("1,2,34")
    line.broken = True
    line.pass_time(9)
    assert [digit for digit, _ in line.sent] == ["1"]
    assert line.reported == [(3, "no voice is flowing")]


def test_digits_that_are_added_to_some_that_are_lost_are_reported_with_them() -> None:
    line = Line()
    line.queue.add("12")
    line.broken = True
    line.now += 1
    line.queue.add("345")
    assert line.reported == [(4, "no voice is flowing")]


def test_digits_that_wait_are_dropped_for_a_reason() -> None:
    line = Line()
    line.queue.add("12,3")
    line.queue.drop("the call is on hold")
    line.pass_time(5)
    assert [digit for digit, _ in line.sent] == ["1"]
    assert line.reported == [(2, "the call is on hold")]


def test_a_pause_alone_is_not_lost() -> None:
    line = Line()
    line.queue.add("1,,")
    line.queue.drop("the call is on hold")
    line.pass_time(5)
    assert line.reported == [(0, None)]


@pytest.mark.parametrize(("digits", "lost"), [("123", 2), ("1", 0), ("1,", 0)])
def test_the_end_of_the_call_is_the_last_report(digits: str, lost: int) -> None:
    line = Line()
    line.queue.add(digits)
    line.queue.end("the call ended")
    assert line.reported == [(lost, "the call ended" if lost else None)]
