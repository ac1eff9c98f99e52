"""Connection to the engine from another process, with its events.

`voip.client.oneshot` is quicker for one command: it needs no asyncio.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TypeVar

import msgspec

from voip import paths as places
from voip.client.errors import CommandFailed, NoEngine
from voip.client.starting import reach
from voip.protocol.client import AnyCommand, ErrorInfo, NumberedEvent, Reply, Request
from voip.protocol.framing import MAX_REPLY, Decoder, FramingError, encode

_Data = TypeVar("_Data")


class Client:
    """Connection to the engine, for `async with await Client.connect()`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._replies: Decoder[Reply] = Decoder(Reply)
        self._events: Decoder[NumberedEvent] = Decoder(NumberedEvent)
        self._waiting: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._queue: asyncio.Queue[NumberedEvent | None] = asyncio.Queue()
        self._last_id = 0
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, start: bool = False) -> Client:
        """Connect, starting an engine first if there is none and `start`.

        Raises:
            NoEngine: there is none, or none could be started.
        """
        socket = places.find().socket
        try:
            reader, writer = await asyncio.open_unix_connection(str(socket), limit=MAX_REPLY)
        except OSError:
            socket = await asyncio.to_thread(reach, start)
            try:
                reader, writer = await asyncio.open_unix_connection(str(socket), limit=MAX_REPLY)
            except OSError as error:
                raise NoEngine(f"the engine does not answer: {error}") from error
        return cls(reader, writer)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._task.cancel()
        self._writer.close()
        for future in self._waiting.values():
            future.cancel()

    async def ask(self, command: AnyCommand) -> None:
        """Send a command and wait until it is accepted.

        Raises:
            CommandFailed: the engine refused.
            NoEngine: the connection ended.
        """
        await self._ask(command)

    async def get(self, command: AnyCommand, kind: type[_Data]) -> _Data:
        """Send a command whose reply carries data of `kind`.

        Raises:
            CommandFailed, NoEngine: as `ask`.
        """
        return msgspec.json.decode(await self._ask(command), type=kind)

    async def events(self) -> AsyncIterator[NumberedEvent]:
        """Events, after `Subscribe`, until the engine ends."""
        while True:
            event = await self._queue.get()
            if event is None:
                return
            yield event

    async def _ask(self, command: AnyCommand) -> msgspec.Raw:
        self._last_id += 1
        number = self._last_id
        future: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        if self._task.done():
            raise NoEngine("the engine ended the connection")
        try:
            line = encode(Request(id=number, command=command))
        except FramingError as error:
            raise CommandFailed(ErrorInfo(kind="bad_request", message=str(error))) from error
        self._waiting[number] = future
        self._writer.write(line)
        return await future

    async def _read(self) -> None:
        try:
            while line := await self._reader.readline():
                self._take(line)
        except (OSError, ValueError, FramingError):
            pass  # reported to the waiting commands below
        finally:
            self._queue.put_nowait(None)
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(NoEngine("the engine ended the connection"))

    def _take(self, line: bytes) -> None:
        if line.startswith(b'{"seq"'):
            self._queue.put_nowait(self._events.decode(line))
            return
        reply = self._replies.decode(line)
        future = self._waiting.pop(reply.reply, None) if reply.reply is not None else None
        if future is None or future.done():
            return
        if reply.error is not None:
            future.set_exception(CommandFailed(reply.error))
        else:
            future.set_result(reply.data)
