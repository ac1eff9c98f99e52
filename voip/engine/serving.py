"""Running engine: its socket, and the commands that clients may send."""

from __future__ import annotations

import asyncio
import logging
import os
from functools import partial

from voip.engine import commands
from voip.engine.engine import Engine
from voip.engine.files.lock_file import Locks
from voip.engine.place import Place
from voip.engine.server import Server

log = logging.getLogger(__name__)


class Serving:
    """Engine with its socket; nothing below it knows of clients."""

    def __init__(self, engine: Engine, locks: Locks) -> None:
        self._engine = engine
        self.server = Server(engine.paths.socket, engine.hub, partial(commands.answer, engine))
        self._place = Place(engine.paths, locks, self.server, engine.notice)

    async def start(self) -> None:
        """Start the accounts, and bind the socket.

        Raises:
            OSError: the socket cannot be bound.
        """
        # The first client may call at once: it needs the accounts.
        await self._engine.start()
        await self._place.open()
        log.info("Offhook %s is up, process %d", self._engine.version, os.getpid())

    async def run(self) -> None:
        """Serve, once started, until the engine is asked to stop."""
        place = asyncio.create_task(self._place.keep())
        try:
            await self._engine.run()
        finally:
            place.cancel()
            await self.server.stop()
            await self._engine.close()
