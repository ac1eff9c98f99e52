"""A SIP server that misbehaves on demand, and sinks that must stay dry."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Protocol

from tests.support.peers import sip
from tests.support.pki import Leaf

Behaviour = Callable[["Connection", sip.Message], None]

# Addresses of one network, used again once all were given out.
_HOSTS = itertools.cycle(range(1, 255))


def own_host(*, watched: bool = False) -> str:
    """An address of the loopback range that no other test uses at the time.

    Tests that watch their network take `watched` ones: otherwise they would see
    other tests' messages, which are in the clear by design.
    """
    network = 10 + os.getpid() % 100 + (100 if watched else 0)
    return f"127.{network}.{os.getpid() // 100 % 250}.{next(_HOSTS)}"


class Connection:
    """One client's connection; `messages` are the received ones.

    `certificate` is the client's own over TLS (DER).
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.messages: list[sip.Message] = []
        encrypted: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
        self.certificate = encrypted.getpeercert(binary_form=True) if encrypted else None
        self._together: list[bytes] | None = None

    def send(self, data: bytes) -> None:
        if self._together is None:
            self.writer.write(data)
        else:
            self._together.append(data)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Send what is sent meanwhile as one piece, which the client reads at once."""
        pieces: list[bytes] = []
        self._together = pieces
        yield
        self._together = None
        self.writer.write(b"".join(pieces))

    def drop(self) -> None:
        # Python 3.11.2 has no abort of TLS that the client itself has closed.
        with contextlib.suppress(AttributeError):
            self.writer.transport.abort()

    @property
    def remote(self) -> str:
        host, port = self.writer.get_extra_info("peername")[:2]
        return f"{host}:{port}"


class Datagrams:
    """One client over UDP."""

    def __init__(self, transport: asyncio.DatagramTransport, remote: tuple[str, int]) -> None:
        self._transport = transport
        self._remote = remote

    def send(self, data: bytes) -> None:
        self._transport.sendto(data, self._remote)


class Client(Protocol):
    """A client to answer."""

    def send(self, data: bytes) -> None:
        """Send bytes, as one message where the transport has messages."""


class HostileServer:
    """Serves one behaviour over TLS, or plain TCP without a leaf.

    `received` is every byte that arrived inside the transport: over TLS the
    decrypted ones, so that an aborted handshake leaves it empty. A `context`
    of the test's own makes it speak TLS in other ways. A `port` that is set
    before the start is used.
    """

    def __init__(
        self,
        host: str,
        behaviour: Behaviour,
        leaf: Leaf | None,
        *,
        highest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.host = host
        self.port = 0
        self.behaviour = behaviour
        self.received = bytearray()
        self.connections: list[Connection] = []
        self._leaf = leaf
        self._context = context
        self._highest = highest
        self._server: asyncio.Server | None = None
        self._news = asyncio.Condition()

    async def start(self) -> None:
        context: ssl.SSLContext | None = None
        if self._leaf is not None:
            context = self._context
            if context is None:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.maximum_version = self._highest
                # The phone must refuse weak keys and signatures, not this server.
                context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.load_cert_chain(self._leaf.certificate, self._leaf.key)
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        for connection in self.connections:
            connection.drop()
        if self._server is not None:
            self._server.close()

    async def until(
        self, condition: Callable[[sip.Message], bool]
    ) -> tuple[Connection, sip.Message]:
        """First message for which `condition` is true, with its connection."""

        async def find() -> tuple[Connection, sip.Message]:
            async with self._news:
                while True:
                    for connection in self.connections:
                        for message in connection.messages:
                            if condition(message):
                                return connection, message
                    await self._news.wait()

        return await asyncio.wait_for(find(), 20)

    async def first_connection(self) -> Connection:
        """First client, once it has sent anything."""

        async def find() -> Connection:
            async with self._news:
                while not self.received:
                    await self._news.wait()
            return self.connections[0]

        return await asyncio.wait_for(find(), 20)

    async def until_received(self, count: int, patience: float = 20) -> bytes:
        """All received bytes, once there are as many as this."""

        async def find() -> bytes:
            async with self._news:
                while len(self.received) < count:
                    await self._news.wait()
            return bytes(self.received)

        return await asyncio.wait_for(find(), patience)

    async def all_received(self) -> bytes:
        """All received bytes, once every client is gone."""
        assert self.connections, "no client came as far as a handshake"
        for connection in self.connections:
            with contextlib.suppress(OSError):
                await connection.writer.wait_closed()
        return bytes(self.received)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(writer)
        self.connections.append(connection)
        parser = sip.Parser()
        with contextlib.suppress(OSError, ssl.SSLError):
            while data := await reader.read(65536):
                async with self._news:
                    self.received += data
                    self._news.notify_all()
                for message in parser.feed(data):
                    async with self._news:
                        connection.messages.append(message)
                        self._news.notify_all()
                    self.behaviour(connection, message)
        writer.close()


class DatagramServer:
    """Serves one behaviour over UDP; a client is known by its address."""

    def __init__(self, host: str, behaviour: Callable[[Client, sip.Message], None]) -> None:
        self.host = host
        self.port = 0
        self.behaviour = behaviour
        self._messages: list[tuple[Datagrams, sip.Message]] = []
        self._news = asyncio.Condition()
        self._transport: asyncio.DatagramTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self._receive), local_addr=(self.host, self.port)
        )
        self.port = self._transport.get_extra_info("sockname")[1]

    async def stop(self) -> None:
        if self._transport is not None:
            self._transport.close()
            # The loop closes the socket in its next turn; the port is taken until then.
            await asyncio.sleep(0)

    async def until(
        self, condition: Callable[[sip.Message], bool]
    ) -> tuple[Datagrams, sip.Message]:
        """First message for which `condition` is true, with its sender."""
        async with asyncio.timeout(20), self._news:
            await self._news.wait_for(lambda: any(condition(match) for _, match in self._messages))
        return next(pair for pair in self._messages if condition(pair[1]))

    def _receive(self, data: bytes, remote: tuple[str, int]) -> None:
        assert self._transport is not None
        client = Datagrams(self._transport, remote)
        for message in sip.Parser().feed(data):
            self._messages.append((client, message))
            self.behaviour(client, message)
        task = asyncio.get_running_loop().create_task(self._announce())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _announce(self) -> None:
        async with self._news:
            self._news.notify_all()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, receive: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._receive = receive

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._receive(data, addr)


class Sinks:
    """UDP and TCP sockets on a host that must receive nothing at all."""

    def __init__(self, host: str, ports: tuple[int, ...] = (5060, 5061)) -> None:
        self.host = host
        self._sockets: list[socket.socket] = []
        self._unwatched: list[socket.socket] = []
        for port in ports:
            self._bind(socket.SOCK_DGRAM, port)
            self._bind(socket.SOCK_STREAM, port)

    def open_udp(self) -> int:
        """One more UDP sink on a port of the system's choice, for RTP."""
        return self._bind(socket.SOCK_DGRAM, 0)

    def open_both(self) -> int:
        """UDP and TCP on one more port, for a Contact to point at."""
        while True:
            port = self._bind(socket.SOCK_DGRAM, 0)
            try:
                return self._bind(socket.SOCK_STREAM, port)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                # Some connection has that number over TCP.
                self._sockets.pop().close()

    def open_unwatched(self) -> int:
        """A port for SRTP, which may flow: packets there are not a leak."""
        spare = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        spare.bind((self.host, 0))
        self._unwatched.append(spare)
        return int(spare.getsockname()[1])

    def received(self) -> list[str]:
        """Everything that arrived, empty when nothing did."""
        match = []
        for sink in self._sockets:
            with contextlib.suppress(BlockingIOError):
                if sink.type == socket.SOCK_DGRAM:
                    data, source = sink.recvfrom(65536)
                    match.append(f"{len(data)} bytes by UDP from {source} at {sink.getsockname()}")
                else:
                    connection, source = sink.accept()
                    connection.close()
                    match.append(f"a TCP connection from {source} at {sink.getsockname()}")
        return match

    def close(self) -> None:
        for sink in (*self._sockets, *self._unwatched):
            sink.close()

    def _bind(self, kind: socket.SocketKind, port: int) -> int:
        sink = socket.socket(socket.AF_INET, kind)
        sink.setblocking(False)
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sink.bind((self.host, port))
        except OSError:
            sink.close()
            raise
        if kind == socket.SOCK_STREAM:
            sink.listen()
        self._sockets.append(sink)
        return int(sink.getsockname()[1])


def registrar(connection: Connection, message: sip.Message, expires_s: int = 300) -> None:
    """Accept every registration, and answer nothing else."""
    if message.method == "REGISTER":
        contact = f"{message.get('Contact')};expires={expires_s}"
        connection.send(sip.response(message, 200, "OK", contact=contact))
