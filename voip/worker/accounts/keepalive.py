"""Keepalives of a registered account (RFC 5626 section 4.4).

A connection is pinged by PJSIP, as often as its server asks for. Over UDP, OPTIONS
keeps the way through a NAT open and notices a server that is gone, and empty lines
notice that its port is closed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

_INTERVAL_S = 30.0
_FIRST_S = 1.0
"""Wait for the first question: until it has answered one, a server is not missed."""

_ANSWER_S = 8.0
"""Longest wait for an answer: a question is sent five times in it (RFC 3261 section 17.1.2)."""

_KNOCK_S = 8.0
"""Seconds between empty lines: with a question, less than 20 s until a closed port is left."""

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

    Some servers never answer OPTIONS: only one that has is missed. `knock` sends to the
    server's port, again if true, and `refused` says once that it is closed, as some
    filters say of an open one: then the server is asked, once for each registration.
    """

    def __init__(
        self,
        ask: Callable[[], None],
        knock: Callable[[bool], None],
        refused: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._knock = knock
        self._refused = refused
        self._clock = clock
        self._due: float | None = None
        self._next_knock = 0.0
        self._is_asked = self._was_refused = self._answers = False

    def begin(self) -> None:
        """Ask from now on: the server is there."""
        now = self._clock()
        self._was_refused = False
        self._next_knock = now + _KNOCK_S
        self._knock(False)
        self._wait(now + (_INTERVAL_S if self._answers else _FIRST_S))

    def answered(self) -> None:
        """Note an answer, unless the questions have ended."""
        if self._due is not None:
            self._answers = True
            self._wait(self._clock() + _INTERVAL_S)

    def end(self) -> None:
        """Ask nothing more."""
        self._due = None
        self._answers = False

    def tick(self) -> bool:
        """Ask if that is due; True once, when an answer is missed."""
        if self._due is None:
            return False
        now = self._clock()
        if not self._was_refused:
            self._try_the_port(now)
        if now < self._due:
            return False
        if self._is_asked:
            self.end()
            return True
        self._is_asked = self._answers
        self._due = now + (_ANSWER_S if self._answers else _INTERVAL_S)
        self._ask()
        return False

    def _try_the_port(self, now: float) -> None:
        if self._refused():
            self._was_refused = True
            if self._answers and not self._is_asked:
                self._due = now
        elif now >= self._next_knock:
            self._next_knock = now + _KNOCK_S
            self._knock(True)

    def _wait(self, until: float) -> None:
        self._due = until
        self._is_asked = False
