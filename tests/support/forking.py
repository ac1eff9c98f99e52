"""Engines and workers forked from processes that have their modules loaded.

Four fifths of their starts are imports, which hundreds of tests would repeat. What is
forked here runs the same `main`, with an environment, a session and an output of its
own. One process forks engines, another one the workers of these engines, and a third
one commands.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import ctypes
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

_LARGEST = 1 << 17  # bytes of an environment
_PIPE = 1 << 16  # bytes that a pipe holds while nobody reads
_PR_SET_NAME = 15


class Forked:
    """A forked process, as far as tests and engines use `asyncio.subprocess.Process`.

    `server` is the process that forks the workers of a forked engine.
    """

    def __init__(
        self,
        pid: int,
        server: int | None,
        output: asyncio.StreamReader,
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self.pid = pid
        self.stdout = self.stderr = output
        self.returncode: int | None = None
        self._server = server
        self._end = asyncio.create_task(self._read_end(*connection))

    async def wait(self) -> int:
        return await asyncio.shield(self._end)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def worker_pids(self) -> list[int]:
        """Forked workers of this engine."""
        if self._server is None:
            return []
        return [pid for pid in children(self._server) if _name_of(pid) == _name(self.pid)]

    async def _read_end(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        self.returncode = int(await reader.readline())
        writer.close()
        return self.returncode


def children(process: int) -> list[int]:
    """Processes that a process has started, in their order."""
    return [
        int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()
    ]


async def fork(environment: Mapping[str, str]) -> Forked:
    """Start an engine with `environment`; its standard error is a pipe."""
    return await _fork(_server("engines"), environment)


async def command(
    words: Sequence[str], environment: Mapping[str, str], text: bytes
) -> tuple[int, bytes, bytes]:
    """Run `offhook` with `text` to read; its exit status, output and standard error."""
    assert len(text) <= _PIPE, "nobody would read the rest"
    reads, ours = os.pipe()
    output, writes = os.pipe()
    with os.fdopen(reads), os.fdopen(writes), os.fdopen(ours, "wb") as given:
        given.write(text)
        process = await _fork(_server("commands"), environment, reads, writes, words=words)
    said = await _reader(output)
    out, errors = await asyncio.gather(said.read(), process.stderr.read())
    return await process.wait(), out, errors


class _Request(NamedTuple):
    environment: dict[str, str]
    engine: int
    """Process that asks."""
    words: list[str]
    """Those of a command, after its name."""


async def _fork(
    server: socket.socket,
    environment: Mapping[str, str],
    *given: int,
    words: Sequence[str] = (),
) -> Forked:
    """Have a server fork a process, which gets copies of the `given` descriptors."""
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    with theirs, os.fdopen(write, "wb") as output:
        # The message makes the server fork; it holds the other end of each.
        socket.send_fds(server, [b"\n"], [theirs.fileno(), output.fileno(), *given])
    loop = asyncio.get_running_loop()
    ours.setblocking(False)
    request = _Request(dict(environment), os.getpid(), list(words))
    await loop.sock_sendall(ours, json.dumps(request).encode() + b"\n")
    connection = await asyncio.open_connection(sock=ours)
    reader = await _reader(read)
    pid, below = json.loads(await connection[0].readline())
    return Forked(pid, below, reader, connection)


async def _reader(pipe: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(pipe))
    return reader


@functools.cache
def _server(kind: str) -> socket.socket:
    """Start the server of this process's engines or commands; it ends with this process."""
    process, ours = _start(kind)

    def stop() -> None:
        ours.close()
        process.wait()

    atexit.register(stop)
    return ours


def _start(kind: str) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs:
        words = [sys.executable, "-m", "tests.support.forking", kind, str(theirs.fileno())]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
    return process, ours


# In the servers


def _serve_engines(requests: socket.socket) -> None:
    # What most engines load later is loaded here, too.
    import cryptography.x509  # noqa: F401
    import dns.asyncresolver  # noqa: F401
    import keyring.backends.fail  # noqa: F401

    import voip.engine.serving  # noqa: F401
    from voip.engine import __main__ as program
    from voip.engine.workers.processes import Started, start_process
    from voip.engine.workers.spare import Spare
    from voip.protocol.client import Request
    from voip.protocol.framing import Decoder
    from voip.protocol.worker.process import AnyWorkerEvent

    # The first decoder of a type looks at each of its fields.
    for kind in (Request, AnyWorkerEvent):
        Decoder(kind)

    process, workers = _start("workers")

    class ForkedWorkers(Spare):
        """No spare one: a forked worker has loaded its modules."""

        def start(self) -> None:
            pass

        async def take(self) -> Started:
            return await start_process(self._fork)

        async def _fork(self, theirs: socket.socket) -> Forked:
            return await _fork(workers, os.environ, theirs.fileno())

    vars(program)["Spare"] = ForkedWorkers

    def run(request: _Request, given: Sequence[int]) -> NoReturn:
        _end_with(lambda: program.main(True))

    _serve(requests, run, process.pid)


def _serve_workers(requests: socket.socket) -> None:
    import voip.worker.link
    import voip.worker.loop  # noqa: F401
    from voip.protocol.framing import Decoder
    from voip.protocol.worker.process import Order
    from voip.worker.__main__ import main

    Decoder(Order)

    def run(request: _Request, given: Sequence[int]) -> NoReturn:
        os.dup2(2, 1)
        ctypes.CDLL(None).prctl(_PR_SET_NAME, _name(request.engine).encode(), 0, 0, 0)
        sys.argv[1:] = map(str, given)
        # What is left of pjsua2 is freed as at the end of any Python.
        sys.exit(main())

    _serve(requests, run)


def _end_with(program: Callable[[], int | None]) -> NoReturn:
    """Run a program and end with its exit status, at once: nothing is freed one by one."""
    status: int | None = 1
    try:
        status = program()
    except SystemExit as end:
        assert end.code is None or isinstance(end.code, int), "its text would be lost"
        status = end.code
    except BaseException:
        # What ends the process is told where its reader waits for it.
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status or 0)


def _serve_commands(requests: socket.socket) -> None:
    # What most commands load later; each has to load its own module by itself.
    import voip.cli.app
    import voip.cli.common
    import voip.cli.quick
    import voip.client.stream  # noqa: F401
    from voip.cli import main

    def run(request: _Request, given: Sequence[int]) -> NoReturn:
        for standard, descriptor in enumerate(given):
            os.dup2(descriptor, standard)
            os.close(descriptor)
        sys.argv[1:] = request.words
        _end_with(main)

    _serve(requests, run)


def _name(engine: int) -> str:
    """Name of the process of a forked worker, of 15 characters at most."""
    return f"of-{engine}"


def _name_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _serve(
    requests: socket.socket,
    run: Callable[[_Request, Sequence[int]], NoReturn],
    below: int | None = None,
) -> None:
    """Fork a process for each request, which does `run`, and report each one's end.

    A request brings a socket, which carries it, then the process's number and its exit
    status; the process's output; and what the process is given besides. `below` is the
    server of those that the processes start.
    """
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
        data, descriptors, _, _ = socket.recv_fds(requests, 1, 4)
        if not data:
            return
        number, output, *given = descriptors
        connection = socket.socket(fileno=number)
        line = connection.makefile("rb").readline(_LARGEST)
        # An engine that a test has killed asks for half a worker, or for one in vain.
        pid = os.fork() if line else None
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            os.dup2(output, 2)
            for ours in (requests, woken, wakes, connection, *running.values()):
                # Closed at the Python's end, it would be another's of the same number.
                os.close(ours.detach())
            os.close(output)
            request = _Request(*json.loads(line))
            os.environ.clear()
            os.environ.update(request.environment)
            run(request, given)
        for descriptor in (output, *given):
            os.close(descriptor)
        if pid is None:
            connection.close()
            continue
        running[pid] = connection
        with contextlib.suppress(OSError):
            connection.sendall(json.dumps([pid, below]).encode() + b"\n")


def _report_ends(running: dict[int, socket.socket]) -> None:
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            # A test that has failed does not wait for its engine.
            with running.pop(pid) as connection, contextlib.suppress(OSError):
                connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    _servers = {
        "engines": _serve_engines,
        "workers": _serve_workers,
        "commands": _serve_commands,
    }
    with socket.socket(fileno=int(sys.argv[2])) as own:
        _servers[sys.argv[1]](own)
