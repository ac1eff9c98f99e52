"""Calls that follow their account to another address or connection."""

from __future__ import annotations

import asyncio
import logging

from voip.engine.calls.book import CallBook
from voip.engine.calls.live import LiveCall
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import MoveCall

log = logging.getLogger(__name__)


class Moves:
    """Moves of calls that are up; their far ends decide."""

    def __init__(self, book: CallBook, workers: dict[Role, Supervisor]) -> None:
        self._book = book
        self._workers = workers
        self._tasks: set[asyncio.Task[None]] = set()

    def follow(self, account: str, connection: int | None, moved: bool) -> None:
        """Have an account's calls use its `connection` of now.

        `moved`: this machine has another address, which the media need too.
        """
        for call in self._book:
            if call.account != account or call.answered is None:
                continue
            used = call.connection.id if call.connection else None
            if moved or used != connection:
                task = asyncio.create_task(self._move(call, moved))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _move(self, call: LiveCall, moved: bool) -> None:
        try:
            await self._workers[call.role].ask(MoveCall(call=call.number, media=moved))
        except (WorkerGone, WorkerRefused) as error:
            log.info("call %s was not moved: %s", call.id, error)
