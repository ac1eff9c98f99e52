"""Servers by IPv6: as a literal, and by a name that has no other address."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.call.network.inside.ground import DOMAIN
from tests.conftest import NewPhone
from tests.support.parts import Parts
from tests.support.peers import sip
from tests.support.peers.hostile import Client, DatagramServer, HostileServer, registrar
from tests.support.peers.nameserver import NameServer
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import Outcome
from voip.protection import Transport

_PREFIX = {Transport.UDP: "_sip._udp", Transport.TCP: "_sip._tcp", Transport.TLS: "_sips._tcp"}


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
    nameserver.add(f"{_PREFIX[transport]}.{DOMAIN}", "SRV", f"1 1 {server.port} six.{DOMAIN}.")
    nameserver.add(f"six.{DOMAIN}", "AAAA", "::1")
    phone = await new_phone()
    await phone.add(
        "work", password="x", user="alice", domain=DOMAIN, transport=transport.value,
        **_trust(transport, authority),
    )  # fmt: skip
    await _works(phone, server)
