"""Servers by IPv6: as a literal, and by a name that has no other address."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.call.network.inside.ground import DOMAIN, PREFIX
from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.parts import Parts
from tests.support.peers import sip
from tests.support.peers.hostile import Client, DatagramServer, HostileServer, registrar
from tests.support.peers.nameserver import NameServer
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority, Leaf
from voip.causes import Cause, CauseKind
from voip.model import CallState, Outcome
from voip.protection import Transport


def _registers_and_is_busy(client: Client, message: sip.Message) -> None:
    registrar(client, message)  # type: ignore[arg-type]
    if message.method == "INVITE":
        client.send(sip.response(message, 486, "Busy Here"))


@pytest.fixture(params=list(Transport), ids=str)
async def server(
    request: pytest.FixtureRequest, authority: Authority
) -> AsyncIterator[HostileServer | DatagramServer]:
    leaf = authority.issue("v6", dns=[DOMAIN], addresses=["::1"])
    made: HostileServer | DatagramServer
    if request.param is Transport.UDP:
        made = DatagramServer("::1", _registers_and_is_busy)
    else:
        of_tls = leaf if request.param is Transport.TLS else None
        made = HostileServer("::1", _registers_and_is_busy, of_tls)
    async with Parts() as parts:
        yield await parts.begin(made)


async def _works(phone: Phone, server: HostileServer | DatagramServer) -> None:
    """The account is registered, and a call offers voice by IPv6 alone."""
    await phone.until_registered("work")
    call = await phone.call("bob")
    _, invite = await server.until(lambda message: message.method == "INVITE")
    assert "c=IN IP6 ::1" in invite.body
    assert "IN IP4" not in invite.body
    assert "[::1]" in invite.get("Contact")
    assert (await phone.until_logged(call)).outcome is Outcome.BUSY


def _trust(transport: Transport, authority: Authority) -> dict[str, str]:
    return {"ca_file": str(authority.file)} if transport is Transport.TLS else {}


def _transport(server: HostileServer | DatagramServer, request: pytest.FixtureRequest) -> Transport:
    transport = request.node.callspec.params["server"]
    assert isinstance(transport, Transport)
    return transport


async def test_a_server_by_its_address(
    request: pytest.FixtureRequest,
    new_phone: NewPhone,
    authority: Authority,
    server: HostileServer | DatagramServer,
) -> None:
    transport = _transport(server, request)
    phone = await new_phone()
    await phone.add(
        "work", password="x", user="alice", domain=DOMAIN, transport=transport.value,
        server=f"[::1]:{server.port}", **_trust(transport, authority),
    )  # fmt: skip
    await _works(phone, server)


async def test_a_name_that_has_no_other_address(
    request: pytest.FixtureRequest,
    new_phone: NewPhone,
    authority: Authority,
    nameserver: NameServer,
    server: HostileServer | DatagramServer,
) -> None:
    transport = _transport(server, request)
    nameserver.add(f"{PREFIX[transport]}.{DOMAIN}", "SRV", f"1 1 {server.port} six.{DOMAIN}.")
    nameserver.add(f"six.{DOMAIN}", "AAAA", "::1")
    phone = await new_phone()
    await phone.add(
        "work", password="x", user="alice", domain=DOMAIN, transport=transport.value,
        **_trust(transport, authority),
    )  # fmt: skip
    await _works(phone, server)


class _Ipv4Voice(Party):
    """Party whose server has an IPv6 address, and its voice an IPv4 one."""

    def __init__(self, transport: Transport, leaf: Leaf) -> None:
        super().__init__(f"six.{DOMAIN}", transport, leaf, 450, ())
        self.server.host = self.voice_host = "::1"

    def media_address(self, offer: sip.Message | None) -> str:
        return LOOPBACK


@pytest.fixture(params=list(Transport), ids=str)
async def ipv4_voice(
    request: pytest.FixtureRequest,
    new_phone: NewPhone,
    authority: Authority,
    nameserver: NameServer,
) -> AsyncIterator[tuple[Phone, Party]]:
    transport: Transport = request.param
    async with Parts() as parts:
        leaf = authority.issue("v6", dns=[DOMAIN])
        party = await parts.begin(_Ipv4Voice(transport, leaf))
        row = f"1 1 {party.server.port} six.{DOMAIN}."
        nameserver.add(f"{PREFIX[transport]}.{DOMAIN}", "SRV", row)
        nameserver.add(f"six.{DOMAIN}", "AAAA", "::1")
        phone = await new_phone()
        await phone.add(
            "work", password="x", user="alice", domain=DOMAIN, transport=transport.value,
            **_trust(transport, authority),
        )  # fmt: skip
        await phone.until_registered("work")
        yield phone, party


async def test_an_answer_with_voice_by_ipv4_ends_the_call_in_words(
    ipv4_voice: tuple[Phone, Party],
) -> None:
    phone, party = ipv4_voice
    call = await phone.call("bob")
    await party.take()
    ended = await phone.until_state(call, CallState.ENDED)
    assert ended.cause == Cause(CauseKind.VOICE_BY_IPV4, ("far end",))
    assert ended.outcome is Outcome.FAILED
    await party.leave()


async def test_an_offer_with_voice_by_ipv4_is_refused_in_words(
    ipv4_voice: tuple[Phone, Party],
) -> None:
    phone, party = ipv4_voice
    client, register = await party.server.until(lambda message: message.method == "REGISTER")
    secure = party.transport is Transport.TLS
    session = sip.sdp(
        LOOPBACK, 9, "RTP/SAVP" if secure else "RTP/AVP", (sip.crypto(),) if secure else ()
    )
    here = f"six.{DOMAIN}:{party.server.port}"
    client.send(
        sip.request(
            "INVITE", register.get("Contact").split("<")[1].split(">")[0],
            via=f"SIP/2.0/{party.transport.value.upper()} {here}", to=f"<sip:alice@{DOMAIN}>",
            contact=f"<sip:party@{here}>", body=session,
        )
    )  # fmt: skip
    refused = await phone.until_call(lambda call: call.state is CallState.ENDED)
    assert refused.cause == Cause(CauseKind.VOICE_BY_IPV4, ("caller",))
    assert refused.outcome is Outcome.REFUSED
