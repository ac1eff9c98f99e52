"""Passes on SIP messages while a client requests them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from voip.background import Background
from voip.engine.hub import Hub
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.protocol.phone import SipMessageEvent
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import ConnectionEvent, SipMessage, WatchSip


class Trace:
    """Switches workers' reports by the hub's listeners; the worker masks them."""

    def __init__(
        self,
        hub: Hub,
        workers: dict[Role, Supervisor],
        find_connection: Callable[[Role, int | None], ConnectionEvent | None],
    ) -> None:
        self._hub = hub
        self._workers = workers
        self._find_connection = find_connection
        self._on = False
        self._background = Background()
        hub.when_listeners_change(self._listeners_changed)

    async def on_worker_up(self, role: Role) -> None:
        """Request reports from a new worker, which sends none by itself."""
        if self._on:
            await self._tell(self._workers[role])

    def on_event(self, role: Role, event: SipMessage) -> None:
        connection = self._find_connection(role, event.connection)
        tls = connection.tls if connection else None
        self._hub.publish(
            SipMessageEvent(
                sent=event.sent,
                remote=event.remote,
                transport=connection.transport if connection else None,
                server=connection.host or None if connection else None,
                verified=bool(connection and connection.outgoing and tls and tls.verified),
                lines=event.lines,
            )
        )

    def close(self) -> None:
        self._background.cancel()

    def _listeners_changed(self) -> None:
        if self._on == self._hub.wants_sip:
            return
        self._on = self._hub.wants_sip
        for worker in self._workers.values():
            self._background.begin(self._tell(worker))

    async def _tell(self, worker: Supervisor) -> None:
        with contextlib.suppress(WorkerGone, WorkerRefused):
            await worker.ask(WatchSip(on=self._on))
