"""The lock is closed only while all facts hold, in any order of reports.

Every report a worker can make of a call goes through the engine's own code. Beside
it the last reports are kept, and the lock is derived from them a second time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from voip.causes import Cause
from voip.engine.calls.book import CallBook
from voip.engine.calls.elsewhere.replacing import Replacing
from voip.engine.calls.live import LiveCall
from voip.engine.calls.reports import CallEvents
from voip.engine.history.log import History
from voip.engine.hub import Hub
from voip.engine.reception.blocked import BlockedCallers
from voip.engine.reception.reception import Reception
from voip.model import Call, CallState, LogEntry, Outcome, Party
from voip.protection import Keying, MediaKind, Stream, TlsStatus, Transport
from voip.protocol.calls import CallEvent, LogEvent
from voip.protocol.client import NumberedEvent
from voip.protocol.settings import Settings
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import (
    CallStateEvent,
    HoldEvent,
    IncomingCall,
    MediaEvent,
    RealtimeTextReceived,
    ReferAnswered,
    ReferProgress,
    StatisticsEvent,
    TransferAsked,
)
from voip.protocol.worker.process import AnyWorkerEvent, ConnectionEvent

_HOST = "pbx.example.com"
_CALL = 7
_GOOD_TLS = TlsStatus("TLSv1.3", "TLS_AES_256_GCM_SHA384", True)
_UNKNOWN_VERSION = TlsStatus("", "", True)
_UNVERIFIED = TlsStatus("TLSv1.3", "TLS_AES_256_GCM_SHA384", False)
_GOOD = Stream(MediaKind.AUDIO, True, True, "AEAD_AES_256_GCM", Keying.SDES)

# Good values are likelier, or hardly any lock would ever close.
_CONNECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "outgoing": st.sampled_from([True, True, False]),
        "transport": st.sampled_from([Transport.TLS, Transport.TLS, *Transport]),
        "host": st.sampled_from([_HOST, _HOST, ""]),
        "tls": st.sampled_from([_GOOD_TLS, _GOOD_TLS, _UNKNOWN_VERSION, _UNVERIFIED, None]),
    },
)
_STREAMS = st.fixed_dictionaries(
    {},
    optional={
        "active": st.sampled_from([True, True, False]),
        "srtp": st.sampled_from([True, True, False]),
        "suite": st.sampled_from(["AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80", "", None]),
        "keying": st.sampled_from([*Keying, None]),
    },
)
_UP = (CallState.ACTIVE, CallState.HELD, CallState.REMOTE_HELD)
_STATES = st.sampled_from([CallState.ACTIVE, *(s for s in CallState if s is not CallState.ENDED)])


@dataclass
class _Stream:
    """`counted` are the packets, accepted and rejected, since the last report."""

    state: Stream
    failing: bool = False
    counted: tuple[int, int] = (0, 0)


class _Strangers:
    """Nobody is in the contacts."""

    def caller(
        self, claimed: Party, account: str, connection: ConnectionEvent | None = None
    ) -> Party:
        return claimed

    def other(
        self, named: Party, than: Party, account: str, connection: ConnectionEvent | None
    ) -> Party | None:
        return named


class _NoFollower:
    """Ignores all changes: the lock depends on the reports alone."""

    replacing: Replacing

    def ring(self, call: LiveCall, waiting: bool) -> None: ...

    def turn_away(self, role: Role, number: int, code: int, contact: str | None = None) -> None: ...

    def answer_by_itself(self, call: LiveCall) -> None: ...

    def redirect(self, call: LiveCall, contact: str, cause: Cause) -> None: ...

    def on_heard_again(self, call: LiveCall) -> None: ...

    def on_answered(self, call: LiveCall) -> None: ...

    def on_active(self, call: LiveCall) -> None: ...

    def on_digits(self, call: LiveCall, lost: int) -> None: ...

    def on_text(self, call: LiveCall, event: RealtimeTextReceived) -> None: ...

    def on_hold_answer(self, call: LiveCall, event: HoldEvent) -> None: ...

    def file_ended(self, call: LiveCall) -> None: ...

    def on_refer(self, call: LiveCall, event: ReferAnswered | ReferProgress) -> None: ...

    def passed_on(self, call: LiveCall) -> Cause | None:
        return None

    def settle(self) -> None: ...

    def on_transfer_asked(
        self, call: LiveCall, event: TransferAsked, name: Callable[[Party], Party]
    ) -> None: ...

    def call_again(self, call: LiveCall, cause: Cause) -> bool:
        return False


class _Orders(RuleBasedStateMachine):
    """The engine's lock beside one derived from the last reports.

    `closed` and `reopened` count over all runs: a lock that never closes proves
    nothing.
    """

    closed = 0
    reopened = 0

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self._history = History(folder / "history.db")
        self._shown: Call | None = None
        self._entry: LogEntry | None = None
        hub = Hub()
        hub.listen(self._listen, levels=False)
        self._book = CallBook(hub, self._history, lambda call: None)

        def find(role: Role, number: int | None) -> ConnectionEvent | None:
            return self._connections.get(number) if role is self._role else None

        reception = Reception(
            self._book,
            _NoFollower(),
            find,
            _Strangers(),
            BlockedCallers(folder / "blocked.toml", print, lambda account, connection: None),
            lambda account: None,
            Settings,
        )
        self._events = CallEvents(
            self._book,
            hub,
            find,
            _Strangers(),
            lambda account, code: None,
            _NoFollower(),
            reception.receive,
        )
        self._up = False
        self._forget()

    def _forget(self) -> None:
        self._connections: dict[int | None, ConnectionEvent] = {}
        self._role = Role.SECURE
        self._transport = Transport.TLS
        self._used: int | None = None
        self._state = CallState.INCOMING
        self._streams: list[_Stream] = []
        self._was_open = False

    def teardown(self) -> None:
        self._history.close()
        self._folder.cleanup()

    def _listen(self, numbered: NumberedEvent) -> None:
        match numbered.event:
            case CallEvent(call=call):
                if self._shown is not None and self._shown.lock.closed and not call.lock.closed:
                    _Orders.reopened += 1
                self._shown = call
            case LogEvent(entry=entry):
                self._entry = entry

    # Reports of a worker

    @precondition(lambda self: not self._up)
    @rule(
        role=st.sampled_from([*[Role.SECURE] * 4, Role.OPEN]),
        connected=st.booleans(),
    )
    def a_call_comes(self, role: Role, connected: bool) -> None:
        self._forget()
        self._role = role
        if connected:
            self._connect({})
        first = self._connections.get(1)
        if role is Role.OPEN:
            self._transport = first.transport if first else Transport.UDP
        self._used = first.id if first else None
        self._tell(IncomingCall(call=_CALL, account="work", remote="<sip:bob@x.test>",
                                    connection=self._used))  # fmt: skip
        self._up = True

    @precondition(lambda self: self._up)
    @rule(changes=_CONNECTIONS)
    def another_connection_comes_up(self, changes: dict[str, Any]) -> None:
        self._connect(changes)

    @precondition(lambda self: self._up and self._connections)
    @rule(data=st.data())
    def a_connection_goes_down(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(list(self._connections)))
        self._connection(msgspec.structs.replace(self._connections[number], up=False))

    @precondition(lambda self: self._up)
    @rule(data=st.data(), state=_STATES)
    def a_message_comes(self, data: st.DataObject, state: CallState) -> None:
        self._tell_state(state, self._any_connection(data))

    @precondition(lambda self: self._up and len(self._streams) < 3)
    @rule(data=st.data(), changes=_STREAMS)
    def a_stream_is_added(self, data: st.DataObject, changes: dict[str, Any]) -> None:
        self._streams.append(_Stream(msgspec.structs.replace(_GOOD, **changes)))
        self._media(data)

    @precondition(lambda self: self._up and self._streams)
    @rule(data=st.data())
    def a_stream_is_removed(self, data: st.DataObject) -> None:
        self._streams.pop()
        self._media(data)

    @precondition(lambda self: self._up and self._streams)
    @rule(data=st.data(), changes=_STREAMS)
    def a_stream_changes(self, data: st.DataObject, changes: dict[str, Any]) -> None:
        stream = data.draw(st.sampled_from(self._streams))
        stream.state = msgspec.structs.replace(stream.state, **changes)
        self._media(data)

    @precondition(lambda self: self._up and self._streams)
    @rule(data=st.data())
    def streams_are_negotiated_anew(self, data: st.DataObject) -> None:
        """Set streams up again: each counts from zero."""
        for stream in self._streams:
            stream.state = msgspec.structs.replace(_GOOD, accepted=0, rejected=0)
            stream.counted = (0, 0)
        self._media(data)

    @precondition(lambda self: self._up and self._streams)
    @rule(data=st.data(), accepted=st.integers(0, 2), rejected=st.integers(0, 9))
    def packets_come(self, data: st.DataObject, accepted: int, rejected: int) -> None:
        stream = data.draw(st.sampled_from(self._streams))
        old, (before_accepted, before_rejected) = stream.state, stream.counted
        stream.state = msgspec.structs.replace(
            old, accepted=old.accepted + accepted, rejected=old.rejected + rejected
        )
        stream.counted = (before_accepted + accepted, before_rejected + rejected)

    @precondition(lambda self: self._up and self._streams)
    @rule(data=st.data())
    def a_second_is_over(self, data: st.DataObject) -> None:
        used = self._any_connection(data)
        for stream in self._streams:
            accepted, rejected = stream.counted
            stream.failing = not accepted and rejected >= 5
            stream.counted = (0, 0)
        self._tell(StatisticsEvent(_CALL, self._reported(), used, 50, 0, 50, 0, None, None))

    @precondition(lambda self: self._up)
    @rule(order=st.permutations(["connection", "message", "streams"]))
    def everything_is_put_right(self, order: list[str]) -> None:
        """Fix one fact at a time: the lock may close with the last one alone."""
        for step in order:
            match step:
                case "connection":
                    self._connect({})
                case "message":
                    self._used = max(filter(None, self._connections), default=None)
                    self._tell_state(CallState.ACTIVE, self._used)
                case _:
                    self._streams = self._streams or [_Stream(_GOOD)]
                    for stream in self._streams:
                        accepted = stream.state.accepted + 1
                        rejected = stream.state.rejected
                        stream.state = msgspec.structs.replace(
                            _GOOD, accepted=accepted, rejected=rejected
                        )
                        stream.failing = False
                        stream.counted = (0, 0)
                    self._tell_media(self._used)
                    self._tell(
                        StatisticsEvent(
                            _CALL, self._reported(), self._used, 50, 0, 50, 0, None, None
                        )
                    )
            self.the_lock_is_what_the_facts_make_it()

    @precondition(lambda self: self._up)
    @rule()
    def the_call_ends(self) -> None:
        self._over()
        self._tell(CallStateEvent(_CALL, CallState.ENDED, 200, "OK"))
        self._check_log()

    @precondition(lambda self: self._up)
    @rule()
    def the_worker_dies(self) -> None:
        self._over()
        self._events.on_worker_down(self._role, "it crashed")
        assert self._check_log().outcome in (Outcome.LOST, Outcome.MISSED)

    # The expected lock

    @invariant()
    def the_lock_is_what_the_facts_make_it(self) -> None:
        if self._shown is None:
            return
        lacking = self._lacking()
        assert self._shown.lock.closed == (lacking is None), (self._shown.lock.why, lacking)
        assert self._shown.lock.why == (lacking or f"encrypted to {_HOST}; beyond it, unknown")
        _Orders.closed += self._shown.lock.closed

    def _lacking(self) -> str | None:
        """Return the words of the first fact that does not hold."""
        link = self._connections.get(self._used)
        active = [s for s in self._streams if s.state.active]
        name = self._transport.value.upper()
        clear = f"this account uses {name}: anyone on the way can listen"
        if any(s.state.srtp and s.state.keying is not Keying.DTLS for s in active):
            clear = (
                f"the voice is encrypted, but its keys crossed the network in the clear ({name})"
            )
        verified = bool(link and link.outgoing and link.tls and link.tls.verified)
        checks = [
            (self._transport is Transport.TLS, clear),
            (self._role is Role.SECURE, "this call is not in the process that knows only TLS"),
            (link is not None, "no connection to the server has been seen yet"),
            (link and link.transport is Transport.TLS, "the signalling did not travel over TLS"),
            (verified, "the server's certificate was not verified"),
            (link and link.up, "the TLS connection to the server has dropped"),
            (
                link and link.host and link.tls and link.tls.version,
                "it is not known what was negotiated with the server",
            ),
            (self._state is not CallState.ENDED, "the call has ended"),
            (self._state in _UP and active, "no voice is flowing yet"),
        ]
        for stream in active:
            state = stream.state
            checks += [
                (state.srtp, "the voice is not encrypted"),
                (state.suite and state.keying, "the keys of the voice are not agreed yet"),
                (not stream.failing, "voice packets arrive that are not authentic"),
            ]
        return next((words for holds, words in checks if not holds), None)

    def _check_log(self) -> LogEntry:
        assert self._entry is not None
        assert self._entry.lock_was_open == self._was_open
        return self._entry

    # Reporting it

    def _connect(self, changes: dict[str, Any]) -> None:
        good = ConnectionEvent(
            id=len(self._connections) + 1, up=True, outgoing=True, transport=Transport.TLS,
            host=_HOST, port=5061, tls=_GOOD_TLS,
        )  # fmt: skip
        self._connection(msgspec.structs.replace(good, **changes))

    def _connection(self, event: ConnectionEvent) -> None:
        self._connections[event.id] = event
        self._events.on_connection(self._role, event)
        if event.id == self._used:
            self._note()

    def _any_connection(self, data: st.DataObject) -> int | None:
        # Mostly the one in use: a call seldom moves.
        number = data.draw(st.sampled_from([self._used, self._used, *self._connections, None]))
        if number in self._connections:
            self._used = number
        return number

    def _tell_state(self, state: CallState, used: int | None) -> None:
        self._state = state
        self._tell(CallStateEvent(_CALL, state, 200, "OK", connection=used))

    def _media(self, data: st.DataObject) -> None:
        self._tell_media(self._any_connection(data))

    def _tell_media(self, used: int | None) -> None:
        self._tell(MediaEvent(_CALL, self._reported(), None, used))

    def _reported(self) -> tuple[Stream, ...]:
        return tuple(stream.state for stream in self._streams)

    def _tell(self, event: AnyWorkerEvent) -> None:
        self._events.on_event(self._role, event)
        self._note()

    def _note(self) -> None:
        if self._state in _UP and self._lacking() is not None:
            self._was_open = True

    def _over(self) -> None:
        self._up = False
        self._state = CallState.ENDED


def test_the_lock_is_closed_only_while_every_fact_holds_whatever_their_order() -> None:
    _Orders.closed = _Orders.reopened = 0
    run_state_machine_as_test(
        _Orders, settings=settings(max_examples=240, stateful_step_count=30, deadline=None)
    )
    assert _Orders.closed > 100, "hardly any lock closed: this showed nothing"
    assert _Orders.reopened > 20, "hardly any lock opened again: this showed nothing"
