"""Calls of a worker by number, from their start to their end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pjsua2 as pj

from voip.causes import Cause, CauseKind
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import (
    IncomingCall,
    MixedCall,
    PlayEnded,
    RecordingEnded,
    RefusedCall,
    StartCall,
)
from voip.protocol.worker.sound import LevelsReport
from voip.sip import codecs
from voip.sip.messages import identities, message
from voip.sip.messages.auto_answer import answer_after_s
from voip.sip.sentences import sentence
from voip.worker.accounts import nat
from voip.worker.accounts.account import Account
from voip.worker.calls.call import Call
from voip.worker.calls.endings import srtp_flaws
from voip.worker.context import MOST_CALLS, Context
from voip.worker.errors import Refused
from voip.worker.media.conference import Conference
from voip.worker.media.recordings import Recording

_ETPNOTAVAIL = 171065  # pjsip/sip_errno.h

_AT_ONCE = 4
"""Calls that do their work of a second in one turn of the loop."""

_NOT_REPLACED = {
    pj.PJSIP_SC_BAD_REQUEST: CauseKind.NOT_REPLACED,
    pj.PJSIP_SC_CALL_TSX_DOES_NOT_EXIST: CauseKind.NO_CALL_TO_REPLACE,
    pj.PJSIP_SC_BUSY_HERE: CauseKind.NOT_REPLACED,
    pj.PJSIP_SC_DECLINE: CauseKind.NO_CALL_TO_REPLACE,
}
"""Causes of PJSIP's refusals of a call with Replaces (RFC 3891 section 3)."""


class Calls:
    """Calls that have not ended; incoming ones have negative numbers."""

    def __init__(self, context: Context, role: Role) -> None:
        self._context = context
        self._role = role
        self._calls: dict[int, Call] = {}
        self._ended: list[Call] = []
        self._due: list[int] = []
        self._next_incoming = -1
        self._conference = Conference()

    def __len__(self) -> int:
        return len(self._calls)

    def get(self, number: int) -> Call:
        """Call of that number.

        Raises:
            Refused: it has ended.
        """
        try:
            return self._calls[number]
        except KeyError:
            raise Refused("the call has ended") from None

    def start(self, account: Account, command: StartCall) -> None:
        """Make a call.

        Raises:
            Refused: there are as many as can be.
            pj.Error: PJSIP could not make it.
        """
        if len(self._calls) >= MOST_CALLS:
            raise Refused(f"{MOST_CALLS} calls are up, and there cannot be more")
        call = Call(self._context, account, self._on_end, command.call)
        if command.play is not None:
            call.media.play(command.play)
        if command.record is not None:
            call.media.record(command.record)
        call.media.give_voice(command.voice)
        self._calls[command.call] = call
        try:
            call.start(command.uri, command.patience_s, command.replaces)
        except pj.Error:
            self._calls.pop(command.call, None)
            raise

    def receive(self, account: Account, prm: pj.OnIncomingCallParam) -> None:
        """Report an account's incoming call."""
        number = self._next_incoming
        self._next_incoming -= 1
        call = Call(self._context, account, self._on_end, number, prm.callId)
        info = call.getInfo()
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            # PJSIP reports an offer that its media layer refused by
            # onRejectedIncomingCall as well: it would appear twice.
            return
        self._calls[number] = call
        call.connection = self._context.connections.id_of(prm.rdata.transport)
        if account.setup.trial:
            call.end(pj.PJSIP_SC_TEMPORARILY_UNAVAILABLE)
            return
        names_another = prm.replacedCallId != pj.PJSUA_INVALID_ID
        replaces = self._number_of(prm.replacedCallId) if names_another else None
        if names_another and (replaces is None or self._role is Role.ECHO):
            call.end(pj.PJSIP_SC_CALL_TSX_DOES_NOT_EXIST)
            return
        self._context.send(
            IncomingCall(
                call=number,
                account=account.name,
                # PJSIP leaves a long address empty.
                remote=(message.sender(prm.rdata.wholeMsg) or info.remoteUri)[:4096],
                connection=call.connection,
                offers_srtp=message.encrypts(prm.rdata.wholeMsg),
                asserted=identities.asserted(prm.rdata.wholeMsg),
                diverted_by=identities.diverted_by(prm.rdata.wholeMsg),
                answer_after_s=answer_after_s(prm.rdata.wholeMsg),
                replaces=replaces,
            )
        )
        # Other roles wait for `Ring`: a blocked caller must not ring.
        if self._role is Role.ECHO:
            with _gone_callers_given_up(call):
                call.media.echo()
                call.take()

    def ring(self, call: Call, waiting: bool) -> None:
        """Ring for an incoming call, by the tone of a second one if it is `waiting`."""
        with _gone_callers_given_up(call):
            call.ring(waiting)

    def answer(self, call: Call, beep: bool, voice: bool) -> None:
        """Answer an incoming call; connect the microphone with a `voice`, after a `beep`.

        Raises:
            Refused: the connection that it came by is gone.
            pj.Error: PJSIP could not answer.
        """
        if beep:
            call.beep.begin()
        else:
            call.media.give_voice(voice)
        try:
            call.take()
        except pj.Error as error:
            if error.status != _ETPNOTAVAIL:
                raise
            cause = Cause(CauseKind.CONNECTION_GONE)
            call.give_up(cause)
            raise Refused(sentence(cause)) from None

    def mix(self, wishes: tuple[MixedCall, ...]) -> None:
        """Connect the calls of conferences with each other and with the person.

        Raises:
            pj.Error: PJSIP could not connect them all; none is connected by mistake.
        """
        there = [wish for wish in wishes if wish.call in self._calls]
        self._conference.use({w.call: self._calls[w.call].media for w in there}, there)

    def end_those_of(self, account: Account) -> None:
        """End the calls of an account that is about to be removed."""
        for call in [call for call in self._calls.values() if call.account is account]:
            call.end(480)

    def report_refused(self, account: Account | None, prm: pj.OnRejectedIncomingCallParam) -> None:
        """Report a call that PJSIP refused before it could ring."""
        cause = self._why_refused(account, prm)
        call = next((c for c in self._ended if c.pjsip_id == prm.callId and c.incoming), None)
        if call is not None:
            # Its end waits in the outbox: the call would end twice.
            self._context.outbox.take_back_end(call.number)
        self._context.send(
            RefusedCall(
                call=call.number if call else None,
                account=account.name if account else None,
                remote=(message.sender(prm.rdata.wholeMsg) or prm.remoteInfo)[:4096],
                code=prm.statusCode,
                cause=cause,
            )
        )

    @property
    def are_calm(self) -> bool:
        """True if no call needs turns of its own."""
        return all(call.is_calm for call in self._calls.values())

    def follow(self) -> None:
        """Do each turn's work: free ended calls, then follow the others."""
        self._ended.clear()
        for call in self._calls.values():
            if call.media.has_played():
                self._context.send(PlayEnded(call=call.number))
            if (cause := call.media.recording_failure()) is not None:
                self._context.send(RecordingEnded(call=call.number, cause=cause))
        for call in self._calls.values():
            call.digits.advance()
            call.text.follow()
        for call in list(self._calls.values()):
            # A call may end during these requests to PJSIP.
            with contextlib.suppress(pj.Error):
                call.patience.follow()
                call.hold.follow()
                call.beep.follow()
                call.ringing.follow_early_media()

    def begin_tick(self) -> None:
        """Begin each second's work, which `tick` does."""
        self._due = list(self._calls)

    @property
    def is_due(self) -> bool:
        """True if some calls wait for their work of this second."""
        return bool(self._due)

    def use_settings(self) -> None:
        """Apply changed settings of sound."""
        for call in self._calls.values():
            call.media.use_settings()

    def tick(self) -> None:
        """Do this second's work of the next few calls.

        A command would wait for the work of all.
        """
        now, self._due = self._due[:_AT_ONCE], self._due[_AT_ONCE:]
        for number in now:
            if number in self._calls:
                self._calls[number].tick()

    def report_levels(self) -> None:
        for call in self._calls.values():
            levels = call.media.levels()
            if levels is not None:
                report = LevelsReport(call=call.number, rx=levels[0], tx=levels[1])
                self._context.send(report)

    def free_all(self) -> None:
        """Free every call before the library ends."""
        self._calls.clear()
        self._ended.clear()
        self._due.clear()

    def _number_of(self, pjsip_id: int) -> int | None:
        """Number of the call that PJSIP has by this id, None if it has ended."""
        calls = self._calls.items()
        return next((number for number, call in calls if call.getId() == pjsip_id), None)

    def _on_end(self, call: Call, recordings: list[Recording]) -> None:
        """Forget a call, but keep its object until the callback returns.

        Its end is reported when its `recordings` are complete.
        """
        if recordings:
            self._context.outbox.complete(call.number, recordings)
        self._conference.forget(call.number)
        self._calls.pop(call.number, None)
        self._ended.append(call)

    def _why_refused(self, account: Account | None, prm: pj.OnRejectedIncomingCallParam) -> Cause:
        if account is None:
            return Cause(CauseKind.REJECTED, (prm.reason[:1024],))
        if prm.statusCode in _NOT_REPLACED and message.values(prm.rdata.wholeMsg, "Replaces"):
            return Cause(_NOT_REPLACED[prm.statusCode])
        invite, setup = prm.rdata.wholeMsg, account.setup
        flaw = srtp_flaws.flaw_in(invite, setup) if self._role.tls_only else None
        by_ipv4 = nat.speaks_ipv6(setup) and message.voice_by_ipv4(invite)
        if by_ipv4 and flaw in (None, srtp_flaws.FlawDetails(srtp_flaws.Flaw.OTHER)):
            return Cause(CauseKind.VOICE_BY_IPV4, ("caller",))
        offer = message.body(invite)
        has_codec = not setup.codecs or not offer or codecs.has_any(offer, setup.codecs)
        # Keys may be malformed, but a codec that is missing is certain.
        if flaw is not None and (has_codec or flaw.flaw is not srtp_flaws.Flaw.OTHER):
            return srtp_flaws.cause(flaw, "caller", setup)
        if not has_codec:
            return Cause(CauseKind.NO_COMMON_CODEC)
        return Cause(CauseKind.REJECTED, (prm.reason[:1024],))


@contextlib.contextmanager
def _gone_callers_given_up(call: Call) -> Iterator[None]:
    try:
        yield
    except pj.Error as error:
        # A caller who hangs up at once cannot be answered any more.
        call.give_up(Cause(CauseKind.CALLER_GONE, (error.reason,)))
