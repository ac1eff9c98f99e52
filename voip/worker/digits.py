"""Digits that wait for their turn: PJMEDIA knows no pause, and holds 31 at most."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_TONE_S = 0.3
"""From one tone's beginning to the next one's; PJMEDIA's last 0.2 s."""

_PAUSE_S = 1.0


class DigitQueue:
    """Gives `send` one digit at a time, and waits at each comma.

    `clock` counts seconds.
    """

    def __init__(
        self, send: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._send = send
        self._clock = clock
        self._waiting: deque[str] = deque()
        self._due = clock()

    def add(self, digits: str) -> None:
        """Send what can be sent at once; `advance` does the rest.

        Whatever `send` raises comes back, and nothing of it waits then.
        """
        self._waiting.extend(digits)
        self.advance()

    def advance(self) -> None:
        """Send what is due; whatever `send` raises, the rest is not sent."""
        now = self._clock()
        while self._waiting and now >= self._due:
            digit = self._waiting.popleft()
            self._due = max(self._due, now) + (_PAUSE_S if digit == "," else _TONE_S)
            if digit == ",":
                continue
            try:
                self._send(digit)
            except Exception:
                self._waiting.clear()
                raise
