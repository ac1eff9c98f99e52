"""A domain with two servers, of which the first is in trouble."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from tests.support.parts import Part, Parts
from tests.support.peers import sip
from tests.support.peers.hostile import Client, DatagramServer, HostileServer, registrar
from tests.support.peers.nameserver import NameServer
from tests.support.phone import Phone
from tests.support.pki import Authority, Leaf
from voip.protection import Transport

DOMAIN = "pbx.test"
FIRST, SECOND = "127.1.0.1", "127.1.0.2"
NOWHERE = "198.51.100.1"
"""Address that no route leads to."""

PREFIX = {
    Transport.UDP: "_sip._udp",
    Transport.TCP: "_sip._tcp",
    Transport.TLS: "_sips._tcp",
}

AnyServer = HostileServer | DatagramServer

UNPROVEN: dict[str, Callable[[Authority], Leaf]] = {
    "another name": lambda ours: ours.issue("a", dns=["a.pbx.test"]),
    "expired": lambda ours: ours.issue(
        "old", dns=[DOMAIN], starts_in=timedelta(days=-60), lasts=timedelta(days=30)
    ),
    "another authority": lambda ours: Authority(ours.file.parent / "other", "Other").issue(
        "foreign", dns=[DOMAIN]
    ),
}
"""Certificates by which a server does not prove the domain, by what is wrong."""


@dataclass
class Network:
    """A domain with two servers, of which the first is in trouble."""

    phone: Phone
    nameserver: NameServer
    authority: Authority
    transport: Transport
    parts: Parts
    began: float = field(default_factory=time.monotonic)

    async def serve(
        self,
        host: str,
        behaviour: Callable[[Client, sip.Message], None],
        name: str = DOMAIN,
        port: int = 0,
    ) -> AnyServer:
        server: AnyServer
        if self.transport is Transport.UDP:
            server = DatagramServer(host, behaviour)
        else:
            leaf = None
            if self.transport is Transport.TLS:
                leaf = self.authority.issue(f"{host}-{name}", dns=[name])
            server = HostileServer(host, behaviour, leaf)
        server.port = port
        part: Part = server
        await self.parts.begin(part)
        return server

    async def serve_unproven(
        self, behaviour: Callable[[Client, sip.Message], None], flaw: str
    ) -> HostileServer:
        """The first server, with a certificate of `UNPROVEN`."""
        return await self.parts.begin(
            HostileServer(FIRST, behaviour, UNPROVEN[flaw](self.authority))
        )

    async def shakes_hands(self, listening: socket.socket) -> bytes:
        """Accept one waiting TLS connection; return all that it carries."""
        leaf = self.authority.issue("late", dns=[DOMAIN])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(leaf.certificate, leaf.key)
        carried: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            carried.set_result(await reader.read())
            writer.close()

        async with await asyncio.start_server(read, sock=listening, ssl=context):
            return await asyncio.wait_for(carried, 20)

    def publish(self, *ports: int, domain: str = DOMAIN, first: str = FIRST) -> None:
        """Name the servers at these ports, the first before any second."""
        hosts = (("a", first), ("b", SECOND))
        rows = []
        for priority, ((letter, host), port) in enumerate(zip(hosts, ports, strict=False)):
            self.nameserver.add(f"{letter}.{DOMAIN}", "A", host)
            rows.append(f"{priority} 0 {port} {letter}.{DOMAIN}.")
        self.nameserver.add(f"{PREFIX[self.transport]}.{domain}", "SRV", *rows)

    async def add(self, register: bool = True, name: str = "work", domain: str = DOMAIN) -> None:
        trust = {"ca_file": str(self.authority.file)} if self.transport is Transport.TLS else {}
        self.began = time.monotonic()
        await self.phone.add(
            name, password="secret", user="alice", domain=domain,
            transport=self.transport.value, register=register, **trust,
        )  # fmt: skip

    async def registered(self, case: str) -> None:
        await self.phone.until_registered("work")
        tell("REGISTER", case, self.transport, self.began)


def tell(request: str, case: str, transport: Transport, began: float) -> None:
    """Print the seconds that a case took, for `tests.bench.failover`."""
    print(f"{request}, {case}, {transport}: {time.monotonic() - began:.2f} s")


def registers(client: Client, message: sip.Message) -> None:
    registrar(client, message)  # type: ignore[arg-type]


async def is_registered_with(server: AnyServer) -> None:
    await server.until(lambda message: message.method == "REGISTER")


@contextlib.contextmanager
def black_hole(transport: Transport) -> Iterator[int]:
    """A port of the first server where nothing is ever answered."""
    kind = socket.SOCK_DGRAM if transport is Transport.UDP else socket.SOCK_STREAM
    with contextlib.ExitStack() as stack:
        hole = stack.enter_context(socket.socket(socket.AF_INET, kind))
        hole.bind((FIRST, 0))
        address = hole.getsockname()
        if kind == socket.SOCK_STREAM:
            # With its queue full, Linux drops further requests for a connection.
            hole.listen(0)
            for _ in range(2):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    waiting.connect(address)
        yield int(address[1])
