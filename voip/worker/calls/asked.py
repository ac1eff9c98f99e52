"""Transfer that a call's far end asks for (REFER, RFC 3515 section 2.4)."""

from __future__ import annotations

import contextlib
from typing import Protocol

import pjsua2 as pj

from voip.protocol.worker.calls import TransferAsked
from voip.worker import headers
from voip.worker.context import Context

_LONGEST = 4096


class AskedCall(Protocol):
    """A call as a question of its far end sees it."""

    context: Context
    number: int
    was_up: bool
    ended_here: bool

    def answerTransfer(self, call_id: int, code: int, /) -> None: ...


class AskedTransfer:
    """The question of one call's far end, until it is answered.

    PJSIP wants its first answer at once: 202 promises nothing but an outcome.
    """

    def __init__(self, call: AskedCall) -> None:
        self._call = call
        self._is_open = False

    def status_for(self, refer_to: str) -> int:
        """Report a REFER to the engine; return the status of the answer."""
        call = self._call
        if self._is_open:
            return pj.PJSIP_SC_REQUEST_PENDING
        if not call.was_up or call.ended_here or len(refer_to) > _LONGEST:
            return pj.PJSIP_SC_DECLINE
        self._is_open = True
        call.context.send(TransferAsked(call=call.number, refer_to=refer_to))
        return pj.PJSIP_SC_ACCEPTED

    def answer(self, new_call: int | None, code: int) -> None:
        """Report PJSIP's `new_call` to the far end from now on, or refuse with `code`."""
        self._is_open = False
        number = pj.PJSUA_INVALID_ID if new_call is None else new_call
        # Its sender wants no reports, or has left.
        with contextlib.suppress(pj.Error):
            self._call.answerTransfer(number, code)


def take_over(options: pj.CallOpParam, replaces: str | None) -> None:
    """Have a new call take the place of another (RFC 3891), if one is given."""
    if replaces is None:
        return
    # Without the requirement a far end may take it for one more call.
    for name, value in (("Replaces", replaces), ("Require", "replaces")):
        headers.add(options, name, value)
