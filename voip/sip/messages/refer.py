"""Transfer by REFER (RFC 3515): its messages, and its progress at the transferor."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from voip.causes import Cause, CauseKind
from voip.model import TransferState
from voip.sip.messages import message

_EVENT = re.compile(r"^(?:Event|o)[ \t]*:[ \t]*refer[ \t]*(?:;([^\r\n]*))?\r?$", re.M | re.I)
_ID = re.compile(r"(?:^|;)[ \t]*id[ \t]*=[ \t]*(\d{1,10})(?![^;\s])", re.I)
_TERMINATED = re.compile(r"^Subscription-State[ \t]*:[ \t]*terminated\b", re.M | re.I)
_SIPFRAG = re.compile(r"^(?:Content-Type|c)[ \t]*:[ \t]*message/sipfrag\b", re.M | re.I)
# RFC 3420: the fragment begins with the status line, if it has one.
_STATUS = re.compile(r"SIP/2\.0 ([1-6][0-9][0-9])(?: ([^\r\n]*))?(?:\r?\n|$)")
_CSEQ = re.compile(r"^CSeq[ \t]*:[ \t]*(\d{1,10})[ \t]+REFER\b", re.M | re.I)
_CALL_ID = re.compile(r"^(?:Call-ID|i)[ \t]*:[ \t]*(\S+)[ \t]*\r?$", re.M | re.I)
_SUPPRESSED = re.compile(r"^Refer-Sub[ \t]*:[ \t]*false\b", re.M | re.I)
_BAD_EXTENSION = 420

_ANSWER_S = 40.0
"""Longest wait for the answer to REFER; PJSIP gives up after 32 s."""

_NOTICE_S = 10.0
"""Longest wait for the first NOTIFY, which RFC 3515 wants at once."""

_LAST_S = 5.0
"""Wait for a BYE after a subscription that ended without an outcome."""

_OUTCOME_S = 240.0
"""Longest wait for an outcome: more than timer C of a proxy (RFC 3261 16.6)."""


class Notice(NamedTuple):
    """A NOTIFY about a REFER: status of the new call, 0 for none; `last` of all."""

    code: int
    reason: str
    last: bool


def cseq(response: str) -> int | None:
    """Number of the REFER that a response answers."""
    match = _CSEQ.search(message.unfolded_head(response))
    return int(match[1]) if match else None


def reports(response: str) -> bool:
    """True unless a response to REFER says that no NOTIFY follows (RFC 4488)."""
    return _SUPPRESSED.search(message.unfolded_head(response)) is None


def notice(request: str, call_id: str, number: int | None) -> Notice | None:
    """Read a NOTIFY; None if it is not about a call's REFER with the CSeq `number`.

    PJSIP finds a dialog by its tags alone.
    """
    head = message.unfolded_head(request)
    event, call = _EVENT.search(head), _CALL_ID.search(head)
    if event is None or call is None or call[1] != call_id:
        return None
    identity = _ID.search(event[1] or "")
    if identity is not None and number is not None and int(identity[1]) != number:
        return None
    status = _STATUS.match(message.body(request)) if _SIPFRAG.search(head) else None
    return Notice(
        code=int(status[1]) if status else 0,
        reason=(status[2] or "").strip()[:256] if status else "",
        last=_TERMINATED.search(head) is not None,
    )


class Progress(msgspec.Struct, frozen=True):
    """Progress of one transfer; each method returns the next.

    `replaces`: the new call takes the place of another. `accepted`: the far end
    will try. `told`: a NOTIFY has come. `closed`: none will come any more. An unknown
    outcome has a `cause` if one was waited for.
    """

    replaces: bool = False
    state: TransferState = TransferState.TRYING
    code: int | None = None
    cause: Cause | None = None
    accepted: bool = False
    told: bool = False
    closed: bool = False

    @property
    def is_over(self) -> bool:
        return self.state in (TransferState.DONE, TransferState.FAILED)

    @property
    def patience_s(self) -> float | None:
        """Seconds until `lapsed` is due; None if nothing is awaited."""
        if not self.state.under_way:
            return None
        if not self.accepted:
            return _ANSWER_S
        if self.closed:
            return _LAST_S
        return _OUTCOME_S if self.told else _NOTICE_S

    def answered(self, code: int, reason: str, reports: bool) -> Progress:
        """Use the final status of the REFER."""
        if self.is_over:
            return self
        if code >= 300:
            return self._failed(code, Cause(CauseKind.TRANSFER_REFUSED, (code, reason)))
        accepted = msgspec.structs.replace(self, accepted=True, closed=self.closed or not reports)
        return accepted if reports else accepted._unknown(None)

    def notified(self, code: int, reason: str, last: bool) -> Progress:
        """Use a NOTIFY: only its status, not what else its text says."""
        if self.is_over:
            return self
        told = msgspec.structs.replace(
            self, accepted=True, told=True, closed=self.closed or last, code=code or self.code
        )
        if code >= 300:
            unable = self.replaces and code == _BAD_EXTENSION
            cause = Cause(CauseKind.SIP_STATUS, (code, reason))
            return told._failed(code, Cause(CauseKind.NO_REPLACES) if unable else cause)
        if code >= 200:
            return msgspec.structs.replace(told, state=TransferState.DONE, cause=None)
        if code >= 180 and told.state.under_way:
            return msgspec.structs.replace(told, state=TransferState.RINGING)
        return told

    def lapsed(self) -> Progress:
        """Give up waiting: nothing has come within `patience_s`."""
        if not self.state.under_way:
            return self
        if not self.accepted:
            return self._failed(None, Cause(CauseKind.TRANSFER_UNANSWERED))
        return self._unknown(Cause(CauseKind.TRANSFER_UNREPORTED))

    def not_sent(self, cause: Cause) -> Progress:
        """Give up: the REFER could not be sent."""
        return self._failed(None, cause)

    def ended(self) -> Progress:
        """Use the end of the call, by either side."""
        if not self.state.under_way:
            return self
        return self._unknown(None) if self.accepted else self._failed(None, None)

    def _unknown(self, cause: Cause | None) -> Progress:
        return msgspec.structs.replace(self, state=TransferState.UNKNOWN, cause=cause)

    def _failed(self, code: int | None, cause: Cause | None) -> Progress:
        return msgspec.structs.replace(self, state=TransferState.FAILED, code=code, cause=cause)
