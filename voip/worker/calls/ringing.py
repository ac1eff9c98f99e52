"""Tones of one call: its ringing here, and that of its far end."""

from __future__ import annotations

from typing import Protocol

import pjsua2 as pj

from voip.model import CallState
from voip.worker.context import Context
from voip.worker.media.bridge import CallMedia
from voip.worker.media.early_media import EarlyMedia


class RingingCall(Protocol):
    """A call as its ringing sees it."""

    context: Context
    number: int
    media: CallMedia


class CallRinging:
    """Tones that the states of one call ask for."""

    def __init__(self, call: RingingCall) -> None:
        self._call = call
        self._state: CallState | None = None
        self._is_here = False
        self._waits = False
        self._is_there = False
        self._early = EarlyMedia()

    def follow(self, state: CallState) -> None:
        """Play what a call of this state asks for."""
        self._state = state
        self._update()

    def begin(self, waiting: bool) -> None:
        """Ring, by the tone of a second call if it is `waiting`."""
        self._is_here, self._waits = True, waiting
        self._update()

    def on_progress(self, code: int) -> None:
        """Use a provisional response to our INVITE (RFC 3261 section 21.1)."""
        self._is_there = self._is_there or code == pj.PJSIP_SC_RINGING
        if self._is_there:
            # The network may have begun since the last turn, on a busy machine.
            self.follow_early_media()

    def follow_early_media(self) -> None:
        """Play our ringback only while early media is silent."""
        if self._state is CallState.RINGING:
            self._early.see(self._call.media.received_level())
            self._update()

    def _update(self) -> None:
        # PJSIP may report a call before the engine has decided that it rings.
        is_quiet = self._state is CallState.INCOMING and not self._is_here
        if self._state is not None and not is_quiet:
            # RFC 3960 section 3.2: 180 without early media needs local ringback.
            ringback = self._is_there and not self._early.heard()
            self._call.context.tones.follow(self._call.number, self._state, ringback, self._waits)
