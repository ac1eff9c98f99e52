"""Tries one account in a temporary worker.

Nothing remains: the account unregisters when the process ends, and the process ends
with the trial or with the engine. The phone's own accounts and calls live in other
processes.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

from voip.engine.supervisor import Supervisor, WorkerGone
from voip.engine.workers.processes import StartProcess
from voip.protocol.settings import Audio
from voip.protocol.worker.accounts import AccountSetup, OpenAccount, RegisterNow
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import AnyWorkerEvent, Configure, Ready
from voip.security.policy import DEMANDS


class Trial:
    """Worker for `async with`; `register` sends the one REGISTER."""

    def __init__(self, setup: AccountSetup, user_agent: str, start_process: StartProcess) -> None:
        self._setup = setup
        self._user_agent = user_agent
        self._events: asyncio.Queue[AnyWorkerEvent | WorkerGone] = asyncio.Queue()
        self._worker = Supervisor(
            self._configure,
            self._events.put_nowait,
            self._on_up,
            lambda reason: self._events.put_nowait(WorkerGone(reason)),
            start_process,
        )

    async def __aenter__(self) -> Trial:
        self._worker.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._worker.stop()

    async def register(self) -> None:
        """Register the account; `event` returns the outcome.

        Raises:
            WorkerGone, WorkerRefused: the worker did not start, or refused.
        """
        await self._worker.wait_up()
        await self._worker.ask(OpenAccount(account=self._setup))
        await self._worker.ask(RegisterNow(name=self._setup.name))

    async def event(self) -> AnyWorkerEvent:
        """Wait for the next event.

        Raises:
            WorkerGone: the worker has died.
        """
        event = await self._events.get()
        if isinstance(event, WorkerGone):
            raise event
        return event

    def _configure(self) -> Configure:
        tls_only = DEMANDS[self._setup.transport].tls_only
        return Configure(
            role=Role.SECURE if tls_only else Role.OPEN,
            user_agent=self._user_agent,
            audio=Audio(),
            silent=True,
        )

    async def _on_up(self, ready: Ready) -> None:
        del ready
