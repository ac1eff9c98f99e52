"""Patches for trust: causes, weak keys, pins, own connections."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.conftest import NewServer
from tests.native.conftest import NewProbe
from tests.native.driver import Event, Probe
from tests.support.keyfiles import pin_of
from tests.support.peers.hostile import HostileServer
from tests.support.pki import Authority, Leaf

EXPIRED = 1 << 2  # PJ_SSL_CERT_EVALIDITY_PERIOD
WEAK_SIGNATURE = 1 << 9
NOT_YET_VALID = 1 << 10
SELF_SIGNED = 1 << 11
WEAK_KEY = 1 << 12
INVALID_CA = 1 << 13
NAME_CONSTRAINT = 1 << 14
PIN_MISMATCH = 1 << 15
NAME_MISMATCH = 1 << 30

_DAY = datetime.timedelta(days=1)

Issue = Callable[[Authority, str], Leaf]

_ANYTHING_GOES = """
openssl_conf = conf
[conf]
ssl_conf = ssl
[ssl]
system_default = everything
[everything]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
"""


# 0007: each cause separately, and nothing weak


REFUSED: dict[str, tuple[Issue, int]] = {
    "expired": (
        lambda ca, host: ca.issue("x", addresses=[host], starts_in=-9 * _DAY, lasts=2 * _DAY),
        EXPIRED,
    ),
    "not yet valid": (
        lambda ca, host: ca.issue("x", addresses=[host], starts_in=2 * _DAY),
        NOT_YET_VALID,
    ),
    "self-signed": (
        lambda ca, host: ca.issue("x", addresses=[host], self_signed=True),
        SELF_SIGNED,
    ),
    "by no authority": (
        lambda ca, host: _below(ca, is_authority=False).issue("x", addresses=[host]),
        INVALID_CA,
    ),
    "by an authority for other names": (
        lambda ca, host: _below(ca, permitted=["other.test"]).issue("x", dns=["pbx.test"]),
        NAME_CONSTRAINT | NAME_MISMATCH,
    ),
    "a short key": (lambda ca, host: ca.issue_weakly("x", host, rsa_bits=1024), WEAK_KEY),
    "signed with SHA-1": (
        lambda ca, host: ca.issue_weakly("x", host, digest="sha1"),
        WEAK_SIGNATURE,
    ),
}


@pytest.mark.parametrize("kind", list(REFUSED))
async def test_each_cause_of_a_refusal_has_its_own_mark(
    new_probe: NewProbe,
    new_server: NewServer,
    authority: Authority,
    host: str,
    place: Path,
    kind: str,
) -> None:
    issue, mark = REFUSED[kind]
    server = await new_server(issue(authority, host), _weak_context())
    # A permissive system configuration does not weaken this phone.
    probe = await new_probe(server=f"{host}:{server.port}", system=_permissive_system(place))
    await _is_refused(server, probe, mark)


@pytest.mark.parametrize("cipher", ["aNULL", "eNULL"])
async def test_a_server_with_weak_ciphers_alone_is_refused(
    new_probe: NewProbe, new_server: NewServer, host: str, place: Path, cipher: str
) -> None:
    context = _weak_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{cipher}:@SECLEVEL=0")
    server = await new_server(context=context)
    probe = await new_probe(server=f"{host}:{server.port}", system=_permissive_system(place))
    assert (await probe.until("registration"))["code"] == 503
    assert server.received == b""


async def test_who_we_are_is_shown_to_a_server_that_was_accepted_only(
    new_probe: NewProbe, new_server: NewServer, authority: Authority, host: str
) -> None:
    client = authority.issue("client", common_name="alice", client_only=True)
    certificate, key = str(client.certificate), str(client.key)
    accepted = await new_server(context=_asking_context(authority))
    probe = await new_probe(server=f"{host}:{accepted.port}", certificate=certificate, key=key)
    assert (await probe.until("registration"))["code"] == 200
    assert accepted.connections[0].certificate == _der(client)

    stranger = Authority(authority.file.parent / "other", "Other")
    refused = await new_server(stranger.issue("x", addresses=[host]), _asking_context(authority))
    probe = await new_probe(server=f"{host}:{refused.port}", certificate=certificate, key=key)
    assert (await probe.until("registration"))["code"] == 503
    assert refused.connections[0].certificate is None


# 0008: a server pinned to its key


PINNED: dict[str, Issue] = {
    "good": lambda ca, host: ca.issue("x", addresses=[host]),
    "self-signed": lambda ca, host: ca.issue("x", addresses=[host], self_signed=True),
    "of a stranger": lambda ca, host: Authority(ca.file.parent / "b", "Other").issue("x"),
    "expired": lambda ca, host: ca.issue("x", starts_in=-9 * _DAY, lasts=2 * _DAY),
    "not yet valid": lambda ca, host: ca.issue("x", starts_in=2 * _DAY),
    "for another name": lambda ca, host: ca.issue("x", dns=["other.test"]),
    "for no name": lambda ca, host: ca.issue("x"),
    "not for servers": lambda ca, host: ca.issue("x", client_only=True),
    "signed with SHA-1": lambda ca, host: ca.issue_weakly("x", host, digest="sha1"),
    "of version 1": lambda ca, host: ca.issue_weakly("x", host, version_1=True),
}


@pytest.mark.parametrize("kind", list(PINNED))
async def test_a_pinned_key_is_accepted_whatever_its_certificate_says(
    new_probe: NewProbe, new_server: NewServer, authority: Authority, host: str, kind: str
) -> None:
    leaf = PINNED[kind](authority, host)
    server = await new_server(leaf, _weak_context())
    probe = await new_probe(server=f"{host}:{server.port}", pin=pin_of(leaf.certificate))
    await server.until(lambda message: message.method == "REGISTER")
    assert (await probe.until("registration"))["code"] == 200
    assert (await probe.until_transport("connected"))["verify_status"] == 0


async def test_a_pinned_key_is_accepted_for_a_certificate_that_was_renewed(
    new_probe: NewProbe, new_server: NewServer, authority: Authority, host: str
) -> None:
    first = authority.issue("first", addresses=[host])
    key = serialization.load_pem_private_key(first.key.read_bytes(), None)
    renewed = authority.issue("renewed", dns=["new.test"], key=key)  # type: ignore[arg-type]
    assert _der(renewed) != _der(first)
    server = await new_server(renewed)
    probe = await new_probe(server=f"{host}:{server.port}", pin=pin_of(first.certificate).upper())
    assert (await probe.until("registration"))["code"] == 200


@pytest.mark.parametrize(
    "pin",
    ["00" * 32, "zz" * 32, "00", "", "the right one, cut", "the right one, and more", "{ca}"],
)
async def test_any_other_key_gets_no_byte_of_sip(
    new_probe: NewProbe,
    new_server: NewServer,
    authority: Authority,
    host: str,
    leaf: Leaf,
    pin: str,
) -> None:
    # The certificate is good in every other way, and the authority's own is sent.
    leaf.certificate.write_bytes(leaf.certificate.read_bytes() + authority.file.read_bytes())
    filled = {
        "{ca}": pin_of(authority.file),
        "the right one, cut": pin_of(leaf.certificate)[:62],
        "the right one, and more": pin_of(leaf.certificate) + "00",
        "": " ",
    }.get(pin, pin)
    server = await new_server(leaf)
    probe = await new_probe(server=f"{host}:{server.port}", pin=filled)
    await _is_refused(server, probe, PIN_MISMATCH)


async def test_a_pinned_key_that_is_short_is_refused(
    new_probe: NewProbe, new_server: NewServer, authority: Authority, host: str, place: Path
) -> None:
    leaf = authority.issue_weakly("x", host, rsa_bits=1024)
    server = await new_server(leaf, _weak_context())
    probe = await new_probe(
        server=f"{host}:{server.port}",
        pin=pin_of(leaf.certificate),
        system=_permissive_system(place),
    )
    await _is_refused(server, probe, WEAK_KEY)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_connection_is_never_a_resumed_one(
    new_probe: NewProbe,
    new_server: NewServer,
    authority: Authority,
    host: str,
    leaf: Leaf,
    version: ssl.TLSVersion,
) -> None:
    context = _weak_context()
    context.maximum_version = version
    server = await new_server(leaf, context)
    probe = await new_probe(server=f"{host}:{server.port}", pin=pin_of(leaf.certificate))
    connection, _ = await server.until(lambda message: message.method == "REGISTER")
    assert (await probe.until("registration"))["code"] == 200

    # A resumed session shows no certificate. This server gives and accepts
    # tickets, but its key is another now.
    other = authority.issue("other", addresses=[host])
    context.load_cert_chain(other.certificate, other.key)
    before = bytes(server.received)
    connection.drop()
    await probe.until_transport("destroyed")
    await probe.tell("register")
    refused = await probe.until("transport", lambda event: event["verify_status"] == PIN_MISMATCH)
    assert refused["state"] == "disconnected"
    assert await probe.quit() == 0
    assert bytes(server.received) == before
    assert context.session_stats()["hits"] == 0


async def test_accounts_with_different_trust_never_share_a_connection(
    new_probe: NewProbe, new_server: NewServer, host: str, leaf: Leaf
) -> None:
    server = await new_server(leaf)
    probe = await new_probe(
        server=f"{host}:{server.port}",
        others=[
            {"user": "bob", "pin": pin_of(leaf.certificate)},
            {"user": "carol", "pin": "00" * 32},
            {"user": "dave"},
        ],
    )
    for user in ("alice", "bob", "dave"):
        assert (await _registration(probe, user))["code"] == 200
    assert (await _registration(probe, "carol"))["code"] == 503
    assert await probe.quit() == 0

    await server.all_received()
    carried = [
        {message.get("To") for message in connection.messages}
        for connection in server.connections
        if connection.messages
    ]
    assert sorted(carried, key=str) == [
        {f"<sip:{user}@pbx.test>"} for user in ("alice", "bob", "dave")
    ]


def _below(authority: Authority, **what: Any) -> Authority:
    return Authority(authority.file.parent / "below", "Below", parent=authority, **what)


async def _registration(probe: Probe, user: str) -> Event:
    return await probe.until("registration", lambda event: event["user"] == user)


async def _is_refused(server: HostileServer, probe: Probe, mark: int) -> None:
    """Check that the server got no SIP, and the probe reports one reason."""
    assert (await probe.until("registration"))["code"] == 503
    assert (await probe.until_transport("disconnected"))["verify_status"] == mark
    assert await probe.quit() == 0
    assert await server.all_received() == b""


def _weak_context() -> ssl.SSLContext:
    """A server's context that accepts short keys."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def _asking_context(authority: Authority) -> ssl.SSLContext:
    """A server's context that asks for a certificate, but needs none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_verify_locations(authority.file)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _permissive_system(place: Path) -> Path:
    """A system configuration in which OpenSSL allows everything."""
    file = place / "openssl.cnf"
    file.write_text(_ANYTHING_GOES)
    return file


def _der(leaf: Leaf) -> bytes:
    certificate = x509.load_pem_x509_certificate(leaf.certificate.read_bytes())
    return certificate.public_bytes(serialization.Encoding.DER)
