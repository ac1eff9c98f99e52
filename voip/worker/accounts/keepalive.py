"""Keepalives of a registered account (RFC 5626 section 4.4).

A connection is pinged by PJSIP, as often as its server asks for. Over UDP, OPTIONS
keeps the way through a NAT open and notices a server that is gone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

_INTERVAL_S = 30.0
_ANSWER_S = 9.0
"""Longest wait for an answer; two of them are less than 20 s."""

_TRIES = 2
_LEAST_PING_S = 10


def ping_interval_s(
    flow_timer_s: int | None, between: Callable[[float, float], float] = random.uniform
) -> int:
    """Seconds between the pings that a server's Flow-Timer demands, 0 for our own.

    80 to 100 percent of it (RFC 5626 section 4.4.1), and at most one in 10 s.
    """
    if flow_timer_s is None:
        return 0
    return max(_LEAST_PING_S, int(flow_timer_s * between(0.8, 1.0)))


class Keepalive:
    """Asks a server each 30 s if it is there; `clock` counts seconds.

    Some servers never answer OPTIONS: only one that has is missed.
    """

    def __init__(
        self, ask: Callable[[], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._due: float | None = None
        self._tries = 0
        self._answers = False

    def begin(self) -> None:
        """Ask from now on: the server is there."""
        self._due = self._clock() + _INTERVAL_S
        self._tries = 0

    def answered(self) -> None:
        """Note an answer, unless the questions have ended."""
        if self._due is not None:
            self._answers = True
            self.begin()

    def end(self) -> None:
        """Ask nothing more."""
        self._due = None
        self._answers = False

    def tick(self) -> bool:
        """Ask if that is due; True once, when an answer is missed."""
        if self._due is None or self._clock() < self._due:
            return False
        if self._tries == _TRIES:
            self.end()
            return True
        if self._answers:
            self._tries += 1
        self._due = self._clock() + (_ANSWER_S if self._answers else _INTERVAL_S)
        self._ask()
        return False
