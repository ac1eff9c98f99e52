"""Whether the far end of a call can still be reached (RFC 3261 section 13.3.1.4)."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

_SILENCE_S = 20.0
"""So long may a call without its connection be silent before it is over."""


class Loss(StrEnum):
    """Why a call is over although nobody has ended it, in words."""

    UNACKNOWLEDGED = "the far end took the call, but nothing could be sent to it any more"
    SILENCE = "the connection to the server is gone, and nothing comes from the far end any more"


class Reach:
    """Follows a call's connection and what arrives; `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._silent_since: float | None = None
        self._packets = -1

    def see(self, *, connected: bool, ack_failed: bool, packets: int | None) -> Loss | None:
        """Why the call is over, None while it is not.

        `packets` counts what has arrived, None where nothing should arrive.
        """
        if ack_failed:
            return Loss.UNACKNOWLEDGED
        if connected or packets is None or packets != self._packets:
            self._silent_since = None
        elif self._silent_since is None:
            self._silent_since = self._clock()
        if packets is not None:
            self._packets = packets
        since = self._silent_since
        if since is None or self._clock() - since <= _SILENCE_S:
            return None
        self._silent_since = None
        return Loss.SILENCE
