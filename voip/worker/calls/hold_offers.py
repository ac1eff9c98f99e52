"""Offers to hold, resume or move a call (RFC 3264 section 8).

The far end may refuse an offer or leave it unanswered. `CallMedia` cuts a held
call off before the offer.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

_PENDING = 491
_REDIRECTS = 300
_REPEATED_BY_PJSIP = (401, 407, 422)
"""Answers after which PJSIP repeats the offer: credentials, session timer."""

UNREACHED = (408, 503)
"""Answers that PJSIP gives itself when a request does not arrive."""

_UNREACHED_S = 2.0
"""Pause before an address is told again that did not arrive."""

_CHANGING_S = 0.2
"""Pause between tries while another offer is under way."""

_GIVE_UP_S = 32.0
"""Longest time for an offer: 64*T1 (RFC 3261 section 17.1.1.2)."""


_PATIENCE_S = 5.0
"""Longest wait for an answer before its lack is reported."""


class HoldOffers:
    """Offers for one call; `outgoing`: its Call-ID is ours.

    `on_hold`: the user has put the call on hold. `for_hold`: the far end has yet to
    agree to that. `moves`: it has yet to learn this phone's new address.
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
        self._tells_address = False
        self._late_at: float | None = None
        self.on_hold = False
        self.for_hold = False
        self.moves = False

    def want(self, on: bool) -> None:
        """Note what the user wants, and make an offer due."""
        self.on_hold = on
        self.for_hold = True
        self._since = self._due = self._clock()

    def move(self) -> None:
        """Make an offer of a new address due, after the one under way if any."""
        self.moves = True
        self._since = self._due = self._clock()

    def busy(self) -> bool:
        """True if a hold or resume is to be offered or waits for its answer."""
        return self.for_hold and self.pending()

    def pending(self) -> bool:
        """True if any offer is to be made or waits for its answer."""
        return self._under_way or self._due is not None

    def due(self) -> bool:
        """True if an offer is due now."""
        return not self._under_way and self._due is not None and self._clock() >= self._due

    def offered(self, tells_address: bool = False) -> None:
        """Note that the offer was sent; the next final answer is its own."""
        self._due = None
        self._under_way = True
        self._tells_address = tells_address
        self._late_at = self._clock() + _PATIENCE_S

    def is_late(self) -> bool:
        """True once, when the answer to an offer has not come in time."""
        if not self.for_hold or not self._under_way or self._late_at is None:
            return False
        late = self._clock() >= self._late_at
        if late:
            self._late_at = None
        return late

    def postpone(self) -> bool:
        """Delay an offer while another is under way; False when it is too late."""
        return self._later(_CHANGING_S)

    def settle(self) -> None:
        """Cancel the offer that is due."""
        self._due = None
        self.for_hold = False

    def answered(self, code: int) -> bool:
        """Use a final answer to an offer; True when no other offer follows.

        `code` is the status of a response to an INVITE of ours. If the user
        changed the hold since, another offer is due.
        """
        if not self._under_way or code in _REPEATED_BY_PJSIP:
            return False
        self._under_way = False
        if self._tells_address and code < _REDIRECTS:
            self.moves = False
        if self._due is not None:
            return False
        if code == _PENDING and self._later(self._between(*self._pause)):
            return False
        self.for_hold = False
        if self.moves and (code in UNREACHED or code < _REDIRECTS):
            self._later(_UNREACHED_S if code in UNREACHED else 0.0)
        return True

    def _later(self, pause: float) -> bool:
        now = self._clock()
        if now - self._since > _GIVE_UP_S:
            self._due = None
            return False
        self._due = now + pause
        return True
