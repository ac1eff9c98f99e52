"""Wait of an answered call for its ACK and its media."""

from __future__ import annotations

import time
from collections.abc import Callable

import pjsua2 as pj

from voip.model import CallState

_LIMIT_S = 8.0


class ConfirmationWait:
    """Time for which a call has been answered and not yet active.

    `clock` counts seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None
        self._acknowledged = False

    def is_acknowledged(self, info: pj.CallInfo) -> bool:
        """True from the first time that no ACK is awaited; a later one changes nothing."""
        self._acknowledged = self._acknowledged or not (info.ackWaits or info.ackFailed)
        return self._acknowledged

    def follow(self, state: CallState) -> None:
        """Count from the first report of a call that connects."""
        if state is not CallState.CONNECTING:
            self._since = None
        elif self._since is None:
            self._since = self._clock()

    def is_over(self) -> bool:
        """True, once, after the longest time."""
        if self._since is None or self._clock() - self._since <= _LIMIT_S:
            return False
        self._since = None
        return True
