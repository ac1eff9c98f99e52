"""Digits are sent one after the other, with a pause at a comma."""

from __future__ import annotations

import pytest

from voip.causes import Cause, CauseKind
from voip.worker.media.digits import CannotSend, DigitQueue, frequencies

_NO_VOICE = Cause(CauseKind.DIGITS_NO_VOICE)
_HELD = Cause(CauseKind.DIGITS_HELD_HERE)
_ENDED = Cause(CauseKind.DIGITS_CALL_ENDED)
_REFUSED = Cause(CauseKind.DIGITS_REFUSED, (415,))


class Line:
    """Records sent digits with their times, by a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sent: list[tuple[str, float]] = []
        self.broken = False
        self.asks = False
        self.reported: list[tuple[int, Cause | None]] = []
        self.queue = DigitQueue(self.send, self.report, lambda: self.now)

    def send(self, digit: str) -> bool:
        if self.broken:
            raise CannotSend(_NO_VOICE)
        self.sent.append((digit, round(self.now - 100, 3)))
        return not self.asks

    @property
    def keys(self) -> str:
        return "".join(digit for digit, _ in self.sent)

    def report(self, lost: int, why: Cause | None) -> None:
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


def test_a_queue_is_busy_until_its_last_tone_is_over() -> None:
    line = Line()
    seen = [line.queue.is_busy]
    line.queue.add("1,")
    for seconds in (1.2, 0.2):
        line.pass_time(seconds)
        seen.append(line.queue.is_busy)
    assert seen == [False, True, False]


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
    assert line.reported == [(3, _NO_VOICE)]


def test_digits_that_are_added_to_some_that_are_lost_are_reported_with_them() -> None:
    line = Line()
    line.queue.add("12")
    line.broken = True
    line.now += 1
    line.queue.add("345")
    assert line.reported == [(4, _NO_VOICE)]


def test_digits_that_wait_are_dropped_for_a_reason() -> None:
    line = Line()
    line.queue.add("12,3")
    line.queue.drop(_HELD)
    line.pass_time(5)
    assert [digit for digit, _ in line.sent] == ["1"]
    assert line.reported == [(2, _HELD)]


def test_a_pause_alone_is_not_lost() -> None:
    line = Line()
    line.queue.add("1,,")
    line.queue.drop(_HELD)
    line.pass_time(5)
    assert line.reported == [(0, None)]


@pytest.mark.parametrize(("digits", "lost"), [("123", 2), ("1", 0), ("1,", 0)])
def test_the_end_of_the_call_is_the_last_report(digits: str, lost: int) -> None:
    line = Line()
    line.queue.add(digits)
    line.queue.end(_ENDED)
    assert line.reported == [(lost, _ENDED if lost else None)]


def _asking() -> Line:
    line = Line()
    line.asks = True
    return line


def test_a_digit_that_is_asked_for_waits_for_the_answer_to_the_one_before() -> None:
    line = _asking()
    line.queue.add("12")
    line.pass_time(5)
    assert line.keys == "1"
    line.queue.answered(None)
    line.pass_time(0.1)
    assert line.keys == "12"
    line.queue.answered(None)
    assert line.reported == []
    line.pass_time(1)
    assert line.reported == [(0, None)]


def test_answers_that_come_at_once_do_not_shorten_the_time_between_digits() -> None:
    line = _asking()
    line.queue.add("12")
    line.queue.answered(None)
    line.pass_time(0.2)
    assert line.keys == "1"
    line.pass_time(0.2)
    assert line.keys == "12"


def test_a_refused_digit_is_lost_with_those_after_it() -> None:
    line = _asking()
    line.queue.add("123")
    line.queue.answered(None)
    line.pass_time(1)
    line.queue.answered(_REFUSED)
    line.pass_time(5)
    assert line.keys == "12"
    assert line.reported == [(2, _REFUSED)]


def test_a_digit_without_an_answer_is_lost_when_the_call_ends() -> None:
    line = _asking()
    line.queue.add("1")
    line.queue.end(_ENDED)
    assert line.reported == [(1, _ENDED)]


def test_the_answer_to_a_dropped_digit_is_not_that_of_the_next() -> None:
    line = _asking()
    line.queue.add("1")
    line.queue.drop(_HELD)
    line.queue.add("2")
    line.pass_time(1)
    assert line.keys == "1"
    line.queue.answered(_REFUSED)
    line.pass_time(1)
    assert line.keys == "12"
    assert line.reported == [(1, _HELD)]


@pytest.mark.parametrize(
    ("digit", "hertz"),
    [("1", (697, 1209)), ("5", (770, 1336)), ("#", (941, 1477)), ("*", (941, 1209)),
     ("0", (941, 1336)), ("A", (697, 1633)), ("D", (941, 1633))],
)  # fmt: skip
def test_the_tones_of_a_digit(digit: str, hertz: tuple[int, int]) -> None:
    assert frequencies(digit) == hertz
