"""Private Unix socket for several clients, none of which can block it."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path

import msgspec

from voip.background import Background
from voip.engine.errors import Refusal
from voip.engine.hub import Hub
from voip.protocol.accounts import CheckAccount, RegisterAccount
from voip.protocol.calls import DeleteCalls, DeleteHistory, Hold, PlaceCall, RestoreCalls, Resume
from voip.protocol.client import NO_DATA, AnyCommand, ErrorInfo, NumberedEvent, Reply, Request
from voip.protocol.framing import MAX_LINE, MAX_REPLY, Decoder, FramingError, LineSplitter, encode
from voip.protocol.phone import ImportCalls, Subscribe
from voip.protocol.trust import InspectServer

log = logging.getLogger(__name__)

_MAX_UNREAD = 1024 * 1024
_MAX_CLIENTS = 64

_SLOW = (
    CheckAccount,
    DeleteCalls,
    DeleteHistory,
    ImportCalls,
    InspectServer,
    PlaceCall,
    RegisterAccount,
    RestoreCalls,
)
"""Commands that wait for a server or its name, or for many rows of the log to be written.

The client may use calls until then.
"""

Answer = Callable[[AnyCommand], Awaitable[msgspec.Struct | None]]


class Session:
    """One client; it is written to without waiting, and dropped if it lags."""

    def __init__(self, hub: Hub, writer: asyncio.StreamWriter) -> None:
        self._hub = hub
        self._writer = writer
        self._background = Background()

    def send(self, message: Reply | NumberedEvent) -> None:
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > _MAX_UNREAD:
            log.warning("a client does not read: dropped")
            self.close()
            return
        self._writer.write(encode(message, MAX_REPLY))

    def subscribe(self, topics: Subscribe) -> None:
        self._hub.listen(self.send, topics.levels, topics.sip)

    def in_background(self, work: Coroutine[None, None, None]) -> None:
        """Run work beside the client's other requests; it ends with the session."""
        self._background.begin(work)

    def close(self) -> None:
        self._hub.forget(self.send)
        self._background.cancel()
        self._writer.transport.abort()


class Server:
    """Serves `answer` on the socket at `path`."""

    def __init__(self, path: Path, hub: Hub, answer: Answer) -> None:
        self._path = path
        self._hub = hub
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._bound: os.stat_result | None = None
        self._sessions: set[Session] = set()

    async def start(self) -> None:
        """Bind the socket, for its owner alone; also again.

        Raises:
            OSError: it cannot be bound.
        """
        if self._server is not None:
            # Closing it only stops listening: connected clients stay.
            self._server.close()
        self._path.unlink(missing_ok=True)
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # The folder is 0700 already; the mask covers the moment before chmod.
        before = os.umask(0o177)
        try:
            bound.bind(str(self._path))
        finally:
            os.umask(before)
        self._path.chmod(0o600)
        self._bound = self._path.stat()
        self._server = await asyncio.start_unix_server(self._serve, sock=bound)

    async def stop(self) -> None:
        ours = self.bound
        if self._server is not None:
            self._server.close()
            self._server = None
        for session in list(self._sessions):
            session.close()
        if ours:
            self._path.unlink(missing_ok=True)

    @property
    def stopped(self) -> bool:
        return self._server is None

    @property
    def bound(self) -> bool:
        """Report if a client that connects to the path finds this engine."""
        try:
            status = self._path.lstat()
        except OSError:
            return False
        return self._bound is not None and os.path.samestat(status, self._bound)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not _is_own_user(writer) or len(self._sessions) >= _MAX_CLIENTS:
            writer.transport.abort()
            return
        session = Session(self._hub, writer)
        self._sessions.add(session)
        try:
            await self._converse(session, reader)
        except (OSError, asyncio.IncompleteReadError) as error:
            log.debug("a client went away: %s", error)
        finally:
            self._sessions.discard(session)
            session.close()

    async def _converse(self, session: Session, reader: asyncio.StreamReader) -> None:
        decoder: Decoder[Request] = Decoder(Request)
        splitter = LineSplitter()
        while data := await reader.read(MAX_LINE):
            for line in splitter.feed(data):
                if line is None:
                    session.send(_error(None, "too_long", f"a line is over {MAX_LINE} bytes"))
                elif line.strip():
                    await self._handle(session, decoder, line)

    async def _handle(self, session: Session, decoder: Decoder[Request], line: bytes) -> None:
        try:
            request = decoder.decode(line)
        except FramingError as error:
            session.send(_error(_id_of(line), "bad_request", f"not a request: {error}"))
            return
        if _takes_long(request.command):
            session.in_background(self._carry_out(session, request))
        else:
            await self._carry_out(session, request)

    async def _carry_out(self, session: Session, request: Request) -> None:
        try:
            data = await self._answer(request.command)
        except Refusal as error:
            info = ErrorInfo(error.kind, str(error), error.code, error.problem)
            session.send(Reply(reply=request.id, ok=False, error=info))
        except Exception:
            log.exception("a command failed: %s", type(request.command).__name__)
            text = "the engine failed on this command; its log has the details"
            session.send(_error(request.id, "internal", text))
        else:
            raw = NO_DATA if data is None else msgspec.Raw(msgspec.json.encode(data))
            session.send(Reply(reply=request.id, data=raw))
            if isinstance(request.command, Subscribe):
                session.subscribe(request.command)


def _error(request: int | None, kind: str, message: str) -> Reply:
    error = ErrorInfo(kind=kind, message=message)
    return Reply(reply=request, ok=False, error=error)


class _Envelope(msgspec.Struct):
    id: int | None = None


def _id_of(line: bytes) -> int | None:
    try:
        return msgspec.json.decode(line, type=_Envelope).id
    except (msgspec.DecodeError, RecursionError):
        return None


def _is_own_user(writer: asyncio.StreamWriter) -> bool:
    peer: socket.socket = writer.get_extra_info("socket")
    return _peer_uid(peer) == os.getuid()


if sys.platform == "linux":

    def _peer_uid(peer: socket.socket) -> int:
        words = struct.Struct("3i")  # struct ucred: process, user, group
        raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, words.size)
        return int(words.unpack(raw)[1])

else:

    def _peer_uid(peer: socket.socket) -> int:
        # LOCAL_PEERCRED of the BSDs: struct xucred, whose second word is the user.
        raw = peer.getsockopt(0, 1, 76)
        return int(struct.unpack_from("2I", raw)[1])


def _takes_long(command: AnyCommand) -> bool:
    waits = isinstance(command, (Hold, Resume)) and command.wait
    return waits or isinstance(command, _SLOW)
