"""Starts processes of workers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from voip.engine.workers.command import command


class Process(Protocol):
    """Process of a worker, as asyncio has it."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    @property
    def stdout(self) -> asyncio.StreamReader | None: ...
    async def wait(self) -> int: ...
    def kill(self) -> None: ...


class Started(NamedTuple):
    """Process of a worker, and the engine's end of the socket that it talks on."""

    process: Process
    link: socket.socket


StartProcess = Callable[[], Awaitable[Started]]
"""Starts a worker.

Raises:
    OSError: it cannot be started.
"""


async def execute(theirs: socket.socket) -> Process:
    """Start a process of `voip.worker`, which gets a copy of the socket.

    Raises:
        OSError: it cannot be started.
    """
    words, options = command(theirs)
    return await asyncio.create_subprocess_exec(*words, **options)


async def start_process(
    start: Callable[[socket.socket], Awaitable[Process]] = execute,
) -> Started:
    """Start a worker on a new socket.

    Raises:
        OSError: it cannot be started.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            return Started(await start(theirs), ours)
        except BaseException:
            ours.close()
            raise
