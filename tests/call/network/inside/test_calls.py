"""A call of an account that does not register finds its server, too."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.call.network.inside.ground import (
    FIRST,
    NOWHERE,
    SECOND,
    UNPROVEN,
    AnyServer,
    Network,
    registers,
    tell,
)
from tests.support.network.ports import free_port
from tests.support.peers import sip
from tests.support.peers.hostile import Client
from voip.model import Outcome
from voip.protection import Transport


def _busy(client: Client, message: sip.Message) -> None:
    if message.method == "INVITE":
        client.send(sip.response(message, 486, "Busy Here"))


def _unavailable(*extra: str) -> Callable[[Client, sip.Message], None]:
    def behave(client: Client, message: sip.Message) -> None:
        if message.method == "INVITE":
            client.send(sip.response(message, 503, extra=extra))

    return behave


async def _reaches(network: Network, server: AnyServer, case: str) -> None:
    """The call arrives at `server`, and is one call of the log, that was busy."""
    began = time.monotonic()
    call = await network.phone.call("bob")
    await server.until(lambda message: message.method == "INVITE")
    tell("INVITE", case, network.transport, began)
    entry = await network.phone.until_logged(call)
    assert entry.outcome is Outcome.BUSY
    assert len((await network.phone.json("history"))["entries"]) == 1


async def test_a_call_goes_on_after_a_refused_connection(network: Network) -> None:
    second = await network.serve(SECOND, _busy)
    network.publish(free_port(), second.port)
    await network.add(register=False)
    await _reaches(network, second, "refused")


@pytest.mark.parametrize("extra", [(), ("Retry-After: 60",)], ids=["503", "503 with Retry-After"])
async def test_a_call_goes_on_after_an_unavailable_server(
    network: Network, extra: tuple[str, ...]
) -> None:
    first = await network.serve(FIRST, _unavailable(*extra))
    second = await network.serve(SECOND, _busy)
    network.publish(first.port, second.port)
    await network.add(register=False)
    await _reaches(network, second, " ".join(("503", *extra)))
    await first.until(lambda message: message.method == "INVITE")


@pytest.mark.parametrize("flaw", UNPROVEN)
@pytest.mark.parametrize("network", [Transport.TLS], indirect=True)
async def test_a_call_goes_on_after_a_server_that_does_not_prove_the_domain(
    network: Network, flaw: str
) -> None:
    first = await network.serve_unproven(_busy, flaw)
    second = await network.serve(SECOND, _busy)
    network.publish(first.port, second.port)
    await network.add(register=False)
    await _reaches(network, second, flaw)
    assert await first.all_received() == b""


async def test_a_call_goes_on_after_a_server_without_a_route(network: Network) -> None:
    second = await network.serve(SECOND, _busy)
    network.publish(5060, second.port, first=NOWHERE)
    await network.add(register=False)
    await _reaches(network, second, "no route")


async def test_a_busy_callee_is_not_called_through_another_server(network: Network) -> None:
    first = await network.serve(FIRST, _busy)
    second = await network.serve(SECOND, registers)
    network.publish(first.port, second.port)
    await network.add(register=False)
    call = await network.phone.call("bob")
    assert (await network.phone.until_logged(call)).outcome is Outcome.BUSY


async def test_a_call_that_no_server_takes_ends_once(network: Network) -> None:
    servers = [await network.serve(host, _unavailable()) for host in (FIRST, SECOND)]
    network.publish(*(server.port for server in servers))
    await network.add(register=False)
    call = await network.phone.call("bob")
    entry = await network.phone.until_logged(call)
    assert (entry.outcome, entry.code) == (Outcome.FAILED, 503)
