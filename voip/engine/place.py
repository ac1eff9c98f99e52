"""Keeps the engine's locks, folder and socket where clients find them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from voip import paths as places
from voip.engine.files import permissions
from voip.engine.files.lock_file import AlreadyRunning, Locks
from voip.engine.server import Server

_LOOK_S = 0.5


class Place:
    """Locks and socket, restored if the runtime folder vanishes.

    It does so at the user's last logout, or when old files are removed.
    """

    def __init__(
        self,
        paths: places.Paths,
        locks: Locks,
        server: Server,
        notice: Callable[[str, str], None],
    ) -> None:
        self._paths = paths
        self._locks = locks
        self._server = server
        self._notice = notice
        self._problem: str | None = None

    async def open(self) -> None:
        """Listen, and record the socket's path.

        Raises:
            OSError: the socket cannot be bound.
        """
        await self._server.start()
        self._locks.tell_socket(self._paths.socket)

    async def keep(self) -> None:
        """Restore what vanished; report a failure once."""
        while True:
            await asyncio.sleep(_LOOK_S)
            if self._server.stopped or (self._server.bound and self._locks.intact):
                continue
            try:
                await self._make_again()
            except (AlreadyRunning, places.UnsafePath, OSError) as error:
                self._complain(str(error))
            else:
                self._complain(None)

    async def _make_again(self) -> None:
        permissions.make_folders(self._paths)
        permissions.mend(self._paths)
        self._locks.take()
        if not self._server.bound:
            await self.open()
            text = f"{self._paths.socket} had vanished: the engine listens there again"
            self._notice("warning", text)

    def _complain(self, problem: str | None) -> None:
        if problem is not None and problem != self._problem:
            text = f"no other program can reach the engine at {self._paths.socket}: {problem}"
            self._notice("error", text)
        self._problem = problem
