"""A call's hold as its user wants it, and what the far end is asked for.

RFC 3264 section 8.4: hold is an offer, which the far end may refuse or leave
unanswered. Nothing here decides who hears whom: `CallMedia` cut the call off
before anything was asked.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

_PENDING = 491
_REPEATED_BY_PJSIP = (401, 407, 422)
"""Answers that PJSIP itself repeats the offer for: credentials, session timer."""

_CHANGING_S = 0.2
"""From one try to the next while another offer is under way."""

_GIVE_UP_S = 32.0
"""RFC 3261 section 17.1.1.2: 64*T1, as long as one that is not answered."""


class HoldOffers:
    """Offers to make for one call; `outgoing` tells who owns its Call-ID.

    `clock` counts seconds; `between` gives a random number of two bounds.
    """

    def __init__(
        self,
        outgoing: bool,
        clock: Callable[[], float] = time.monotonic,
        between: Callable[[float, float], float] = random.uniform,
    ) -> None:
        # RFC 3261 section 14.1: two sides that repeat at once would collide again.
        self._pause = (2.1, 4.0) if outgoing else (0.0, 2.0)
        self._clock = clock
        self._between = between
        self._due: float | None = None
        self._since = 0.0
        self._under_way = False
        self.wanted = False

    def want(self, on: bool) -> None:
        """Note what the user wants; an offer for it is due."""
        self.wanted = on
        self._since = self._due = self._clock()

    def busy(self) -> bool:
        """An offer is to be made, or waits for its answer."""
        return self._under_way or self._due is not None

    def due(self) -> bool:
        """An offer is to be made now."""
        return not self._under_way and self._due is not None and self._clock() >= self._due

    def offered(self) -> None:
        """The offer went out; the next final answer is its own."""
        self._due = None
        self._under_way = True

    def postpone(self) -> bool:
        """Another offer is under way: try again soon; False when it is too late."""
        return self._later(_CHANGING_S)

    def settle(self) -> None:
        """Nothing is left to ask for."""
        self._due = None

    def answered(self, code: int) -> bool:
        """Fold a final answer to an offer; True when it ends the matter.

        `code` is the status of a response to an INVITE of ours. A wish that
        changed meanwhile is due.
        """
        if not self._under_way or code in _REPEATED_BY_PJSIP:
            return False
        self._under_way = False
        if self._due is not None:
            return False
        return code != _PENDING or not self._later(self._between(*self._pause))

    def _later(self, pause: float) -> bool:
        now = self._clock()
        if now - self._since > _GIVE_UP_S:
            self._due = None
            return False
        self._due = now + pause
        return True
