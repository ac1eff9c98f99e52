"""Digits of one call: telephone events, INFO requests or tones in the voice."""

from __future__ import annotations

from typing import Protocol

import pjsua2 as pj

from voip.causes import Cause, CauseKind
from voip.choices import Dtmf
from voip.model import HeldBy
from voip.protocol.worker.calls import DigitsDone
from voip.worker.accounts.account import Account
from voip.worker.calls.hold import CallHold
from voip.worker.context import Context
from voip.worker.media.bridge import CallMedia
from voip.worker.media.digits import CannotSend, DigitQueue

_EREMNORFC2833 = 220107  # pjmedia/errno.h

_GARBLING = frozenset(("gsm", "g729"))
"""Codecs of speech, which do not keep two tones apart (ITU-T G.729 section 1)."""


class DialledCall(Protocol):
    """A call as its digits see it."""

    context: Context
    account: Account
    number: int
    hold: CallHold
    media: CallMedia

    def dialDtmf(self, digits: str) -> None: ...

    def sendDtmf(self, param: pj.CallSendDtmfParam) -> None: ...

    def remoteHasCap(self, htype: int, hname: str, token: str) -> int: ...

    def codec(self) -> str: ...


class CallDigits(DigitQueue):
    """Queue of a call's digits, which reports its end to the engine."""

    def __init__(self, call: DialledCall) -> None:
        super().__init__(self._send_one, self._report_end)
        self._call = call
        self._way: Dtmf | None = None

    @property
    def obstacle(self) -> Cause | None:
        """Cause that no tones can be sent now, None if they can."""
        held_by = self._call.hold.held_by
        if held_by is HeldBy.THEM:
            return Cause(CauseKind.DIGITS_HELD_THERE)
        if held_by is not None:
            return Cause(CauseKind.DIGITS_HELD_HERE)
        return None if self._call.media.active else Cause(CauseKind.DIGITS_NO_VOICE)

    def on_info(self, event: pj.TsxStateEvent) -> None:
        """Note the end of an INFO request; PJSIP answers challenges by itself."""
        transaction = event.tsx
        completed, terminated = pj.PJSIP_TSX_STATE_COMPLETED, pj.PJSIP_TSX_STATE_TERMINATED
        if transaction.state != completed and (
            transaction.state != terminated or event.prevState == completed
        ):
            return
        code = transaction.statusCode
        if code // 100 == 2:
            self.answered(None)
        elif event.type == pj.PJSIP_EVENT_RX_MSG:
            self.answered(Cause(CauseKind.DIGITS_REFUSED, (code,)))
        else:
            self.answered(Cause(CauseKind.DIGITS_UNANSWERED))

    def _send_one(self, digit: str) -> bool:
        if cause := self.obstacle:
            raise CannotSend(cause)
        setting = self._call.account.setup.dtmf
        if setting in (Dtmf.AUTO, Dtmf.RFC4733) and self._send_event(digit):
            return True
        if setting is Dtmf.RFC4733:
            raise CannotSend(Cause(CauseKind.DIGITS_NOT_AGREED))
        if setting is Dtmf.INFO or (setting is Dtmf.AUTO and self._knows_info()):
            self._ask(digit)
            return False
        self._play(digit)
        return True

    def _send_event(self, digit: str) -> bool:
        """Send a telephone event; report False if none were agreed on."""
        try:
            self._call.dialDtmf(digit)
        except pj.Error as error:
            if error.status == _EREMNORFC2833:
                return False
            raise _failure(error) from None
        self._way = Dtmf.RFC4733
        return True

    def _knows_info(self) -> bool:
        known = self._call.remoteHasCap(pj.PJSIP_H_ALLOW, "", "INFO")
        return known == pj.PJSIP_DIALOG_CAP_SUPPORTED

    def _ask(self, digit: str) -> None:
        request = pj.CallSendDtmfParam()
        request.method = pj.PJSUA_DTMF_METHOD_SIP_INFO
        request.digits = digit
        try:
            self._call.sendDtmf(request)
        except pj.Error as error:
            raise _failure(error) from None
        self._way = Dtmf.INFO

    def _play(self, digit: str) -> None:
        name = self._call.codec().partition("/")[0]
        if name in _GARBLING:
            raise CannotSend(Cause(CauseKind.DIGITS_GARBLED, (name.upper(),)))
        try:
            self._call.media.play_tone(digit)
        except pj.Error as error:
            raise _failure(error) from None
        self._way = Dtmf.INBAND

    def _report_end(self, lost: int, why: Cause | None) -> None:
        way, self._way = self._way, None
        if way is Dtmf.INBAND:
            self._call.media.end_tones()
        self._call.context.send(DigitsDone(call=self._call.number, lost=lost, cause=why, way=way))


def _failure(error: pj.Error) -> CannotSend:
    return CannotSend(Cause(CauseKind.DIGITS_FAILED, (str(error.reason),)))
