"""A target that fails is followed by the next, and returned to (RFC 3263 section 4.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.call.network.inside.ground import (
    FIRST,
    NOWHERE,
    SECOND,
    UNPROVEN,
    AnyServer,
    Network,
    black_hole,
    is_registered_with,
    registers,
)
from tests.conftest import NewPhone
from tests.support.network.ports import free_port
from tests.support.peers import sip
from tests.support.peers.hostile import Client
from voip.causes import CauseKind
from voip.model import CallState, Outcome, RegistrationState
from voip.protection import Transport
from voip.protocol.accounts import AccountEvent
from voip.protocol.calls import HangUp

_RETURN_S = 190.0
"""Longest time of the first return, and a little more (RFC 5626 appendix B)."""


Behaviour = Callable[[Client, sip.Message], None]


def _answers(status: int, *extra: str) -> Behaviour:
    def behave(client: Client, message: sip.Message) -> None:
        if message.method == "REGISTER":
            client.send(sip.response(message, status, extra=extra))

    return behave


async def test_a_server_that_answers_is_the_only_one_asked(network: Network) -> None:
    first = await network.serve(FIRST, registers)
    second = await network.serve(SECOND, _answers(403))
    network.publish(first.port, second.port)
    await network.add()
    await network.registered("no failure")
    await is_registered_with(first)


async def test_a_refused_connection(network: Network) -> None:
    second = await network.serve(SECOND, registers)
    network.publish(free_port(), second.port)
    await network.add()
    await network.registered("refused")
    await is_registered_with(second)
    left = await network.phone.until(
        AccountEvent, lambda e: e.account.registration.cause is not None
    )
    assert left.account.registration.cause is not None
    # Not the silence that it is without a word of the system's.
    assert left.account.registration.cause.kind is CauseKind.CONNECTION_FAILED


async def test_a_server_without_a_route(network: Network) -> None:
    second = await network.serve(SECOND, registers)
    network.publish(5060, second.port, first=NOWHERE)
    await network.add()
    await network.registered("no route")
    await is_registered_with(second)
    # Counted twice, it was a failure of the second, too.
    states = [
        e.event.account.registration.state
        for e in network.phone.events
        if isinstance(e.event, AccountEvent)
    ]
    assert RegistrationState.FAILED not in states


async def test_a_black_hole(network: Network) -> None:
    second = await network.serve(SECOND, registers)
    with black_hole(network.transport) as port:
        network.publish(port, second.port)
        await network.add()
        await network.registered("black hole")
    await is_registered_with(second)


async def test_a_server_that_takes_the_registration_and_is_silent(network: Network) -> None:
    first = await network.serve(FIRST, lambda _client, _message: None)
    second = await network.serve(SECOND, registers)
    network.publish(first.port, second.port)
    await network.add()
    await network.registered("silent")
    await is_registered_with(first)
    await is_registered_with(second)


@pytest.mark.parametrize("extra", [(), ("Retry-After: 60",)], ids=["503", "503 with Retry-After"])
async def test_a_server_that_is_unavailable(network: Network, extra: tuple[str, ...]) -> None:
    first = await network.serve(FIRST, _answers(503, *extra))
    second = await network.serve(SECOND, registers)
    network.publish(first.port, second.port)
    await network.add()
    await network.registered(" ".join(("503", *extra)))
    await is_registered_with(first)
    await is_registered_with(second)


@pytest.mark.parametrize("flaw", UNPROVEN)
@pytest.mark.parametrize("network", [Transport.TLS], indirect=True)
async def test_a_server_that_does_not_prove_the_domain_gets_no_byte_of_sip(
    network: Network, flaw: str
) -> None:
    first = await network.serve_unproven(registers, flaw)
    second = await network.serve(SECOND, registers)
    network.publish(first.port, second.port)
    await network.add()
    await network.registered(flaw)
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


def _talks(server: AnyServer) -> Behaviour:
    def behave(client: Client, message: sip.Message) -> None:
        if message.method == "INVITE":
            # On hold a call lives on without voice.
            body = sip.sdp(server.host, 40000).replace("a=sendrecv", "a=sendonly")
            contact = f"<sip:bob@{server.host}:{server.port}>"
            client.send(sip.response(message, 200, contact=contact, body=body))
        elif message.method in ("BYE", "OPTIONS"):
            client.send(sip.response(message, 200))
        else:
            registers(client, message)

    return behave


@pytest.mark.waits
@pytest.mark.timeout(260)
@pytest.mark.parametrize("network", [Transport.TLS], indirect=True)
async def test_the_first_is_used_again_when_it_answers(
    network: Network, new_phone: NewPhone
) -> None:
    over_udp = replace(network, transport=Transport.UDP, phone=await new_phone("udp"))
    await asyncio.gather(_returns(network), _returns_in_a_call(over_udp))


async def _register_comes(server: AnyServer) -> list[str]:
    """Let a server answer everything; return the methods up to a REGISTER."""
    methods: list[str] = []
    registered = asyncio.Event()
    talks = _talks(server)

    def behave(client: Client, message: sip.Message) -> None:
        if not registered.is_set():
            methods.append(message.method)
        if message.method == "REGISTER":
            registered.set()
        talks(client, message)

    server.behaviour = behave
    await asyncio.wait_for(registered.wait(), _RETURN_S)
    return methods


async def _returns(network: Network) -> None:
    second = await network.serve(SECOND, registers)
    port = free_port()
    network.publish(port, second.port)
    await network.add()
    await network.registered("refused")
    await is_registered_with(second)
    first = await network.serve(FIRST, registers, port=port)
    await _register_comes(first)


async def _returns_in_a_call(network: Network) -> None:
    """Over UDP the first is asked before; a call stays with the second."""
    first = await network.serve(FIRST, _answers(503))
    second = await network.serve(SECOND, registers)
    second.behaviour = _talks(second)
    network.publish(first.port, second.port)
    await network.add()
    await network.registered("503")
    call = await network.phone.call("bob")
    await network.phone.until_state(call, CallState.REMOTE_HELD)
    assert await _register_comes(first) == ["OPTIONS", "REGISTER"]
    await second.until(lambda m: m.method == "OPTIONS" and m.get("From").startswith("<sip:pbx"))
    await network.phone.client.ask(HangUp(call=call))
    await second.until(lambda m: m.method == "BYE")
    assert (await network.phone.until_logged(call)).outcome is Outcome.ANSWERED
