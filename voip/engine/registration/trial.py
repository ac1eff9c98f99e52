"""A worker of its own in which one account is tried, and that ends with the trial.

Nothing of it can be left behind: the account unregisters and is gone when the
process ends, and the process ends with the trial or with the engine. Accounts
and calls of the phone live in other processes and notice nothing.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

from voip.engine.supervisor import StartProcess, Supervisor, WorkerGone
from voip.protocol.settings import Audio
from voip.protocol.worker.accounts import AccountSetup, OpenAccount, RegisterNow
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import AnyWorkerEvent, Configure, Ready
from voip.security.policy import DEMANDS


class Trial:
    """`async with` starts it and ends it; `register` sends the one REGISTER."""

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
        """Register the account; `event` tells what comes of it.

        Raises:
            WorkerGone, WorkerRefused: the worker did not start, or would not.
        """
        await self._worker.wait_up()
        await self._worker.ask(OpenAccount(account=self._setup))
        await self._worker.ask(RegisterNow(name=self._setup.name))

    async def event(self) -> AnyWorkerEvent:
        """The next thing that happens.

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
