"""Ends and rest of processes, the readiness of servers, and commands of a user's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

_LOOK_S = 0.05
_REST_S = 0.01
_PATIENCE_S = 20
_READY = b"ready"


async def end_server(process: asyncio.subprocess.Process | None) -> None:
    """End a server that leads a session, and what it has started; it has nothing to save."""
    if process is None:
        return
    # Asked to end, Kamailio takes five seconds every second time.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def end(process: asyncio.subprocess.Process) -> None:
    """Ask a process to end, and kill it after five seconds; it may have ended."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()


async def until_ready(
    process: asyncio.subprocess.Process, is_ready: Callable[[], Awaitable[bool]], log: Path
) -> None:
    """Wait until a server is ready, of which no event tells.

    Raises:
        AssertionError: it has ended; the text has the end of its `log`.
    """
    ended = asyncio.ensure_future(process.wait())
    try:
        while not ended.done() and not await is_ready():
            await asyncio.wait({ended}, timeout=_LOOK_S)
        written = log.read_text(errors="replace")
        assert not ended.done(), f"the server ended: {written[-3000:]}"
    finally:
        ended.cancel()


async def until_ended(process: int, patience: float) -> None:
    """Wait for the end of a process, at most `patience` seconds.

    Raises:
        TimeoutError: it still runs.
    """
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, ended.set)
    try:
        async with asyncio.timeout(patience):
            await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


async def until_at_rest(processes: Iterable[int], patience: float) -> None:
    """Wait until every thread waits for something, at most `patience` seconds.

    A thread that turns in a circle does not, however busy the machine is.

    Raises:
        TimeoutError: one still computes.
    """
    until = asyncio.get_running_loop().time() + patience
    for process in processes:
        while not _rests(process):
            if asyncio.get_running_loop().time() > until:
                raise TimeoutError
            await asyncio.sleep(_REST_S)


def _rests(process: int) -> bool:
    for thread in Path(f"/proc/{process}/task").iterdir():
        # A thread may end meanwhile.
        with contextlib.suppress(OSError):
            if (thread / "stat").read_text().rpartition(")")[2].split()[0] == "R":
                return False
    return True


def python(program: str) -> str:
    """Return the command that runs a program of Python."""
    return shlex.join((sys.executable, "-c", program))


def hanging(fifo: Path) -> str:
    """Return a command that hangs, as does what it started; both hold the FIFO open."""
    os.mkfifo(fifo)
    return python(
        "import subprocess, time\n"
        f"file = open({str(fifo)!r}, 'wb', buffering=0)\n"
        "subprocess.Popen(['sleep', '1000'], pass_fds=[file.fileno()])\n"
        f"file.write({_READY!r})\n"
        "time.sleep(1000)"
    )


@asynccontextmanager
async def opened(fifo: Path) -> AsyncIterator[asyncio.StreamReader]:
    """Open a FIFO, which ends once nobody holds it open who once did."""
    reader = asyncio.StreamReader()
    file = os.fdopen(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK), "rb")
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), file
    )
    try:
        async with asyncio.timeout(_PATIENCE_S):
            assert await reader.readexactly(len(_READY)) == _READY
            yield reader
    finally:
        transport.close()
