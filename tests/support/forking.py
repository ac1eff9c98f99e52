"""Engines forked from a process that has the modules of one loaded.

Of an engine's start four fifths are imports, which hundreds of tests would
repeat. An engine forked here runs the same `main`, with an environment, a
session and a standard error of its own.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import NoReturn

_LARGEST = 1 << 17  # bytes of an environment


class Forked:
    """A forked process, as far as tests use `asyncio.subprocess.Process`."""

    def __init__(
        self,
        pid: int,
        stderr: asyncio.StreamReader,
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self.pid = pid
        self.stderr = stderr
        self.returncode: int | None = None
        self._end = asyncio.create_task(self._read_end(*server))

    async def wait(self) -> int:
        return await asyncio.shield(self._end)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def _read_end(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        self.returncode = int(await reader.readline())
        writer.close()
        return self.returncode


async def fork(environment: Mapping[str, str]) -> Forked:
    """Start an engine with `environment`; its standard error is a pipe."""
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    with theirs, os.fdopen(write, "wb") as stderr:
        # The message makes the server fork; it holds the other end of each.
        socket.send_fds(_server(), [b"\n"], [theirs.fileno(), stderr.fileno()])
    loop = asyncio.get_running_loop()
    ours.setblocking(False)
    await loop.sock_sendall(ours, json.dumps(dict(environment)).encode() + b"\n")
    server = await asyncio.open_connection(sock=ours)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read))
    return Forked(int(await server[0].readline()), reader, server)


@functools.cache
def _server() -> socket.socket:
    """Start the server of this process's engines; it ends with this process."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())], pass_fds=[theirs.fileno()]
        )

    def stop() -> None:
        ours.close()
        process.wait()

    atexit.register(stop)
    return ours


def _serve(requests: socket.socket) -> None:
    """Fork an engine for each request, and report each one's end.

    A request brings a socket, which carries the environment, then the process's number
    and its exit status, and the process's standard error.
    """
    from voip.engine.__main__ import main

    running: dict[int, socket.socket] = {}
    woken, wakes = socket.socketpair()
    for end in (woken, wakes):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wakes.fileno())
    while True:
        ready, _, _ = select.select([requests, woken], [], [])
        if woken in ready:
            woken.recv(4096)
            _report_ends(running)
        if requests not in ready:
            continue
        data, descriptors, _, _ = socket.recv_fds(requests, 1, 2)
        if not data:
            return
        number, stderr = descriptors
        connection = socket.socket(fileno=number)
        environment = json.loads(connection.makefile("rb").readline(_LARGEST))
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            os.dup2(stderr, 2)
            os.closerange(3, max(stderr, number, wakes.fileno(), *_numbers(running)) + 1)
            os.environ.clear()
            os.environ.update(environment)
            _run(main)
        os.close(stderr)
        running[pid] = connection
        connection.sendall(b"%d\n" % pid)


def _run(main: Callable[[bool], int]) -> NoReturn:
    status = 1
    try:
        status = main(True)
    except BaseException:
        # What ends the process is told where its reader waits for it.
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _numbers(running: Mapping[int, socket.socket]) -> list[int]:
    return [connection.fileno() for connection in running.values()]


def _report_ends(running: dict[int, socket.socket]) -> None:
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            # A test that has failed does not wait for its engine.
            with running.pop(pid) as connection, contextlib.suppress(OSError):
                connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as own:
        _serve(own)
