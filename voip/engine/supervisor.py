"""Starts worker processes, talks to them, and restarts dead ones.

A dead worker is restarted with a growing delay. Its work is lost: the owner gets a
report, and nothing is redialled.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
from collections.abc import Awaitable, Callable

from voip.engine.intake import clean_event
from voip.engine.workers.processes import Process, StartProcess
from voip.protocol.framing import MAX_REPLY, Decoder, FramingError, encode
from voip.protocol.worker.process import (
    AnyWorkerCommand,
    AnyWorkerEvent,
    Configure,
    Done,
    Order,
    Quit,
    Ready,
)
from voip.security.text import clean

log = logging.getLogger(__name__)
_worker_log = logging.getLogger("worker")

_READY_TIMEOUT_S = 20.0
_REPLY_TIMEOUT_S = 10.0
_QUIT_TIMEOUT_S = 6.0
_LINGER_S = 1.0
_FIRST_DELAY_S = 0.5
_LONGEST_DELAY_S = 30.0
_STABLE_AFTER_S = 60.0

# ALSA and JACK print long complaints about missing devices.
_NOISE = re.compile(
    r"jack server|Jack|ALSA lib|Cannot connect to server|aserver|pcm_\w+\.c|conf\.c|confmisc"
)

OnEvent = Callable[[AnyWorkerEvent], None]
OnUp = Callable[[Ready], Awaitable[None]]
OnDown = Callable[[str], None]


class WorkerGone(Exception):
    """Missing worker: none runs, or it died before it answered."""


class WorkerRefused(Exception):
    """Command that the worker refused; the text says why."""


class Supervisor:
    """One supervised worker process.

    `on_up` runs each time a process is ready, before any other command; `on_down` each
    time one is gone, with the reason. Texts for both and for `on_event` have been
    cleaned.
    """

    def __init__(
        self,
        configure: Callable[[], Configure],
        on_event: OnEvent,
        on_up: OnUp,
        on_down: OnDown,
        start_process: StartProcess,
    ) -> None:
        self._start_process = start_process
        self._configure = configure
        self._on_event = on_event
        self._on_up = on_up
        self._on_down = on_down
        self._task: asyncio.Task[None] | None = None
        self._process: Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._pending: dict[int, asyncio.Future[None]] = {}
        self._last_id = 0
        self._up = asyncio.Event()
        self.ready: Ready | None = None
        self.failure: str | None = None

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    def start(self) -> None:
        """Start to keep a process running; returns at once."""
        if not self.running:
            self._task = asyncio.create_task(self._keep_running())

    async def wait_up(self, timeout_s: float = _READY_TIMEOUT_S) -> Ready:
        """Wait for the worker's first message.

        Raises:
            WorkerGone: none came up in time.
        """
        try:
            await asyncio.wait_for(self._up.wait(), timeout_s)
        except TimeoutError:
            raise WorkerGone(self.failure or "the worker did not start in time") from None
        if self.ready is None:
            raise WorkerGone(self.failure or "the worker is gone")
        return self.ready

    async def ask(self, command: AnyWorkerCommand) -> None:
        """Send a command and wait until it is accepted.

        Raises:
            WorkerRefused: it was not.
            WorkerGone: there is no worker, or it died.
        """
        if self._writer is None:
            raise WorkerGone(self.failure or "the worker is starting again")
        self._last_id += 1
        number = self._last_id
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending[number] = future
        try:
            self._writer.write(encode(Order(id=number, command=command)))
            await asyncio.wait_for(future, _REPLY_TIMEOUT_S)
        except TimeoutError:
            raise WorkerGone("the worker did not answer") from None
        finally:
            self._pending.pop(number, None)

    async def stop(self) -> None:
        """End the process in good order; kill it if it does not end."""
        task, self._task = self._task, None
        process = self._process
        if task is None:
            return
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        if process is None or process.returncode is not None:
            return
        if self._writer is not None:
            with contextlib.suppress(OSError):
                self._writer.write(encode(Order(id=0, command=Quit())))
        try:
            await asyncio.wait_for(process.wait(), _QUIT_TIMEOUT_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        self._gone("the worker was stopped")

    async def _keep_running(self) -> None:
        delay = _FIRST_DELAY_S
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            reason = await self._run_once()
            self._gone(reason)
            log.warning("worker gone: %s", reason)
            self._on_down(reason)
            if loop.time() - started > _STABLE_AFTER_S:
                delay = _FIRST_DELAY_S
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY_S)

    async def _run_once(self) -> str:
        try:
            process, link = await self._start_process()
        except OSError as error:
            return f"the worker could not be started: {error}"
        self._process = process
        reader, writer = await asyncio.open_connection(sock=link, limit=MAX_REPLY)
        self._writer = writer
        tail: list[str] = []
        logging_task = asyncio.create_task(_follow_log(process, tail))
        await self._serve(reader, writer)
        code = await _end_of(process)
        await logging_task
        return _reason(code, tail)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder: Decoder[AnyWorkerEvent] = Decoder(AnyWorkerEvent)
        writer.write(encode(Order(id=0, command=self._configure())))
        up_task: asyncio.Task[None] | None = None
        try:
            while True:
                try:
                    line = await reader.readline()
                except (ValueError, OSError):
                    log.exception("a worker sent a line over the limit")
                    return
                if not line:
                    return
                try:
                    event = clean_event(decoder.decode(line))
                except FramingError:
                    log.exception("a worker sent an unknown event")
                    return
                if isinstance(event, Ready):
                    self.ready = event
                    self.failure = None
                    up_task = asyncio.create_task(self._come_up(event))
                elif isinstance(event, Done):
                    if event.id == 0 and event.error is not None:
                        log.error("a worker could not start: %s", event.error)
                        return
                    self._settle(event)
                else:
                    self._on_event(event)
        finally:
            if up_task is not None:
                up_task.cancel()

    async def _come_up(self, ready: Ready) -> None:
        self._up.set()
        await self._on_up(ready)

    def _settle(self, done: Done) -> None:
        future = self._pending.pop(done.id, None)
        if future is None or future.done():
            return
        if done.error is None:
            future.set_result(None)
        else:
            future.set_exception(WorkerRefused(done.error))

    def _gone(self, reason: str) -> None:
        self._up.clear()
        if self._writer is not None:
            self._writer.close()
        self._writer = None
        self._process = None
        self.ready = None
        self.failure = reason
        for future in self._pending.values():
            if not future.done():
                future.set_exception(WorkerGone(reason))
        self._pending.clear()


async def _end_of(process: Process) -> int:
    """Return a silent worker's exit status; kills it if it lingers."""
    try:
        return await asyncio.wait_for(process.wait(), _LINGER_S)
    except TimeoutError:
        # process.kill() would hide the exit status from asyncio.
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        return await process.wait()


async def _follow_log(process: Process, tail: list[str]) -> None:
    stream = process.stdout
    if stream is None:
        return
    while True:
        try:
            line = await stream.readline()
        except ValueError:  # longer than the reader's limit: dropped
            continue
        if not line:
            return
        text = line.decode("utf-8", errors="replace").rstrip()
        if not text or _NOISE.search(text):
            continue
        _worker_log.info("%s", text)
        tail.append(text)
        del tail[:-5]


def _reason(code: int, tail: list[str]) -> str:
    if code == 3 and tail:
        return clean(tail[-1])
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"the worker was ended by {signal.Signals(-code).name}"
    return f"the worker ended with status {code}"
