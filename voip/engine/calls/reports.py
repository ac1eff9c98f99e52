"""Applies workers' reports of calls to the book."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from voip.causes import Cause, CauseKind
from voip.engine.calls.book import CallBook
from voip.engine.calls.elsewhere.replacing import replaced
from voip.engine.calls.live import LiveCall
from voip.engine.calls.quality import assess
from voip.engine.hub import Hub
from voip.engine.intake import asserted
from voip.engine.network.failures import is_of_target
from voip.model import CallState, Direction, Outcome, Party
from voip.protocol.calls import DigitEvent, DigitsEvent
from voip.protocol.phone import NoticeEvent
from voip.protocol.sound import LevelsEvent
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import (
    CallStateEvent,
    DigitReceived,
    DigitsDone,
    HoldEvent,
    IdentityEvent,
    IncomingCall,
    MediaEvent,
    PlayEnded,
    RealtimeTextReceived,
    RecordingEnded,
    ReferAnswered,
    ReferProgress,
    RefusedCall,
    StatisticsEvent,
    TransferAsked,
    UnreadCall,
)
from voip.protocol.worker.process import AnyWorkerEvent, ConnectionEvent
from voip.protocol.worker.sound import LevelsReport
from voip.sip import reasons
from voip.sip.sentences import sentence

log = logging.getLogger(__name__)

_DECLINED_AS = {
    480: CauseKind.DECLINED_AS_UNAVAILABLE,
    486: CauseKind.DECLINED_AS_BUSY,
}

_TARGETS_CODES = (502, 503)
"""Statuses by which a target, and not the callee, fails; 408 may be either."""

FindConnection = Callable[[Role, int | None], ConnectionEvent | None]


class People(Protocol):
    """Names of far ends: `voip.engine.people.lookup.LookUps`."""

    def caller(
        self, claimed: Party, account: str, connection: ConnectionEvent | None = None
    ) -> Party:
        """Return an account's caller: the contact of that address, or as claimed."""

    def other(
        self, named: Party, than: Party, account: str, connection: ConnectionEvent | None
    ) -> Party | None:
        """Return who is `named`, or None for the same person as before."""


class Follower(Protocol):
    """Acts on events of calls: `voip.engine.calls.requests.Calls`."""

    def on_answered(self, call: LiveCall) -> None:
        """Act on the answer of a call by either side."""

    def on_active(self, call: LiveCall) -> None:
        """Act on a call that voice flows in now."""

    def on_digits(self, call: LiveCall, lost: int) -> None:
        """Act on the end of requested tones."""

    def on_text(self, call: LiveCall, event: RealtimeTextReceived) -> None:
        """Act on real-time text that has come."""

    def on_hold_answer(self, call: LiveCall, event: HoldEvent) -> None:
        """Act on the far end's answer to a hold or resume."""

    def on_refer(self, call: LiveCall, event: ReferAnswered | ReferProgress) -> None:
        """Act on the progress of a transfer."""

    def passed_on(self, call: LiveCall) -> Cause | None:
        """Return the cause of a call's end if it was passed on."""

    def file_ended(self, call: LiveCall) -> None:
        """Act on the end of the file that was played."""

    def on_transfer_asked(
        self, call: LiveCall, event: TransferAsked, name: Callable[[Party], Party]
    ) -> None:
        """Ask the user about a transfer; `name` finds contacts."""

    def on_heard_again(self, call: LiveCall) -> None:
        """Act on a call whose far end was silent and is heard again."""

    def settle(self) -> None:
        """Reassign the microphone after a call has ended."""

    def call_again(self, call: LiveCall, cause: Cause) -> bool:
        """Call again through the server's next target; report if there is one."""


class CallEvents:
    """Applies events of workers to the calls.

    `find_connection` returns SIP connections that workers reported, `find_refusal` why
    an account's server was refused, if a request ended with this code and without a
    connection; `people` names far ends. `calls` acts on the microphone, holds and files;
    `receive` gets new calls.
    """

    def __init__(
        self,
        book: CallBook,
        hub: Hub,
        find_connection: FindConnection,
        people: People,
        find_refusal: Callable[[str, int], Cause | None],
        calls: Follower,
        receive: Callable[[Role, IncomingCall | RefusedCall], None],
    ) -> None:
        self._book = book
        self._hub = hub
        self._find_connection = find_connection
        self._people = people
        self._find_refusal = find_refusal
        self._calls = calls
        self._receive = receive

    def on_event(self, role: Role, event: AnyWorkerEvent) -> None:
        """Apply one event; those that are not of calls change nothing."""
        match event:
            case IncomingCall() | RefusedCall():
                self._receive(role, event)
            case UnreadCall():
                text = _unread(event)
                log.info("%s", text)
                self._hub.publish(NoticeEvent(level="warning", text=text))
            case (
                CallStateEvent(call=number)
                | IdentityEvent(call=number)
                | MediaEvent(call=number)
                | HoldEvent(call=number)
                | TransferAsked(call=number)
                | ReferAnswered(call=number)
                | ReferProgress(call=number)
                | StatisticsEvent(call=number)
                | LevelsReport(call=number)
                | DigitReceived(call=number)
                | DigitsDone(call=number)
                | PlayEnded(call=number)
                | RecordingEnded(call=number)
                | RealtimeTextReceived(call=number)
            ):
                call = self._book.by_number(role, number)
                if call is not None:
                    self._on_call(call, event)
            case _:
                return

    def on_connection(self, role: Role, event: ConnectionEvent) -> None:
        """Update the locks that depend on a changed connection."""
        for call in self._book:
            current = call.connection
            if call.role is role and current is not None and current.id == event.id:
                call.connection = event
                if call.state.answered and not event.up:
                    self._hub.publish(NoticeEvent(level="warning", text=_dropped(call)))
                self._book.publish(call)

    def on_worker_down(self, role: Role, reason: str) -> None:
        """End the calls of a dead worker; they are not dialled again."""
        for call in self._book:
            if call.role is role:
                missed = call.direction is Direction.IN and not call.taken
                outcome = Outcome.MISSED if missed else Outcome.LOST
                self._calls.passed_on(call)
                self._book.finish(call, outcome, Cause(CauseKind.WORKER_GONE, (reason,)))
        self._calls.settle()

    def _on_call(
        self,
        call: LiveCall,
        event: CallStateEvent
        | IdentityEvent
        | MediaEvent
        | HoldEvent
        | TransferAsked
        | ReferAnswered
        | ReferProgress
        | StatisticsEvent
        | LevelsReport
        | DigitReceived
        | DigitsDone
        | PlayEnded
        | RecordingEnded
        | RealtimeTextReceived,
    ) -> None:
        match event:
            case CallStateEvent():
                self._on_state(call, event)
            case IdentityEvent():
                self._on_identity(call, event)
            case MediaEvent():
                call.held_by = event.held_by
                call.change_streams(event.streams)
                self._use(call, event.connection)
                self._book.publish(call)
            case HoldEvent():
                self._calls.on_hold_answer(call, event)
            case TransferAsked():
                self._calls.on_transfer_asked(
                    call,
                    event,
                    lambda claimed: self._people.caller(claimed, call.account, call.connection),
                )
            case ReferAnswered() | ReferProgress():
                self._calls.on_refer(call, event)
            case StatisticsEvent():
                call.see_streams(event.streams, event.seconds)
                self._use(call, event.connection)
                was_silent = call.quality.silent_s is not None
                call.quality = assess(event, call.codec)
                if was_silent and call.quality.silent_s is None:
                    self._calls.on_heard_again(call)
                self._book.publish(call)
            case LevelsReport(rx=rx, tx=tx):
                self._hub.publish(LevelsEvent(call=str(call.id), rx=rx, tx=tx))
            case DigitReceived(digit=digit):
                self._hub.publish(DigitEvent(call=str(call.id), digit=digit))
            case DigitsDone():
                self._hub.publish(_digits_done(call, event))
                self._calls.on_digits(call, event.lost)
            case RealtimeTextReceived():
                self._calls.on_text(call, event)
            case PlayEnded():
                self._calls.file_ended(call)
            case RecordingEnded(cause=cause):
                call.recording = False
                self._book.publish(call)
                text = f"call {call.id} is not recorded any more: {sentence(cause)}"
                self._hub.publish(NoticeEvent(level="warning", text=text))

    def _on_identity(self, call: LiveCall, event: IdentityEvent) -> None:
        named = asserted(event.asserted, call.remote)
        call.connected = self._people.other(named, call.remote, call.account, call.connection)
        if call.connected is not None:
            # The words of one person must not be remembered for another.
            call.address = None
        self._book.publish(call)

    def _on_state(self, call: LiveCall, event: CallStateEvent) -> None:
        call.code = event.code or call.code
        call.cause = event.cause or call.cause
        call.refused = event.refused
        self._use(call, event.connection)
        if event.state is CallState.ENDED:
            self._on_ended(call, event)
            return
        if event.state is not CallState.INCOMING or call.in_place_of is None:
            # It never rings, and was about to be answered from the start.
            call.state = event.state
        call.reason = event.reason
        call.taken = call.taken or event.state.taken
        if event.state.answered and call.answered is None:
            self._book.answered(call)
            self._calls.on_answered(call)
        self._book.publish(call)
        if call.state is CallState.ACTIVE:
            self._calls.on_active(call)

    def _on_ended(self, call: LiveCall, event: CallStateEvent) -> None:
        if self._goes_on(call, event):
            return
        if event.code == reasons.FORWARDED:
            call.cause = call.cause or call.sent_on
        outcome = reasons.outcome(
            reasons.Ending(
                direction=call.direction,
                code=event.code,
                up=call.answered is not None,
                taken=call.taken,
                here=call.ended_here,
                stopped=call.stopped,
                refused=event.refused,
                given_up=call.cause is not None,
                elsewhere=call.cause is not None and call.cause.kind is CauseKind.ELSEWHERE,
            )
        )
        cause = call.cause
        passed_on = self._calls.passed_on(call)
        if passed_on is not None and outcome is Outcome.ANSWERED:
            outcome, cause = Outcome.TRANSFERRED, passed_on
        if call.in_place_of is not None and outcome is Outcome.ANSWERED:
            cause = replaced(call, call.in_place_of)
        if cause is None and outcome is not Outcome.ANSWERED:
            cause = self._why(call, event, outcome)
        self._book.finish(call, outcome, cause)
        self._calls.settle()

    def _goes_on(self, call: LiveCall, event: CallStateEvent) -> bool:
        """Report if a call that reached nobody is tried at another target."""
        if call.start is None or call.state is not CallState.DIALING or call.ended_here:
            return False
        if call.stopped or call.refused:
            return False
        cause = call.cause or self._why(call, event, Outcome.FAILED)
        if not is_of_target(cause, None) and event.code not in _TARGETS_CODES:
            return False
        return self._calls.call_again(call, cause)

    def _why(self, call: LiveCall, event: CallStateEvent, outcome: Outcome) -> Cause:
        if call.stopped:
            return Cause(CauseKind.PHONE_STOPPED)
        if call.direction is Direction.IN and outcome is Outcome.DECLINED:
            return Cause(_DECLINED_AS.get(event.code, CauseKind.DECLINED))
        if call.connection is None:
            refusal = self._find_refusal(call.account, event.code)
            if refusal is not None:
                return refusal
        elif call.connection.cause is not None:
            return call.connection.cause
        return reasons.ending(event.code, event.reason, up=outcome is Outcome.LOST)

    def _use(self, call: LiveCall, connection: int | None) -> None:
        latest = self._find_connection(call.role, connection)
        if latest is not None:
            call.use(latest)


def _digits_done(call: LiveCall, event: DigitsDone) -> DigitsEvent:
    return DigitsEvent(
        call=str(call.id),
        lost=event.lost,
        reason=sentence(event.cause) if event.cause else None,
        cause=event.cause,
        way=event.way,
    )


def _unread(event: UnreadCall) -> str:
    whose = f"account {', '.join(event.accounts)}: " if event.accounts else ""
    return f"{whose}a call came that could not be read, so it was refused and did not ring"


def _dropped(call: LiveCall) -> str:
    return (
        f"the connection to the server has dropped in the call with {call.remote.uri}: it goes on "
        "as long as voice arrives"
    )
