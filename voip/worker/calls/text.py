"""Real-time text of a call (RFC 4103): what waits to be sent, and what has come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import pjsua2 as pj

from voip.protocol.worker.calls import RealtimeTextReceived
from voip.texts import NEW_LINE
from voip.worker.context import Context
from voip.worker.errors import Refused

_MOST_WAITING = 2000
_PACKET_BYTES = 64
"""Most bytes that PJMEDIA takes at once, and has room for until they are sent."""

_A_SECOND = 25.0
_AT_ONCE = 50.0
"""Characters that are sent: 300 in any ten seconds, the most that a far end has to
accept unasked (RFC 4103 section 6)."""

_AGAIN_S = 0.1
_LINE_SEPARATOR = "\u2028"


class WrittenCall(Protocol):
    """A call as its real-time text sees it."""

    context: Context
    number: int
    ended: bool

    def sendText(self, param: pj.CallSendTextParam) -> None: ...


class CallText:
    """Real-time text of one call; `clock` counts seconds."""

    def __init__(self, call: WrittenCall, clock: Callable[[], float] = time.monotonic) -> None:
        self._call = call
        self._clock = clock
        self._waiting = ""
        self._allowed = _AT_ONCE
        self._allowed_at = clock()
        self._next_try = 0.0

    @property
    def is_waiting(self) -> bool:
        """True if something is still to be sent."""
        return bool(self._waiting)

    def add(self, text: str) -> None:
        """Send text as soon as the far end accepts more.

        Raises:
            Refused: as much as can be waits already.
        """
        if len(self._waiting) + len(text) > _MOST_WAITING:
            raise Refused(f"{len(self._waiting)} characters are still to be sent: wait a moment")
        # T.140 section 8.2: the one line end that is not two characters.
        self._waiting += text.replace(NEW_LINE, _LINE_SEPARATOR)
        self.follow()

    def follow(self) -> None:
        """Send what is due."""
        now = self._clock()
        if not self._waiting or self._call.ended or now < self._next_try:
            return
        earned = (now - self._allowed_at) * _A_SECOND
        self._allowed = min(_AT_ONCE, self._allowed + earned)
        self._allowed_at = now
        piece = _piece(self._waiting, int(self._allowed))
        if not piece:
            return
        parameter = pj.CallSendTextParam()
        parameter.medIdx = -1
        parameter.text = piece
        try:
            self._call.sendText(parameter)
        except pj.Error:
            # The packet before is not sent yet, or a side holds the call.
            self._next_try = now + _AGAIN_S
            return
        self._allowed -= len(piece)
        self._waiting = self._waiting[len(piece) :]

    def on_received(self, text: str) -> None:
        """Report a piece of text that has come."""
        # A piece may end within a character, which SWIG keeps as lone surrogates.
        data = text.encode("utf-8", "surrogateescape")
        self._call.context.send(RealtimeTextReceived(call=self._call.number, text=data))


def _piece(text: str, most: int) -> str:
    """Beginning of a text that fits a packet, of `most` characters."""
    size = count = 0
    for char in text[:most]:
        size += len(char.encode())
        if size > _PACKET_BYTES:
            break
        count += 1
    return text[:count]
