"""Cause of a call's end, from its messages."""

from __future__ import annotations

from typing import Protocol

import pjsua2 as pj

from voip.causes import Cause, CauseKind
from voip.choices import SessionTimer
from voip.sip.messages import message as messages
from voip.worker.accounts import nat
from voip.worker.accounts.account import Account
from voip.worker.calls.endings import srtp_flaws

_NOT_TAKEN = (
    pj.PJSIP_SC_NOT_ACCEPTABLE,
    pj.PJSIP_SC_UNSUPPORTED_MEDIA_TYPE,
    pj.PJSIP_SC_NOT_ACCEPTABLE_HERE,
)
"""Statuses with which PJSIP ends a call whose session it cannot use."""

_NOT_READ = (*_NOT_TAKEN, pj.PJSIP_SC_REQUEST_TERMINATED)
"""The same for an early session, which PJSIP ends by CANCEL."""

_EXACT_FLAWS = (
    srtp_flaws.Flaw.KEYING,
    srtp_flaws.Flaw.SEVERAL_SUITES,
    srtp_flaws.Flaw.OTHER_SUITES,
)
"""Flaws of a later answer that are more exact than ENCRYPTION_STOPPED."""


class JudgedCall(Protocol):
    """Facts of a call that the cause of its end depends on."""

    account: Account
    incoming: bool
    was_up: bool
    ended_here: bool
    cause: Cause | None

    @property
    def demands_srtp(self) -> bool: ...


class Verdict:
    """Judge of one call's end, which sets the call's `cause`.

    `refused`: the call was refused here for its session.
    """

    def __init__(self, call: JudgedCall) -> None:
        self._call = call
        self._last_flaw: srtp_flaws.FlawDetails | None = None
        self._message_came = False
        self._answer_came = False
        self._session_came = False
        self._voice_by_ipv4 = False
        self.refused = False

    def note(self, message: str) -> None:
        """Read a message of the far end in the call."""
        call = self._call
        self._message_came = True
        if call.incoming and not call.was_up and messages.answered_elsewhere(message):
            call.cause = call.cause or Cause(CauseKind.ELSEWHERE)
        code = messages.status(message)
        setup = call.account.setup
        flaw = srtp_flaws.flaw_in(message, setup)
        # A refused later offer leaves the call as it was: its flaw must not count.
        if flaw is not None and (code is not None or not call.was_up):
            self._last_flaw = flaw
            lost = nat.speaks_ipv6(setup) and setup.target.translator is None
            self._voice_by_ipv4 = lost and messages.voice_by_ipv4(message)
        if (
            call.demands_srtp
            and not call.was_up
            and flaw == srtp_flaws.FlawDetails(srtp_flaws.Flaw.PLAIN)
        ):
            self._refuse(flaw)
        if code is not None and not call.incoming:
            self._session_came = self._session_came or messages.has_session(message)
            accepts = code < 300 and messages.encrypts(message) is not None
            self._answer_came = accepts or (self._answer_came and code < 300)

    def on_change(self) -> Cause:
        """Cause to end a call after a later answer that was refused."""
        if self._voice_by_ipv4:
            return self._of_family()
        if not self._call.demands_srtp:
            return Cause(CauseKind.NO_AGREEMENT)
        if self._last_flaw is not None and self._last_flaw.flaw in _EXACT_FLAWS:
            return srtp_flaws.cause(self._last_flaw, "far end", self._call.account.setup)
        return Cause(CauseKind.ENCRYPTION_STOPPED)

    def end(self, info: pj.CallInfo, event: pj.SipEvent) -> None:
        """Set the cause of an ended call, unless it has one.

        PJSIP reports an answer that it refused as if the far end had refused.
        """
        call = self._call
        state = event.body.tsxState
        if event.type == pj.PJSIP_EVENT_TSX_STATE and state.type == pj.PJSIP_EVENT_RX_MSG:
            call.cause = call.cause or messages.unusable_challenge(
                state.src.rdata.wholeMsg, call.account.setup.minimum_digest
            )
        elif info.lastStatusCode == pj.PJSIP_SC_REQUEST_TIMEOUT and not self._message_came:
            # PJSIP reports its own timer as a 408 (RFC 3261 section 17.1.1.2).
            call.cause = call.cause or Cause(CauseKind.SERVER_SILENT)
        call.cause = call.cause or self._timer_cause(info.lastStatusCode)
        if call.cause or call.was_up or call.ended_here:
            return
        if self._voice_by_ipv4 and info.lastStatusCode in _NOT_READ:
            call.cause = self._of_family()
        if not call.demands_srtp or call.cause:
            return
        # The answer to a late offer is in the ACK, which is not reported.
        late = call.incoming and info.lastStatusCode in _NOT_TAKEN
        if self._answer_came or late:
            self._refuse(self._last_flaw)
            return
        # PJSIP ends the call by itself: by CANCEL before a final answer, else by BYE.
        if self._session_came and info.lastStatusCode in _NOT_READ:
            call.cause = Cause(CauseKind.USELESS_ANSWER)

    def _timer_cause(self, code: int) -> Cause | None:
        """Cause of an end by the session timer, None if it was not that."""
        call = self._call
        if code == pj.PJSIP_SC_REQUEST_TIMEOUT and call.was_up:
            # A request that times out has a cause: this is RFC 4028 section 10.
            return Cause(CauseKind.NOT_RENEWED)
        required = call.account.setup.session_timer is SessionTimer.REQUIRED
        if code == pj.PJSIP_SC_EXTENSION_REQUIRED and self._answer_came and required:
            return Cause(CauseKind.NO_SESSION_TIMER)
        return None

    def _refuse(self, flaw: srtp_flaws.FlawDetails | None) -> None:
        call = self._call
        self.refused = True
        call.cause = srtp_flaws.cause(flaw, _sender(call), call.account.setup)

    def _of_family(self) -> Cause:
        return Cause(CauseKind.VOICE_BY_IPV4, (_sender(self._call),))


def _sender(call: JudgedCall) -> str:
    return "caller" if call.incoming else "far end"
