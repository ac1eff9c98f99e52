"""Offers to hold or resume a call (RFC 3264 section 8.4).

The far end may refuse an offer or leave it unanswered. `CallMedia` cuts the
call off before the offer.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

_PENDING = 491
_REPEATED_BY_PJSIP = (401, 407, 422)
"""Answers after which PJSIP repeats the offer: credentials, session timer."""

_CHANGING_S = 0.2
"""Pause between tries while another offer is under way."""

_GIVE_UP_S = 32.0
"""Longest time for an offer: 64*T1 (RFC 3261 section 17.1.1.2)."""


class HoldOffers:
    """Offers for one call; `outgoing`: its Call-ID is ours.

    `clock` counts seconds; `between` returns a random number of two bounds.
    """

    def __init__(
        self,
        outgoing: bool,
        clock: Callable[[], float] = time.monotonic,
        between: Callable[[float, float], float] = random.uniform,
    ) -> None:
        # Two sides that repeat at once would collide again (RFC 3261 section 14.1).
        self._pause = (2.1, 4.0) if outgoing else (0.0, 2.0)
        self._clock = clock
        self._between = between
        self._due: float | None = None
        self._since = 0.0
        self._under_way = False
        self.wanted = False

    def want(self, on: bool) -> None:
        """Note what the user wants, and make an offer due."""
        self.wanted = on
        self._since = self._due = self._clock()

    def busy(self) -> bool:
        """True if an offer is to be made or waits for its answer."""
        return self._under_way or self._due is not None

    def due(self) -> bool:
        """True if an offer is due now."""
        return not self._under_way and self._due is not None and self._clock() >= self._due

    def offered(self) -> None:
        """Note that the offer was sent; the next final answer is its own."""
        self._due = None
        self._under_way = True

    def postpone(self) -> bool:
        """Delay an offer while another is under way; False when it is too late."""
        return self._later(_CHANGING_S)

    def settle(self) -> None:
        """Cancel the offer that is due."""
        self._due = None

    def answered(self, code: int) -> bool:
        """Use a final answer to an offer; True when no other offer follows.

        `code` is the status of a response to an INVITE of ours. If the user
        changed the hold since, another offer is due.
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
