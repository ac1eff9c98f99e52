"""Queue of digits: PJMEDIA has no pause and holds 31 digits at most."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from voip.causes import Cause
from voip.sip.sentences import sentence

_TONE_S = 0.3
"""Seconds between the starts of two tones; PJMEDIA's tones last 0.2 s."""

_ROWS_HZ = (697, 770, 852, 941)
_COLUMNS_HZ = (1209, 1336, 1477, 1633)
_KEYS = "123A456B789C*0#D"

_PAUSE_S = 1.0
_PAUSE = ","

Report = Callable[[int, Cause | None], None]


def frequencies(digit: str) -> tuple[int, int]:
    """Frequencies of a digit's two tones (ITU-T Q.23)."""
    row, column = divmod(_KEYS.index(digit), 4)
    return _ROWS_HZ[row], _COLUMNS_HZ[column]


class CannotSend(Exception):
    """Refusal of a digit, for a `cause`."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(sentence(cause))
        self.cause = cause


class DigitQueue:
    """Queue that gives `send` one digit at a time and waits at each comma.

    `send` returns False if `answered` will tell whether the digit was accepted, and
    raises CannotSend if the call accepts none now. `report` is called once for the
    whole queue: with 0 after the last tone, or with the number of digits that were not
    sent, and why. `clock` counts seconds.
    """

    def __init__(
        self,
        send: Callable[[str], bool],
        report: Report,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._report = report
        self._clock = clock
        self._waiting: deque[str] = deque()
        self._due = clock()
        self._reported = True
        self._unanswered = False
        self._first_is_sent = False

    @property
    def is_busy(self) -> bool:
        """True while digits wait, or the last tone lasts."""
        return not self._reported

    def add(self, digits: str) -> None:
        """Queue digits and send those that are due; `advance` sends the others.

        Raises:
            CannotSend: none of `digits` can be sent.
        """
        alone = self._reported
        self._waiting.extend(digits)
        self._reported = False
        try:
            self._advance()
        except CannotSend as error:
            if alone:
                self._waiting.clear()
                self._reported = True
                raise
            self.drop(error.cause)

    def advance(self) -> None:
        """Send digits that are due; drop all others if one cannot be sent."""
        try:
            self._advance()
        except CannotSend as error:
            self.drop(error.cause)

    def answered(self, refusal: Cause | None) -> None:
        """Go on after the far end's answer to the digit that waits for it."""
        self._unanswered = False
        if not self._first_is_sent:
            return  # the digit was dropped before
        self._first_is_sent = False
        if refusal is None:
            self._waiting.popleft()
        else:
            self.drop(refusal)

    def end(self, why: Cause) -> None:
        """Drop all digits and report at once."""
        self.drop(why)
        self._report_once(0, None)

    def drop(self, why: Cause) -> None:
        """Drop and report all digits that wait."""
        lost = sum(digit != _PAUSE for digit in self._waiting)
        self._waiting.clear()
        self._first_is_sent = False
        if lost:
            self._report_once(lost, why)

    def _advance(self) -> None:
        now = self._clock()
        # A second request could overtake the first.
        while self._waiting and now >= self._due and not self._unanswered:
            digit = self._waiting[0]
            self._unanswered = digit != _PAUSE and not self._send(digit)
            self._first_is_sent = self._unanswered
            if not self._unanswered:
                self._waiting.popleft()
            self._due = max(self._due, now) + (_PAUSE_S if digit == _PAUSE else _TONE_S)
        if not self._waiting and now >= self._due:
            self._report_once(0, None)

    def _report_once(self, lost: int, why: Cause | None) -> None:
        if not self._reported:
            self._reported = True
            self._report(lost, why)
