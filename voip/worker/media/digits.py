"""Queue of digits: PJMEDIA has no pause and holds 31 digits at most."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_TONE_S = 0.3
"""Seconds between the starts of two tones; PJMEDIA's tones last 0.2 s."""

_PAUSE_S = 1.0
_PAUSE = ","

Report = Callable[[int, str | None], None]


class CannotSend(Exception):
    """Refusal of a digit in the call's state; the text says why."""


class DigitQueue:
    """Queue that gives `send` one digit at a time and waits at each comma.

    `send` raises CannotSend if the call accepts none now. `report` is called once
    for the whole queue: with 0 after the last tone, or with the number of digits
    that were not sent, and why. `clock` counts seconds.
    """

    def __init__(
        self,
        send: Callable[[str], None],
        report: Report,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._report = report
        self._clock = clock
        self._waiting: deque[str] = deque()
        self._due = clock()
        self._reported = True

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
            self.drop(str(error))

    def advance(self) -> None:
        """Send digits that are due; drop all others if one cannot be sent."""
        try:
            self._advance()
        except CannotSend as error:
            self.drop(str(error))

    def end(self, why: str) -> None:
        """Drop all digits and report at once."""
        self.drop(why)
        self._report_once(0, None)

    def drop(self, why: str) -> None:
        """Drop and report all digits that wait."""
        lost = sum(digit != _PAUSE for digit in self._waiting)
        self._waiting.clear()
        if lost:
            self._report_once(lost, why)

    def _advance(self) -> None:
        now = self._clock()
        while self._waiting and now >= self._due:
            digit = self._waiting[0]
            if digit != _PAUSE:
                self._send(digit)
            self._waiting.popleft()
            self._due = max(self._due, now) + (_PAUSE_S if digit == _PAUSE else _TONE_S)
        if not self._waiting and now >= self._due:
            self._report_once(0, None)

    def _report_once(self, lost: int, why: str | None) -> None:
        if not self._reported:
            self._reported = True
            self._report(lost, why)
