"""0083: a server proves a transport's own name, and is asked for it."""

from __future__ import annotations

import ssl

import pytest

from tests.conftest import NewServer
from tests.native.conftest import NewProbe
from tests.native.test_patches import NAME_MISMATCH
from tests.support.network.ports import free_port
from tests.support.peers import sip
from tests.support.peers.hostile import HostileServer, registrar
from tests.support.pki import Authority

_NAME = "pbx.example.test"
_OTHER = "other.example.test"


class _Names:
    """TLS settings of a server that writes down the names it is asked for."""

    def __init__(self) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.asked: list[str | None] = []
        self.context.sni_callback = self._note

    def _note(self, _: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        self.asked.append(name)


async def test_a_server_proves_the_name_of_the_transport(
    new_probe: NewProbe, new_server: NewServer, authority: Authority, host: str
) -> None:
    names = _Names()
    server = await new_server(authority.issue("named", dns=[_NAME]), names.context)
    probe = await new_probe(server=f"{host}:{server.port}", server_name=_NAME)
    assert (await probe.until("registration"))["code"] == 200
    connected = await probe.until_transport("connected")
    assert connected["verify_status"] == 0
    assert (connected["remote_name"], connected["remote_address"]) == (_NAME, host)
    assert names.asked == [_NAME]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_a_failed_connection_has_its_address(new_probe: NewProbe, address: str) -> None:
    ipv6 = ":" in address
    where = f"[{address}]" if ipv6 else address
    probe = await new_probe(server=f"{where}:{free_port()}", server_name=_NAME, ipv6=ipv6)
    failed = await probe.until_transport("disconnected")
    assert (failed["remote_name"], failed["remote_address"]) == (_NAME, address)


async def test_a_server_proves_the_name_at_an_address_of_ipv6(
    new_probe: NewProbe, authority: Authority
) -> None:
    server = HostileServer("::1", registrar, authority.issue("named", dns=[_NAME]))
    await server.start()
    probe = await new_probe(server=f"[::1]:{server.port}", server_name=_NAME, ipv6=True)
    assert (await probe.until("registration"))["code"] == 200
    assert (await probe.until_transport("connected"))["remote_name"] == _NAME
    assert await probe.quit() == 0
    await server.stop()


@pytest.mark.parametrize("proof", ["dialled address", "other name"])
async def test_a_server_that_proves_anything_else_gets_no_byte_of_sip(
    new_probe: NewProbe, new_server: NewServer, authority: Authority, host: str, proof: str
) -> None:
    if proof == "other name":
        leaf = authority.issue("other", dns=[_OTHER])
    else:
        leaf = authority.issue("address", addresses=[host])
    server = await new_server(leaf)
    probe = await new_probe(server=f"{host}:{server.port}", server_name=_NAME)
    assert (await probe.until("registration"))["code"] == 503
    assert (await probe.until_transport("disconnected"))["verify_status"] == NAME_MISMATCH
    assert await probe.quit() == 0
    assert await server.all_received() == b""


async def test_without_a_name_the_dialled_host_is_proven(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    names = _Names()
    server = await new_server(None, names.context)
    probe = await new_probe(server=f"{host}:{server.port}")
    assert (await probe.until("registration"))["code"] == 200
    assert (await probe.until_transport("connected"))["remote_name"] == host
    # RFC 6066 section 3: an address is no server name.
    assert names.asked == [None]


async def test_accounts_of_different_names_share_no_connection(
    new_probe: NewProbe, new_server: NewServer, authority: Authority, host: str
) -> None:
    names = _Names()
    server = await new_server(authority.issue("both", dns=[_NAME, _OTHER]), names.context)
    probe = await new_probe(
        server=f"{host}:{server.port}",
        server_name=_NAME,
        others=[{"user": "bob", "server_name": _OTHER}, {"user": "carol", "server_name": ""}],
    )
    for user in ("alice", "bob"):
        assert (await probe.until_registration(user))["code"] == 200
    # Without a name of its own: the address, which this server does not prove.
    assert (await probe.until_registration("carol"))["code"] == 503
    assert set(names.asked) == {_NAME, _OTHER, None}
    users = [
        {message.get("To") for message in connection.messages} for connection in server.connections
    ]
    assert sorted(map(len, users)) == [0, 1, 1]


async def test_requests_within_a_call_stay_on_the_connection_of_the_name(
    new_probe: NewProbe, new_server: NewServer, authority: Authority, host: str
) -> None:
    server = await new_server(authority.issue("both", dns=[_NAME, _OTHER]))
    probe = await new_probe(
        server=f"{host}:{server.port}",
        server_name=_OTHER,
        bound=host,
        others=[{"user": "bob", "server_name": _NAME}],
    )
    for user in ("alice", "bob"):
        await probe.until_registration(user)
    await probe.tell("call", uri=f"sip:carol@{host}:{server.port};transport=tls")
    connection, invite = await server.until(lambda message: message.method == "INVITE")
    # The other account's connection leads to the same address, and is newer.
    connection.send(
        sip.response(
            invite, 200, "OK", contact=f"<sip:carol@{host}:{server.port};transport=tls>",
            body=sip.sdp(host, 9, "RTP/SAVP", (sip.crypto(),)),
        )
    )  # fmt: skip
    acknowledged, _ = await server.until(lambda message: message.method == "ACK")
    await probe.tell("hang up")
    ended, _ = await server.until(lambda message: message.method == "BYE")
    registered, _ = await server.until(
        lambda message: message.method == "REGISTER" and "alice" in message.get("To")
    )
    assert connection is acknowledged is ended is registered


async def test_a_request_without_the_transport_does_not_use_its_name(
    new_probe: NewProbe, new_server: NewServer, authority: Authority, host: str
) -> None:
    server = await new_server(authority.issue("named", dns=[_NAME]))
    probe = await new_probe(server=f"{host}:{server.port}", server_name=_NAME, any_transport=True)
    assert (await probe.until("registration"))["code"] >= 500
    assert await probe.quit() == 0
    assert server.connections == []
