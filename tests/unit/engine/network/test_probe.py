"""Targets that are asked if they are back."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.support.network.ports import LOOPBACK, free_port
from tests.support.parts import Parts
from tests.support.peers import sip
from tests.support.peers.hostile import Client, DatagramServer, HostileServer, own_host
from voip.engine.network import probe
from voip.protection import Transport
from voip.protocol.worker.accounts import Target

NewTarget = Callable[[int | None], Awaitable[Target]]


@pytest.fixture
async def new_target() -> AsyncIterator[NewTarget]:
    """Makes UDP servers that answer everything with one status, or nothing."""
    async with Parts() as parts:

        async def make(status: int | None) -> Target:
            def behave(client: Client, message: sip.Message) -> None:
                if status is not None:
                    client.send(sip.response(message, status))

            server = await parts.begin(DatagramServer(own_host(), behave))
            return Target(server.host, server.port)

        yield make


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (200, 200, True),
        (404, None, True),
        (503, 200, False),
        (503, None, False),
        (None, 200, False),
        (None, 405, False),
        # Neither knows OPTIONS.
        (None, None, True),
    ],
)
async def test_over_udp_both_are_asked(
    first: int | None, second: int | None, expected: bool, new_target: NewTarget
) -> None:
    target, current = await new_target(first), await new_target(second)
    assert await probe.is_back(Transport.UDP, "pbx.test", target, current) is expected


@pytest.mark.parametrize("second", [200, None])
async def test_a_port_where_nobody_listens_is_not_back(
    second: int | None, new_target: NewTarget
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind((own_host(), 0))
        target = Target(*gone.getsockname())
    current = await new_target(second)
    assert not await probe.is_back(Transport.UDP, "pbx.test", target, current)


async def test_a_lost_question_is_asked_again(new_target: NewTarget) -> None:
    lost: list[sip.Message] = []

    def behave(client: Client, message: sip.Message) -> None:
        if lost:
            client.send(sip.response(message, 200))
        lost.append(message)

    async with Parts() as parts:
        server = await parts.begin(DatagramServer(own_host(), behave))
        target = Target(server.host, server.port)
        current = await new_target(200)
        assert await probe.is_back(Transport.UDP, "pbx.test", target, current)
    assert len(lost) == 2
    assert lost[0].get("Via") == lost[-1].get("Via")


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.TLS])
async def test_a_connection_is_opened_and_nothing_sent(transport: Transport) -> None:
    async with Parts() as parts:
        server = await parts.begin(HostileServer(own_host(), lambda *_: None, None))
        target = Target(server.host, server.port)
        assert await probe.is_back(transport, "pbx.test", target, target)
        assert await server.all_received() == b""
    gone = Target(LOOPBACK, free_port())
    assert not await probe.is_back(transport, "pbx.test", gone, target)
