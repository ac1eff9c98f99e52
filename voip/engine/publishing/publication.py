"""Publication of an account: what its server has, and what is due next (RFC 3903)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from voip.causes import Cause, CauseKind
from voip.engine.registration.failing import refused_event_s
from voip.lamps import LampState
from voip.protocol.worker.people import PublishEnded

_ASKED_S = 600
"""A phone that vanishes is seen as gone after this time."""

_LONGEST_S = 86400
_REFRESHED_AFTER = 0.8
"""Part of its time after which a publication is refreshed."""

_SOONEST_REFRESH_S = 30.0

_CALM_S = 5.0
"""Shortest time between two states: the server notifies everybody of each (RFC 3856
section 6.10)."""

_MOST_AT_ONCE = 2
"""Answers in a row that are followed by another request at once."""

_TIMEOUT = 408
_LOST_CONDITION = 412
_TOO_BRIEF = 423


class Request(NamedTuple):
    """One PUBLISH; `state` is `unknown` to remove the publication."""

    state: LampState
    expires_s: int
    entity_tag: str | None
    has_body: bool


@dataclass
class Publication:
    """State that a server has, under its tag; `unknown` while it has none.

    Times are seconds of the caller's clock.
    """

    state: LampState = LampState.UNKNOWN
    entity_tag: str | None = None
    cause: Cause | None = None
    _asked_s: int = _ASKED_S
    _refresh_at: float = 0.0
    _changed_at: float = -math.inf
    _not_before: float = 0.0
    _failures: int = 0
    _at_once: int = 0

    def due_at(self, wanted: LampState) -> float:
        """Return the time from which a request is due, for ever where none is."""
        if wanted is LampState.UNKNOWN and self.entity_tag is None:
            return math.inf
        due = self._refresh_at if self._has(wanted) else self._changed_at + _CALM_S
        return max(due, self._not_before)

    def request(self, wanted: LampState, now: float) -> Request:
        """Build the request that is due."""
        if not self._has(wanted):
            self._changed_at = now
        if wanted is LampState.UNKNOWN:
            return Request(wanted, 0, self.entity_tag, has_body=False)
        is_refresh = self._has(wanted) and self.entity_tag is not None
        return Request(wanted, self._asked_s, self.entity_tag, has_body=not is_refresh)

    def answered(self, request: Request, answer: PublishEnded, now: float) -> None:
        """Follow the answer to a request."""
        code = answer.code
        if request.state is LampState.UNKNOWN:
            # A server that refuses this forgets it soon by itself.
            self.state, self.entity_tag = LampState.UNKNOWN, None
        elif code // 100 == 2 and answer.expires_s != 0:
            self._accepted(request, answer, now)
        elif code == _LOST_CONDITION and request.entity_tag is not None and self._may_go_on():
            self._forget()
        elif code == _TOO_BRIEF and self._asks_longer(answer) and self._may_go_on():
            self._changed_at = -math.inf
        else:
            self._failed(answer, now)

    def lost(self) -> None:
        """Note that a request has no answer, or its worker ended: it may have arrived."""
        # The tag stays: where it still holds, no second publication is made.
        self.state = LampState.UNKNOWN
        self._changed_at = -math.inf

    def _has(self, wanted: LampState) -> bool:
        return wanted is self.state is not LampState.UNKNOWN

    def _accepted(self, request: Request, answer: PublishEnded, now: float) -> None:
        asked_s = request.expires_s
        granted_s = min(answer.expires_s or asked_s, asked_s)
        self._refresh_at = now + max(_REFRESHED_AFTER * granted_s, _SOONEST_REFRESH_S)
        self.state, self.entity_tag, self.cause = request.state, answer.entity_tag, None
        self._failures = self._at_once = 0

    def _asks_longer(self, answer: PublishEnded) -> bool:
        least_s = answer.min_expires_s or 0
        if not self._asked_s < least_s <= _LONGEST_S:
            return False
        self._asked_s = least_s
        return True

    def _may_go_on(self) -> bool:
        self._at_once += 1
        return self._at_once <= _MOST_AT_ONCE

    def _forget(self) -> None:
        self.state, self.entity_tag = LampState.UNKNOWN, None
        self._changed_at = -math.inf

    def _failed(self, answer: PublishEnded, now: float) -> None:
        code, waits_s = answer.code, answer.retry_after_s
        if code in range(400, 500) and code != _TIMEOUT:
            self._forget()
        else:
            self.lost()
        status = Cause(CauseKind.STATE_REFUSED, (code, answer.reason))
        self.cause = answer.cause or (status if code else Cause(CauseKind.NO_ANSWER))
        self._not_before = now + refused_event_s(self._failures, code, waits_s)
        self._failures += 1
        self._at_once = 0
