"""A call's Contact is the GRUU that the registrar has given (RFC 5627)."""

from __future__ import annotations

import dataclasses

import pytest

from tests.call.network.inside.ground import DOMAIN, FIRST, AnyServer, Network
from tests.support.peers import sip
from tests.support.peers.hostile import Client
from voip.model import CallState
from voip.protection import Transport
from voip.protocol.calls import AnswerCall, Hold

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


class _Caller:
    """Caller of the phone at its server."""

    def __init__(self, network: Network, server: AnyServer, client: Client, target: str) -> None:
        self._server = server
        self._client = client
        where = f"{server.host}:{server.port}"
        self._via = f"SIP/2.0/{network.transport.upper()} {where}"
        self._contact = f"<sip:bob@{where};transport={network.transport}>"
        self._dialog = sip.Dialog(
            "<sip:bob@pbx.test>;tag=1", f"<sip:alice@{DOMAIN}>", "in-1", target
        )
        encrypted = network.transport is Transport.TLS
        keys = (sip.crypto("AES_CM_128_HMAC_SHA1_80"),) if encrypted else ()
        profile = "RTP/SAVP" if encrypted else "RTP/AVP"
        self._session = sip.sdp(server.host, 40000, profile, keys)

    def send(self, method: str, body: str = "") -> None:
        self._client.send(
            sip.within(self._dialog, method, 1, via=self._via, contact=self._contact, body=body)
        )

    async def calls(self) -> str:
        """Call, and return the Contact of the phone's 180."""
        self.send("INVITE", self._session)
        _, ringing = await self._server.until(lambda m: m.status == 180)
        return ringing.get("Contact")

    async def acknowledges(self) -> None:
        _, answer = await self._server.until(
            lambda m: m.status == 200 and m.get("CSeq") == "1 INVITE"
        )
        self._dialog = dataclasses.replace(self._dialog, to=answer.get("To"))
        self.send("ACK")


async def _caller(network: Network, server: AnyServer) -> _Caller:
    client, register = await server.until(lambda message: message.method == "REGISTER")
    target = register.get("Contact").split("<", 1)[1].split(">", 1)[0]
    return _Caller(network, server, client, target)


@_CONNECTIONS
async def test_a_gruu_is_the_contact_of_incoming_calls(network: Network) -> None:
    server, gruu = await _registered(network, DOMAIN)
    caller = await _caller(network, server)
    assert await caller.calls() == f"<{gruu}>"
    call = await network.phone.until_call(lambda c: c.state is CallState.INCOMING)
    assert call.account == "work"
    await network.phone.client.ask(AnswerCall(call=call.id))
    await caller.acknowledges()
    await network.phone.until_state(call.id, CallState.ACTIVE)
    # Within the call it stays so.
    await network.phone.client.ask(Hold(call=call.id))
    _, hold = await server.until(lambda m: m.method == "INVITE")
    assert hold.get("Contact") == f"<{gruu}>"


@_CONNECTIONS
async def test_an_incoming_call_without_a_gruu_has_the_registered_contact(
    network: Network,
) -> None:
    server, _ = await _registered(network, "evil.test")
    contact = await (await _caller(network, server)).calls()
    assert contact.startswith("<sip:alice@127.")


@_CONNECTIONS
async def test_a_gruu_of_another_domain_is_ignored(network: Network) -> None:
    server, _ = await _registered(network, "evil.test")
    assert "evil.test" not in await _contact(network, server)
