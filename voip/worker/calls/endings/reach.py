"""Signs that a call's far end is there (RFC 3261 section 13.3.1.4)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Protocol

import pjsua2 as pj

from voip.causes import CauseKind

_SILENCE_S = 20.0
"""Longest silence of a far end that should send."""

_LONG_SILENCE_S = 90.0
"""Silence after which a call without a path to its far end is over."""


class Reach:
    """Watch over a call's connection and packets; `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard_at = clock()
        self._counts_from = self._heard_at
        self._connected = True
        self._packets = -1
        self._missed = False

    @property
    def silent_s(self) -> float | None:
        """Seconds without packets that should have come, None while few."""
        silent = self._clock() - self._heard_at
        return silent if silent > _SILENCE_S else None

    def missed(self, arrived: bool) -> None:
        """Note a request in the call without an answer; `arrived` at the server or beyond.

        During a silence it may be the network that took one which did not.
        """
        silent = self._clock() - self._heard_at > _SILENCE_S
        self._missed = arrived or not silent or self.is_over

    @property
    def is_unanswered(self) -> bool:
        """True after a request that the far end has left unanswered."""
        return self._missed

    @property
    def is_over(self) -> bool:
        """True after a silence that no lost network explains."""
        return self._clock() - self._heard_at > _LONG_SILENCE_S

    def see(self, *, connected: bool, ack_failed: bool, packets: int | None) -> CauseKind | None:
        """Kind of cause for which the call is over, None if it is not.

        `packets` counts those that arrived, None if none should arrive. Silence
        is reported every 20 s; with a connection, it calls for OPTIONS only.
        """
        now = self._clock()
        if ack_failed:
            return CauseKind.UNACKNOWLEDGED
        if packets is None or packets != self._packets:
            self._heard_at = self._counts_from = now
        if connected is not self._connected:
            self._counts_from = now
        self._connected = connected
        self._packets = -1 if packets is None else packets
        if now - self._counts_from <= _SILENCE_S:
            return None
        self._counts_from = now
        return CauseKind.SILENCE


class AskedCall(Protocol):
    """Call in which requests can be sent."""

    def sendRequest(self, prm: pj.CallSendRequestParam) -> None: ...


def ask(call: AskedCall) -> None:
    """Send OPTIONS; the call ends without an answer (RFC 5057 section 5.1)."""
    request = pj.CallSendRequestParam()
    request.method = "OPTIONS"
    with contextlib.suppress(pj.Error):
        # A request that fails now is sent again at the next silence.
        call.sendRequest(request)
