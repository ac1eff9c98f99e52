"""Addresses of next hops that messages of a call name.

A Contact or a Record-Route may hold a name, which no worker looks up. The name
of an account's own server leads to its target in use, so that its connection
stays the only one; another account of that domain may have another.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from voip.engine.network.resolver import Names
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.protocol.worker.accounts import Target
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import AnswerName, NameAsked


class Hops:
    """Answers workers; `find_target` knows the targets of accounts' servers."""

    def __init__(
        self,
        workers: dict[Role, Supervisor],
        names: Names,
        find_target: Callable[[Role, str, str | None], Target | None],
    ) -> None:
        self._workers = workers
        self._names = names
        self._find_target = find_target
        self._tasks: set[asyncio.Task[None]] = set()

    def on_event(self, role: Role, event: NameAsked) -> None:
        task = asyncio.create_task(self._answer(role, event.name, event.account))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _answer(self, role: Role, name: str, account: str | None) -> None:
        target = self._find_target(role, name.lower(), account)
        if target is not None:
            answer = AnswerName(name=name, addresses=(target.address,), port=target.port)
        else:
            answer = AnswerName(
                name=name, addresses=(await self._names.hop_addresses(name.lower())).records
            )
        with contextlib.suppress(WorkerGone, WorkerRefused):
            await self._workers[role].ask(answer)
