"""Wait of a call for the first response of its server."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from voip.causes import Cause, CauseKind
from voip.protocol.worker.accounts import AccountSetup
from voip.worker.accounts import refusals
from voip.worker.accounts.refusals import Refusal

_REQUEST_TIMEOUT = 408
"""Status by which PJSIP reports its own timer (RFC 3261 section 17.1.1.2)."""


class PatientCall(Protocol):
    """Call that can be given up."""

    def give_up(self, cause: Cause, code: int = 0) -> None: ...


class Patience:
    """Ends a call whose server is silent; `clock` counts seconds.

    PJSIP refuses what the server still answers: a provisional response by CANCEL,
    a 200 by BYE.
    """

    def __init__(self, call: PatientCall, clock: Callable[[], float] = time.monotonic) -> None:
        self._call = call
        self._clock = clock
        self._ends: float | None = None
        self._refusal = Refusal()

    @property
    def is_waiting(self) -> bool:
        return self._ends is not None

    def begin(self, seconds: float | None, setup: AccountSetup) -> None:
        """Wait for so long, less if the port is closed; None waits for PJSIP's own timer."""
        self.end()
        if seconds is not None:
            self._ends = self._clock() + seconds
            self._refusal.watch(setup)

    def end(self) -> None:
        """Stop the wait: a message has come, or the call is over."""
        self._ends = None
        self._refusal.end()

    def follow(self) -> None:
        """End the call, once, when its time is over."""
        if self._ends is None:
            return
        cause = self._refusal.seen()
        if cause is not None:
            self.end()
            self._call.give_up(cause, refusals.CODE)
        elif self._clock() >= self._ends:
            self.end()
            self._call.give_up(Cause(CauseKind.SERVER_SILENT), _REQUEST_TIMEOUT)
