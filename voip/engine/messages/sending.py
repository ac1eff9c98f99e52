"""Texts on their way to the account's server: to its next target, if the first cannot have it.

RFC 3263 section 4.3 sends a request again to the next target after a silence, too. A text
that was answered by nobody may have arrived, and two of it would be two for its reader:
it goes on only from a target that was never connected, or that answered 503.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from voip.causes import Cause, CauseKind
from voip.engine.calls.placing import Servers
from voip.engine.network.failures import is_of_target
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.protection import Transport
from voip.protocol.worker.accounts import Target
from voip.protocol.worker.base import Role
from voip.protocol.worker.messages import SendText, TextSent
from voip.protocol.worker.process import ConnectionEvent

log = logging.getLogger(__name__)

_TIMEOUT = 408
_UNAVAILABLE = 503
_END_S = 45.0
"""Longest wait for the end of a text: SIP gives a request up after 32 s."""


@dataclass
class _Attempt:
    role: Role
    account: str
    target: Target | None
    end: asyncio.Future[TextSent | Cause]
    may_have_arrived: bool = False

    def note(self, role: Role, event: ConnectionEvent) -> None:
        """Note a connection that is up, if it may carry this text."""
        target = self.target
        is_there = target is not None and (event.address, event.port) == (
            target.address,
            target.port,
        )
        if role is self.role and (is_there or not event.accounts or self.account in event.accounts):
            self.may_have_arrived = True


class Sending:
    """Texts that workers send, each by the number that it is kept under."""

    def __init__(self, workers: dict[Role, Supervisor], servers: Servers) -> None:
        self._workers = workers
        self._servers = servers
        self._attempts: dict[int, _Attempt] = {}
        self._up: dict[tuple[Role, int], ConnectionEvent] = {}

    async def send(self, role: Role, transport: Transport, command: SendText) -> TextSent | Cause:
        """Send a text, and return its end, or the cause for none."""
        account = command.account
        tried: tuple[Target, ...] = ()
        while True:
            target = self._servers.target(account)
            tried += () if target is None else (target,)
            result, is_unsent = await self._attempt(role, transport, command, target)
            if not is_unsent or not self._servers.go_on(account, tried):
                return result
            log.info("text %d: the next target of account %s is tried", command.number, account)
            try:
                await self._servers.aim(account)
            except (WorkerRefused, WorkerGone) as error:
                return Cause(CauseKind.NOT_STARTED, (str(error),))

    async def _attempt(
        self, role: Role, transport: Transport, command: SendText, target: Target | None
    ) -> tuple[TextSent | Cause, bool]:
        """Return the end of one attempt, and if its target cannot have the text."""
        end: asyncio.Future[TextSent | Cause] = asyncio.get_running_loop().create_future()
        attempt = _Attempt(role, command.account, target, end)
        for (of, _), event in self._up.items():
            attempt.note(of, event)
        self._attempts[command.number] = attempt
        try:
            await self._ask(role, command, end)
            result = await asyncio.wait_for(end, _END_S)
        except (WorkerRefused, WorkerGone) as error:
            return Cause(CauseKind.NOT_STARTED, (str(error),)), False
        except TimeoutError:
            return Cause(CauseKind.NO_ANSWER), False
        finally:
            self._attempts.pop(command.number, None)
        return result, self._is_unsent(result, attempt, transport)

    async def _ask(
        self, role: Role, command: SendText, end: asyncio.Future[TextSent | Cause]
    ) -> None:
        try:
            await self._workers[role].ask(command)
        except WorkerRefused:
            # What could not be sent has come to its end before; any other refusal is of the
            # text itself, and no fault of the target.
            if not end.done():
                raise

    def _is_unsent(self, result: TextSent | Cause, attempt: _Attempt, transport: Transport) -> bool:
        if isinstance(result, Cause):
            return False
        if result.answered:
            return result.code == _UNAVAILABLE
        if result.code == _TIMEOUT or attempt.may_have_arrived:
            return False
        if transport is Transport.UDP:
            # Nobody listens there, or no route leads there.
            return True
        refusal = self._servers.refusal(attempt.account, result.code)
        return refusal is None or is_of_target(refusal, None)

    def on_sent(self, event: TextSent) -> None:
        """Note the end of a text."""
        self._end(event.number, event)

    def on_worker_down(self, role: Role, reason: str) -> None:
        """Note that the texts of a dead worker were not seen to arrive."""
        self._up = {key: event for key, event in self._up.items() if key[0] is not role}
        for number, attempt in tuple(self._attempts.items()):
            if attempt.role is role:
                self._end(number, Cause(CauseKind.WORKER_GONE, (reason,)))

    def on_connection(self, role: Role, event: ConnectionEvent) -> None:
        """Note that a connection came up, or is down."""
        if not event.up:
            self._up.pop((role, event.id), None)
            return
        if not event.outgoing:
            return
        self._up[role, event.id] = event
        for attempt in self._attempts.values():
            attempt.note(role, event)

    def _end(self, number: int, result: TextSent | Cause) -> None:
        attempt = self._attempts.get(number)
        if attempt is not None and not attempt.end.done():
            attempt.end.set_result(result)
