"""A target that fails is followed by the next, and returned to (RFC 3263 section 4.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.call.network.inside.ground import (
    FIRST,
    SECOND,
    Network,
    black_hole,
    is_registered_with,
    registers,
)
from tests.support.network.ports import free_port
from tests.support.peers import sip
from tests.support.peers.hostile import Client, HostileServer
from voip.model import RegistrationState
from voip.protection import Transport
from voip.protocol.accounts import AccountEvent

_RETURN_S = 190.0
"""Longest time of the first return, and a little more (RFC 5626 appendix B)."""


def _answers(status: int, *extra: str) -> Callable[[Client, sip.Message], None]:
    def behave(client: Client, message: sip.Message) -> None:
        if message.method == "REGISTER":
            client.send(sip.response(message, status, extra=extra))

    return behave


async def test_a_refused_connection(network: Network) -> None:
    second = await network.serve(SECOND, registers)
    network.publish(free_port(), second.port)
    await network.add()
    await network.registered("refused")
    await is_registered_with(second)


async def test_a_black_hole(network: Network) -> None:
    second = await network.serve(SECOND, registers)
    with black_hole(network.transport) as port:
        network.publish(port, second.port)
        await network.add()
        await network.registered("black hole")
    await is_registered_with(second)


@pytest.mark.parametrize("extra", [(), ("Retry-After: 60",)], ids=["503", "503 with Retry-After"])
async def test_a_server_that_is_unavailable(network: Network, extra: tuple[str, ...]) -> None:
    first = await network.serve(FIRST, _answers(503, *extra))
    second = await network.serve(SECOND, registers)
    network.publish(first.port, second.port)
    await network.add()
    await network.registered(f"503 {''.join(extra)}")
    await is_registered_with(first)
    await is_registered_with(second)


@pytest.mark.parametrize("network", [Transport.TLS], indirect=True)
async def test_a_server_that_proves_another_name_gets_no_byte_of_sip(network: Network) -> None:
    first = await network.serve(FIRST, registers, name="a.pbx.test")
    second = await network.serve(SECOND, registers)
    network.publish(first.port, second.port)
    await network.add()
    await network.registered("another name")
    assert isinstance(first, HostileServer)
    assert await first.all_received() == b""


async def test_a_password_that_is_refused_is_asked_for_at_no_other(network: Network) -> None:
    first = await network.serve(FIRST, _answers(403))
    second = await network.serve(SECOND, registers)
    network.publish(first.port, second.port)
    await network.add()
    failed = await network.phone.until(
        AccountEvent, lambda e: e.account.registration.state is RegistrationState.FAILED
    )
    assert failed.account.registration.code == 403


@pytest.mark.waits
@pytest.mark.timeout(260)
@pytest.mark.parametrize("network", [Transport.TLS], indirect=True)
async def test_the_first_is_used_again_when_it_answers(network: Network) -> None:
    second = await network.serve(SECOND, registers)
    port = free_port()
    network.publish(port, second.port)
    await network.add()
    await network.registered("refused")
    await is_registered_with(second)
    returned = asyncio.Event()

    def notes(client: Client, message: sip.Message) -> None:
        registers(client, message)
        returned.set()

    await network.serve(FIRST, notes, port=port)
    await asyncio.wait_for(returned.wait(), _RETURN_S)
