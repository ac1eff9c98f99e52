"""Digits of one call, sent as telephone events (RFC 4733)."""

from __future__ import annotations

from typing import Protocol

import pjsua2 as pj

from voip.model import HeldBy
from voip.protocol.worker.calls import DigitsDone
from voip.worker.calls.hold import CallHold
from voip.worker.context import Context
from voip.worker.media.bridge import CallMedia
from voip.worker.media.digits import CannotSend, DigitQueue

_EREMNORFC2833 = 220107  # pjmedia/errno.h


class DialledCall(Protocol):
    """A call as its digits see it."""

    context: Context
    number: int
    hold: CallHold
    media: CallMedia

    def dialDtmf(self, digits: str) -> None: ...


class CallDigits(DigitQueue):
    """Queue of a call's digits, which reports its end to the engine."""

    def __init__(self, call: DialledCall) -> None:
        super().__init__(self._send_one, self._report_end)
        self._call = call

    @property
    def obstacle(self) -> str | None:
        """Reason why no tones can be sent now, None if they can."""
        held_by = self._call.hold.held_by
        if held_by is HeldBy.THEM:
            return "the far end has put the call on hold"
        if held_by is not None:
            return "the call is on hold"
        return None if self._call.media.active else "no voice is flowing in the call"

    def _send_one(self, digit: str) -> None:
        if why := self.obstacle:
            raise CannotSend(why)
        try:
            self._call.dialDtmf(digit)
        except pj.Error as error:
            if error.status == _EREMNORFC2833:
                words = "the far end accepts no tones in this call (it did not agree to RFC 4733)"
                raise CannotSend(words) from None
            raise CannotSend(str(error.reason)) from None

    def _report_end(self, lost: int, why: str | None) -> None:
        self._call.context.send(DigitsDone(call=self._call.number, lost=lost, reason=why))
