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


async def _answered_contact(network: Network, server: AnyServer) -> str:
    """Contact of the phone's 180 to a call from the server."""
    client, register = await server.until(lambda message: message.method == "REGISTER")
    target = register.get("Contact").split("<", 1)[1].split(">", 1)[0]
    where = f"{server.host}:{server.port}"
    dialog = sip.Dialog("<sip:bob@pbx.test>;tag=1", f"<sip:alice@{DOMAIN}>", "in-1", target)
    keys = (sip.crypto("AES_CM_128_HMAC_SHA1_80"),) if network.transport is Transport.TLS else ()
    session = sip.sdp(server.host, 40000, "RTP/SAVP" if keys else "RTP/AVP", keys)
    via = f"SIP/2.0/{network.transport.upper()} {where}"
    client.send(
        sip.within(dialog, "INVITE", 1, via=via, contact=f"<sip:bob@{where}>", body=session)
    )
    _, ringing = await server.until(lambda m: m.status == 180 and m.get("Call-ID") == "in-1")
    return ringing.get("Contact")


@_CONNECTIONS
async def test_a_gruu_is_the_contact_of_incoming_calls(network: Network) -> None:
    server, gruu = await _registered(network, DOMAIN)
    assert await _answered_contact(network, server) == f"<{gruu}>"


@_CONNECTIONS
async def test_an_incoming_call_without_a_gruu_has_the_registered_contact(
    network: Network,
) -> None:
    server, _ = await _registered(network, "evil.test")
    contact = await _answered_contact(network, server)
    assert contact.startswith("<sip:alice@127.")


@_CONNECTIONS
async def test_a_gruu_of_another_domain_is_ignored(network: Network) -> None:
    server, _ = await _registered(network, "evil.test")
    assert "evil.test" not in await _contact(network, server)
