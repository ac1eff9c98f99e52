"""Worker that loads its modules while the engine loads its own."""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING

from voip.engine.workers.command import command

if TYPE_CHECKING:
    import asyncio

    from voip.engine.workers.processes import Started


class _Adopted:
    """A `Process` that was started before asyncio was loaded."""

    def __init__(self, process: subprocess.Popen[bytes], stdout: asyncio.StreamReader) -> None:
        self._process = process
        self.pid = process.pid
        self.stdout = stdout

    @property
    def returncode(self) -> int | None:
        return self._process.poll()

    async def wait(self) -> int:
        import asyncio

        return await asyncio.to_thread(self._process.wait)

    def kill(self) -> None:
        self._process.kill()


class Spare:
    """Worker that waits for the first who needs one."""

    def __init__(self) -> None:
        self._waiting: tuple[subprocess.Popen[bytes], socket.socket] | None = None

    def start(self) -> None:
        """Start it; where that fails, whoever needs one gets the error."""
        ours, theirs = socket.socketpair()
        with theirs:
            words, options = command(theirs)
            try:
                self._waiting = subprocess.Popen(words, **options), ours
            except OSError:
                ours.close()

    async def take(self) -> Started:
        """Give the spare to the first who asks, and start a worker for all others.

        Raises:
            OSError: it cannot be started.
        """
        import asyncio

        from voip.engine.workers.processes import Started, start_process

        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return await start_process()
        process, link = waiting
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), process.stdout)
        return Started(_Adopted(process, reader), link)

    def close(self) -> None:
        """End it, if nobody has taken it."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            process, link = waiting
            link.close()
            process.kill()
            process.communicate()
