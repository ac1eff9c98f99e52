"""Transfer of one call: its REFER, and what the far end reports of it.

PJSIP reports the progress by the call's place in its table, where another call may be
by then, and not at all for a NOTIFY without a status: the dialog's messages are read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

import pjsua2 as pj

from voip.protocol.worker.calls import ReferAnswered, ReferProgress
from voip.sip.messages import refer
from voip.worker.calls.hold import CallHold
from voip.worker.context import Context

_CHALLENGES = (pj.PJSIP_SC_UNAUTHORIZED, pj.PJSIP_SC_PROXY_AUTHENTICATION_REQUIRED)


class TransferredCall(Protocol):
    """A call as its transfer sees it."""

    context: Context
    number: int
    hold: CallHold

    def getInfo(self) -> pj.CallInfo: ...

    def options(self) -> pj.CallOpParam: ...

    def xfer(self, dest: str, prm: pj.CallOpParam) -> None: ...

    def xferReplaces(self, dest: pj.Call, prm: pj.CallOpParam) -> None: ...


class CallTransfer:
    """Latest REFER in one call's dialog."""

    def __init__(self, call: TransferredCall) -> None:
        self._call = call
        self._is_answered = True
        self._is_followed = False
        self._number: int | None = None

    def ask(self, uri: str, hold: bool) -> None:
        """Ask the far end to call `uri`, and put it on `hold` before.

        Raises:
            pj.Error: PJSIP could not send it; the call is as before.
        """
        with self._begun(hold):
            self._call.xfer(f"<{uri}>", self._call.options())

    def ask_to_join(self, other: pj.Call, hold: bool) -> None:
        """Ask the far end to take this phone's place in another call.

        PJSIP names the other call by the address that this phone has called.

        Raises:
            pj.Error: as `ask`.
        """
        with self._begun(hold):
            self._call.xferReplaces(other, self._call.options())

    @contextlib.contextmanager
    def _begun(self, hold: bool) -> Iterator[None]:
        if hold:
            self._call.hold.ask(True)
        # Where it is not sent, PJSIP reports that as an answer before it raises the error.
        self._is_answered, self._is_followed = True, False
        try:
            yield
        except pj.Error:
            if hold:
                self._call.hold.ask(False)
            raise
        self._is_answered, self._is_followed, self._number = False, True, None

    def on_answer(self, code: int, reason: str, response: str) -> None:
        """Use a status of our REFER; `response` is empty if PJSIP made the status."""
        if self._is_answered or code < pj.PJSIP_SC_OK:
            return
        if code in _CHALLENGES and response:
            return  # PJSIP sends it again with the password
        self._is_answered = True
        self._is_followed = code < pj.PJSIP_SC_MULTIPLE_CHOICES
        self._number = refer.cseq(response)
        self._call.context.send(
            ReferAnswered(
                call=self._call.number,
                code=code,
                reason=reason[:256],
                reports=refer.reports(response),
            )
        )

    def on_notify(self, request: str) -> None:
        """Use a NOTIFY of the call's dialog."""
        if not self._is_followed:
            return
        call_id = self._call.getInfo().callIdString
        notice = refer.notice(request, call_id, self._number)
        if notice is None:
            return
        # A later one would be about nothing that is awaited.
        self._is_followed = not notice.last and notice.code < pj.PJSIP_SC_OK
        self._call.context.send(
            ReferProgress(
                call=self._call.number, code=notice.code, reason=notice.reason, last=notice.last
            )
        )
