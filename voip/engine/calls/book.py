"""Lists the current calls, logs them, and reports them to clients."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator

from voip.causes import Cause
from voip.engine.calls.live import LiveCall
from voip.engine.history.log import History, HistoryError
from voip.engine.hub import Hub
from voip.model import Call, CallState, Direction, LogEntry, Outcome, Party
from voip.protection import Lock, LockState, Transport
from voip.protocol.calls import CallEvent, LogEvent
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.base import Role
from voip.sip.sentences import sentence

log = logging.getLogger(__name__)


class CallBook:
    """Current calls, from `begin` to `finish`; both are logged.

    `recall` gives a new call the remembered keys of its far end.
    """

    def __init__(self, hub: Hub, history: History, recall: Callable[[LiveCall], None]) -> None:
        self._hub = hub
        self._history = history
        self._recall = recall
        self._calls: dict[int, LiveCall] = {}
        self._last_id = history.last_id()
        self._followers: list[Callable[[LiveCall, Lock], None]] = []
        self.left = asyncio.Event()

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[LiveCall]:
        return iter(list(self._calls.values()))

    def snapshot(self) -> tuple[Call, ...]:
        now = time.time()
        return tuple(call.snapshot(now) for call in self)

    def find(self, call_id: str) -> LiveCall | None:
        """Return the call with the id that clients use."""
        return next((call for call in self if str(call.id) == call_id), None)

    def by_number(self, role: Role, number: int) -> LiveCall | None:
        """Return the call with the number that a worker uses."""
        return next((c for c in self if c.role is role and c.number == number), None)

    def reserve(self, number: int) -> int:
        """Keep the next ids for rows that are no calls of this engine; return the first."""
        self._last_id += number
        return self._last_id - number + 1

    def begin(
        self,
        role: Role,
        account: str,
        transport: Transport,
        direction: Direction,
        remote: Party,
        number: int | None = None,
    ) -> LiveCall:
        """Add a call and log it; `number` None uses its id."""
        self._last_id += 1
        call = LiveCall(
            id=self._last_id,
            number=self._last_id if number is None else number,
            role=role,
            account=account,
            transport=transport,
            direction=direction,
            remote=remote,
            state=CallState.DIALING if direction is Direction.OUT else CallState.INCOMING,
            started=time.time(),
        )
        self._recall(call)
        self._calls[call.id] = call
        self._log_row(
            lambda: self._history.begin(call.id, account, direction, remote, call.started)
        )
        return call

    def turn_away(
        self, account: str, remote: Party, code: int, outcome: Outcome, cause: Cause
    ) -> None:
        """Log a call that does not ring; clients get no event of it."""
        self._last_id += 1
        call_id, now = self._last_id, time.time()
        why = sentence(cause)

        def write() -> LogEntry:
            self._history.begin(call_id, account, Direction.IN, remote, now)
            return self._history.end(
                call_id, now, outcome, code, why, LockState.OPEN, False, None, None
            )

        self._log_row(write)

    def answered(self, call: LiveCall) -> None:
        """Record the time of the answer."""
        call.answered = answered = time.time()
        self._log_row(lambda: self._history.answered(call.id, answered))

    def finish(self, call: LiveCall, outcome: Outcome, cause: Cause | None) -> None:
        """Remove an ended call, complete its log entry and inform the clients."""
        call.ended = ended = time.time()
        call.state = CallState.ENDED
        call.outcome = outcome
        call.cause = cause or call.cause
        self._calls.pop(call.id, None)
        self.left.set()
        call.on_hold_answer(None)
        for timer in (call.hangup_timer, call.reception_timer):
            if timer is not None:
                timer.cancel()
        if call.file is not None:
            call.file.remove_copy()
        self._log_end(call, ended, outcome)
        self.publish(call)

    def amend(self, call: LiveCall, outcome: Outcome, cause: Cause) -> None:
        """Correct the log entry of a call that has ended: more is known by now."""
        if call.ended is None:
            return
        call.outcome, call.cause = outcome, cause
        self._log_end(call, call.ended, outcome)

    def _log_end(self, call: LiveCall, ended: float, outcome: Outcome) -> None:
        self._log_row(
            lambda: self._history.end(
                call.id,
                ended,
                outcome,
                call.code,
                call.words,
                call.last_lock,
                call.was_open,
                call.codec,
                call.last_sign,
            )
        )

    def follow(self, follower: Callable[[LiveCall, Lock], None]) -> None:
        """Call `follower` with each call that has changed or ended, and its lock."""
        self._followers.append(follower)

    def publish(self, call: LiveCall) -> None:
        """Send the call's present state to the clients."""
        snapshot = call.snapshot(time.time())
        call.note_lock(snapshot.lock)
        self._hub.publish(CallEvent(call=snapshot))
        for follower in self._followers:
            follower(call, snapshot.lock)

    def _log_row(self, write: Callable[[], LogEntry]) -> None:
        # A full disk must not end a call.
        try:
            self._hub.publish(LogEvent(entry=write()))
        except (HistoryError, KeyError) as error:
            log.error("%s", error)
            self._hub.publish(NoticeEvent(level="error", text=str(error)))
