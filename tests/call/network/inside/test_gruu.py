"""A call's Contact is the GRUU that the registrar has given (RFC 5627)."""

from __future__ import annotations

import pytest

from tests.call.network.inside.ground import DOMAIN, FIRST, AnyServer, Network
from tests.support.peers import sip
from tests.support.peers.hostile import Client
from voip.protection import Transport

_CONNECTIONS = pytest.mark.parametrize("network", [Transport.TCP, Transport.TLS], indirect=True)


async def _registered(network: Network, domain: str) -> tuple[AnyServer, str]:
    """Register with a server that gives a GRUU of a domain."""
    gruu = f"sip:alice@{domain};gr=urn:uuid:1"

    def answers(client: Client, message: sip.Message) -> None:
        if message.method == "REGISTER":
            contact = f'{message.get("Contact")};pub-gruu="{gruu}";expires=300'
            client.send(sip.response(message, 200, contact=contact, extra=("Require: outbound",)))

    server = await network.serve(FIRST, answers)
    network.publish(server.port)
    await network.add()
    await network.registered("gruu")
    return server, gruu


async def _contact(network: Network, server: AnyServer) -> str:
    await network.phone.call("bob")
    _, invite = await server.until(lambda message: message.method == "INVITE")
    return invite.get("Contact")


@_CONNECTIONS
async def test_a_gruu_is_the_contact_of_calls_and_of_no_registration(network: Network) -> None:
    server, gruu = await _registered(network, DOMAIN)
    _, register = await server.until(lambda message: message.method == "REGISTER")
    assert "gruu" in register.all("Supported")
    assert await _contact(network, server) == f"<{gruu}>"
    await network.phone.run("register", "work")
    registers: list[sip.Message] = []

    def again(message: sip.Message) -> bool:
        if message.method == "REGISTER" and message not in registers:
            registers.append(message)
        return len(registers) > 1

    _, second = await server.until(again)
    assert "gr=" not in second.get("Contact")


@_CONNECTIONS
async def test_a_gruu_of_another_domain_is_ignored(network: Network) -> None:
    server, _ = await _registered(network, "evil.test")
    assert "evil.test" not in await _contact(network, server)
