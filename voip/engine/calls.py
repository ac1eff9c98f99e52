"""The calls that are up: what workers report of them, and what clients ask."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path

from voip import reasons
from voip.engine.errors import Refusal
from voip.engine.history import History, HistoryError
from voip.engine.hub import Hub
from voip.engine.intake import party
from voip.engine.livecall import LiveCall
from voip.engine.workers import Worker, WorkerGone, WorkerRefused
from voip.model import Call, CallState, Direction, LogEntry, Outcome, Party, Transport
from voip.protocol import client as told
from voip.protocol import worker as say
from voip.quality import assess

log = logging.getLogger(__name__)

_GOODBYE_S = 2.0

FindConnection = Callable[[say.Role, int | None], say.ConnectionEvent | None]


class Calls:
    """`find_connection` knows the SIP connections that workers reported, and
    `find_refusal` why an account's server was refused.
    """

    def __init__(
        self,
        hub: Hub,
        history: History,
        workers: dict[say.Role, Worker],
        find_connection: FindConnection,
        find_refusal: Callable[[str], str | None],
    ) -> None:
        self._find_refusal = find_refusal
        self._hub = hub
        self._history = history
        self._workers = workers
        self._find_connection = find_connection
        self._calls: dict[int, LiveCall] = {}
        self._last_id = history.last_id()
        self._ended = asyncio.Event()
        self._background: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._calls)

    def snapshot(self) -> tuple[Call, ...]:
        now = time.time()
        return tuple(call.snapshot(now) for call in self._calls.values())

    # What clients ask

    async def place(
        self,
        role: say.Role,
        account: str,
        transport: Transport,
        uri: str,
        shown: Party,
        command: told.PlaceCall,
        play: tuple[Path, bool] | None,
    ) -> LiveCall:
        """Start a call; it is in the log from here on.

        Raises:
            Refusal: the worker would not.
        """
        call = self._new(role, account, transport, Direction.OUT, shown, CallState.DIALING)
        call.hangup_after_s = command.hangup_after_s
        call.plays = play is not None
        call.recording = command.record is not None
        if play is not None and play[1]:
            call.temporary = play[0]
        self._announce(call)
        if call.uses_microphone:
            await self._hold_others(call)
        try:
            await self._workers[role].ask(
                say.StartCall(
                    call=call.number,
                    account=account,
                    uri=uri,
                    play=str(play[0]) if play else None,
                    record=command.record,
                )
            )
        except (WorkerRefused, WorkerGone) as error:
            self._finish(call, Outcome.FAILED, str(error))
            raise Refusal("call_failed", f"the call could not be made: {error}") from error
        return call

    async def answer(self, call_id: str) -> None:
        call = self._in_state(call_id, {CallState.INCOMING}, "answered")
        if call.uses_microphone:
            await self._hold_others(call)
        await self._ask(call, say.Answer(call=call.number))

    async def decline(self, call_id: str) -> None:
        call = self._in_state(call_id, {CallState.INCOMING}, "declined")
        call.ended_here = True
        await self._ask(call, say.EndCall(call=call.number, code=603))

    async def hang_up(self, call_id: str) -> None:
        call = self._find(call_id)
        call.ended_here = True
        await self._ask(call, say.EndCall(call=call.number, code=486))

    async def hold(self, call_id: str) -> None:
        states = {CallState.ACTIVE, CallState.REMOTE_HELD}
        call = self._in_state(call_id, states, "put on hold")
        await self._ask(call, say.HoldCall(call=call.number, on=True))

    async def resume(self, call_id: str) -> None:
        call = self._in_state(call_id, {CallState.HELD}, "resumed")
        await self._hold_others(call)
        await self._ask(call, say.HoldCall(call=call.number, on=False))

    async def mute(self, call_id: str, on: bool) -> None:
        call = self._find(call_id)
        await self._ask(call, say.MuteCall(call=call.number, on=on))
        call.muted = on
        self._publish(call)

    async def send_digits(self, call_id: str, digits: str) -> None:
        call = self._answered(call_id, "sent tones")
        await self._ask(call, say.Digits(call=call.number, digits=digits))

    async def play(self, call_id: str, file: tuple[Path, bool] | None) -> None:
        call = self._answered(call_id, "played to")
        path = str(file[0]) if file else None
        await self._ask(call, say.PlayFile(call=call.number, path=path))
        _remove(call.temporary)
        call.temporary = file[0] if file and file[1] else None
        call.plays = file is not None

    async def record(self, call_id: str, path: str | None) -> None:
        call = self._answered(call_id, "recorded")
        await self._ask(call, say.RecordFile(call=call.number, path=path))
        call.recording = path is not None
        self._publish(call)

    async def end_all(self) -> None:
        """End every call in good order; those that do not end are left."""
        for call in list(self._calls.values()):
            await self._hang_up_quietly(call)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _GOODBYE_S
        while self._calls and loop.time() < deadline:
            self._ended.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), deadline - loop.time())

    # What workers report

    def on_event(self, role: say.Role, event: say.AnyWorkerEvent) -> None:
        match event:
            case say.IncomingCall():
                self._on_incoming(role, event)
            case say.RefusedCall():
                self._on_refused(role, event)
            case say.CallStateEvent(call=number):
                if call := self._by_number(role, number):
                    self._on_state(call, event)
            case say.MediaEvent(call=number):
                if call := self._by_number(role, number):
                    call.see_streams(event.streams)
                    self._use(call, event.connection)
                    self._publish(call)
            case say.StatisticsEvent(call=number):
                if call := self._by_number(role, number):
                    self._on_statistics(call, event)
            case say.LevelsReport(call=number):
                if call := self._by_number(role, number):
                    self._hub.publish(told.LevelsEvent(call=str(call.id), rx=event.rx, tx=event.tx))
            case say.DigitReceived(call=number):
                if call := self._by_number(role, number):
                    self._hub.publish(told.DigitEvent(call=str(call.id), digit=event.digit))
            case _:
                return

    def on_connection(self, role: say.Role, event: say.ConnectionEvent) -> None:
        """A connection changed: the locks that rest on it change with it."""
        for call in list(self._calls.values()):
            known = call.connection
            if call.role is role and known is not None and known.id == event.id:
                call.connection = event
                self._publish(call)

    def on_worker_down(self, role: say.Role, reason: str) -> None:
        """A worker died: its calls are over, and are not dialled again."""
        for call in [call for call in self._calls.values() if call.role is role]:
            self._finish(call, Outcome.LOST, f"lost: {reason}")

    # Inside

    def _new(
        self,
        role: say.Role,
        account: str,
        transport: Transport,
        direction: Direction,
        remote: Party,
        state: CallState,
        number: int | None = None,
    ) -> LiveCall:
        self._last_id += 1
        return LiveCall(
            id=self._last_id,
            number=self._last_id if number is None else number,
            role=role,
            account=account,
            transport=transport,
            direction=direction,
            remote=remote,
            state=state,
            started=time.time(),
        )

    def _announce(self, call: LiveCall) -> None:
        self._calls[call.id] = call
        self._log_row(
            lambda: self._history.begin(
                call.id, call.account, call.direction, call.remote, call.started
            )
        )
        self._publish(call)

    def _on_incoming(self, role: say.Role, event: say.IncomingCall) -> None:
        transport = Transport.TLS
        connection = self._find_connection(role, event.connection)
        if role is say.Role.OPEN:
            transport = connection.transport if connection else Transport.UDP
        call = self._new(
            role, event.account, transport, Direction.IN, party(event.remote),
            CallState.INCOMING, event.call,
        )  # fmt: skip
        call.connection = connection
        self._announce(call)

    def _on_refused(self, role: say.Role, event: say.RefusedCall) -> None:
        call = self._new(
            role, event.account or "?", Transport.TLS, Direction.IN, party(event.remote),
            CallState.INCOMING,
        )  # fmt: skip
        known = next(
            (c for c in self._calls.values() if c.role is role and c.remote == call.remote
             and c.state is CallState.INCOMING),
            None,
        )  # fmt: skip
        if known is None:
            self._announce(call)
        call = known or call
        call.code = event.code
        self._finish(call, Outcome.REFUSED, event.reason)

    def _on_state(self, call: LiveCall, event: say.CallStateEvent) -> None:
        call.code = event.code or call.code
        call.cause = event.cause or call.cause
        self._use(call, event.connection)
        if event.state is CallState.ENDED:
            self._on_ended(call, event)
            return
        call.state = event.state
        call.reason = event.reason
        if event.state.answered and call.answered is None:
            call.answered = time.time()
            self._log_row(lambda: self._history.answered(call.id, call.answered or 0.0))
            self._start_hangup_timer(call)
        self._publish(call)

    def _on_ended(self, call: LiveCall, event: say.CallStateEvent) -> None:
        answered = call.answered is not None
        if call.cause is not None and call.cause.startswith("refused"):
            outcome = Outcome.REFUSED
        elif call.direction is Direction.OUT:
            outcome = reasons.outgoing(answered, event.code, call.ended_here)
        else:
            outcome = reasons.incoming(answered, call.ended_here)
        text = call.cause
        if text is None and outcome is not Outcome.ANSWERED:
            text = self._why(call, event)
        self._finish(call, outcome, text or "")

    def _why(self, call: LiveCall, event: say.CallStateEvent) -> str:
        if call.connection is None:
            refusal = self._find_refusal(call.account)
            if refusal is not None:
                return refusal
        elif call.connection.error:
            return call.connection.error
        return reasons.words(event.code, event.reason)

    def _on_statistics(self, call: LiveCall, event: say.StatisticsEvent) -> None:
        call.see_streams(event.streams)
        self._use(call, event.connection)
        call.quality = assess(event, call.codec)
        self._publish(call)

    def _use(self, call: LiveCall, connection: int | None) -> None:
        if connection is not None:
            call.connection = self._find_connection(call.role, connection) or call.connection

    def _finish(self, call: LiveCall, outcome: Outcome, reason: str) -> None:
        call.ended = time.time()
        call.state = CallState.ENDED
        call.cause = reason or call.cause
        self._calls.pop(call.id, None)
        self._ended.set()
        if call.hangup_timer is not None:
            call.hangup_timer.cancel()
        _remove(call.temporary)
        self._log_row(
            lambda: self._history.end(
                call.id, call.ended or 0.0, outcome, call.code, reason, call.last_lock,
                call.was_open, call.codec,
            )
        )  # fmt: skip
        self._publish(call)

    def _publish(self, call: LiveCall) -> None:
        snapshot = call.snapshot(time.time())
        if call.state.answered:
            call.last_lock = snapshot.lock.state
            call.was_open = call.was_open or not snapshot.lock.closed
        self._hub.publish(told.CallEvent(call=snapshot))

    def _log_row(self, write: Callable[[], LogEntry]) -> None:
        # A full disk must not cost anybody the call they are in.
        try:
            self._hub.publish(told.LogEvent(entry=write()))
        except (HistoryError, KeyError) as error:
            log.error("%s", error)
            self._hub.publish(told.NoticeEvent(level="error", text=str(error)))

    def _start_hangup_timer(self, call: LiveCall) -> None:
        if call.hangup_after_s is None:
            return
        loop = asyncio.get_running_loop()

        def end() -> None:
            task = loop.create_task(self._hang_up_quietly(call))
            self._background.add(task)
            task.add_done_callback(self._background.discard)

        call.hangup_timer = loop.call_later(call.hangup_after_s, end)

    async def _hang_up_quietly(self, call: LiveCall) -> None:
        try:
            await self.hang_up(str(call.id))
        except Refusal as error:
            log.info("call %s ended before its time was up: %s", call.id, error)

    async def _hold_others(self, but: LiveCall) -> None:
        # One microphone: a person speaks into one call at a time.
        for call in list(self._calls.values()):
            if call is but or not call.uses_microphone or call.state is not CallState.ACTIVE:
                continue
            await self._ask(call, say.HoldCall(call=call.number, on=True))

    async def _ask(self, call: LiveCall, command: say.AnyWorkerCommand) -> None:
        try:
            await self._workers[call.role].ask(command)
        except (WorkerRefused, WorkerGone) as error:
            raise Refusal("call_failed", f"call {call.id}: {error}") from error

    def _find(self, call_id: str) -> LiveCall:
        call = self._calls.get(int(call_id)) if call_id.isdecimal() else None
        if call is None:
            raise Refusal("no_call", f"there is no call {call_id}")
        return call

    def _answered(self, call_id: str, what: str) -> LiveCall:
        answered = {state for state in CallState if state.answered}
        return self._in_state(call_id, answered, what)

    def _in_state(self, call_id: str, states: set[CallState], what: str) -> LiveCall:
        call = self._find(call_id)
        if call.state not in states:
            state = call.state.value.replace("_", " ")
            raise Refusal("wrong_state", f"call {call_id} is {state}: it cannot be {what} now")
        return call

    def _by_number(self, role: say.Role, number: int) -> LiveCall | None:
        for call in self._calls.values():
            if call.role is role and call.number == number:
                return call
        return None


def _remove(path: Path | None) -> None:
    if path is not None:
        path.unlink(missing_ok=True)
