"""Running engine: its socket, and the commands that clients may send."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from functools import partial

from voip.engine import commands
from voip.engine.engine import Engine
from voip.engine.files.lock_file import Locks
from voip.engine.place import Place
from voip.engine.server import Server
from voip.engine.workers.spare import Spare
from voip.paths import Paths

log = logging.getLogger(__name__)


async def serve(paths: Paths, locks: Locks, spare: Spare) -> None:
    """Run an engine, whose first worker is `spare`, until it is asked to stop.

    Raises:
        HistoryError: the call log cannot be used.
        OSError: the socket cannot be bound.
    """
    engine = Engine(paths, spare.take)
    serving = Serving(engine, locks)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, engine.stop_soon)
    # A closing terminal must not stop the engine.
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    await serving.start()
    # Tasks that are to start a worker by now take it first.
    await asyncio.sleep(0)
    spare.close()
    await serving.run()


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
