"""A target that fails is followed by the next (RFC 3263 section 4.3)."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

import pytest

from tests.conftest import NewPhone
from tests.support.network.ports import free_port
from tests.support.parts import Part, Parts
from tests.support.peers import sip
from tests.support.peers.hostile import Client, DatagramServer, HostileServer, registrar
from tests.support.peers.nameserver import NameServer
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import RegistrationState
from voip.protection import Transport
from voip.protocol.accounts import AccountEvent

_DOMAIN = "pbx.test"
_FIRST, _SECOND = "127.1.0.1", "127.1.0.2"
_PREFIX = {
    Transport.UDP: "_sip._udp",
    Transport.TCP: "_sip._tcp",
    Transport.TLS: "_sips._tcp",
}

AnyServer = HostileServer | DatagramServer


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
        name: str = _DOMAIN,
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

    def publish(self, *ports: int) -> None:
        """Name the servers at these ports, the first before the second."""
        hosts = (("a", _FIRST), ("b", _SECOND))
        rows = []
        for priority, ((letter, host), port) in enumerate(zip(hosts, ports, strict=True)):
            self.nameserver.add(f"{letter}.{_DOMAIN}", "A", host)
            rows.append(f"{priority} 0 {port} {letter}.{_DOMAIN}.")
        self.nameserver.add(f"{_PREFIX[self.transport]}.{_DOMAIN}", "SRV", *rows)

    async def add(self) -> None:
        trust = {"ca_file": str(self.authority.file)} if self.transport is Transport.TLS else {}
        self.began = time.monotonic()
        await self.phone.add(
            "work", password="secret", user="alice", domain=_DOMAIN,
            transport=self.transport.value, **trust,
        )  # fmt: skip

    async def registered(self, case: str) -> None:
        await self.phone.until_registered("work")
        print(f"{case}, {self.transport}: {time.monotonic() - self.began:.2f} s")


@pytest.fixture(params=list(Transport), ids=str)
async def network(
    request: pytest.FixtureRequest,
    new_phone: NewPhone,
    nameserver: NameServer,
    authority: Authority,
) -> AsyncIterator[Network]:
    async with Parts() as parts:
        yield Network(await new_phone(), nameserver, authority, request.param, parts)


def _answers(status: int, *extra: str) -> Callable[[Client, sip.Message], None]:
    def behave(client: Client, message: sip.Message) -> None:
        if message.method == "REGISTER":
            client.send(sip.response(message, status, extra=extra))

    return behave


def _registers(client: Client, message: sip.Message) -> None:
    registrar(client, message)  # type: ignore[arg-type]


@contextlib.contextmanager
def _black_hole(transport: Transport) -> Iterator[int]:
    """A port of the first server where nothing is ever answered."""
    kind = socket.SOCK_DGRAM if transport is Transport.UDP else socket.SOCK_STREAM
    with contextlib.ExitStack() as stack:
        hole = stack.enter_context(socket.socket(socket.AF_INET, kind))
        hole.bind((_FIRST, 0))
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


async def _is_registered_with(server: AnyServer) -> None:
    await server.until(lambda message: message.method == "REGISTER")


async def test_a_refused_connection(network: Network) -> None:
    second = await network.serve(_SECOND, _registers)
    network.publish(free_port(), second.port)
    await network.add()
    await network.registered("refused")
    await _is_registered_with(second)


async def test_a_black_hole(network: Network) -> None:
    second = await network.serve(_SECOND, _registers)
    with _black_hole(network.transport) as port:
        network.publish(port, second.port)
        await network.add()
        await network.registered("black hole")
    await _is_registered_with(second)


@pytest.mark.parametrize("extra", [(), ("Retry-After: 60",)], ids=["503", "503 with Retry-After"])
async def test_a_server_that_is_unavailable(network: Network, extra: tuple[str, ...]) -> None:
    first = await network.serve(_FIRST, _answers(503, *extra))
    second = await network.serve(_SECOND, _registers)
    network.publish(first.port, second.port)
    await network.add()
    await network.registered(f"503 {''.join(extra)}")
    await _is_registered_with(first)
    await _is_registered_with(second)


async def test_a_server_that_proves_another_name_gets_no_byte_of_sip(network: Network) -> None:
    if network.transport is not Transport.TLS:
        return
    first = await network.serve(_FIRST, _registers, name="a.pbx.test")
    second = await network.serve(_SECOND, _registers)
    network.publish(first.port, second.port)
    await network.add()
    await network.registered("another name")
    assert isinstance(first, HostileServer)
    assert await first.all_received() == b""


async def test_a_password_that_is_refused_is_asked_for_at_no_other(network: Network) -> None:
    first = await network.serve(_FIRST, _answers(403))
    second = await network.serve(_SECOND, _registers)
    network.publish(first.port, second.port)
    await network.add()
    failed = await network.phone.until(
        AccountEvent, lambda e: e.account.registration.state is RegistrationState.FAILED
    )
    assert failed.account.registration.code == 403


@pytest.mark.timeout(120)
async def test_the_first_is_used_again_when_it_answers(network: Network) -> None:
    second = await network.serve(_SECOND, _registers)
    port = free_port()
    network.publish(port, second.port)
    await network.add()
    await network.registered("refused")
    await _is_registered_with(second)
    position = len(network.phone.events)
    first = await network.serve(_FIRST, _registers, port=port)
    await network.phone.until_registered("work", position)
    await _is_registered_with(first)
