"""Each way that TLS fails with a server has its own reason."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import NewPhone, NewServer
from tests.support.keyfiles import encrypted, pin_of
from tests.support.peers.opensslserver import OpensslServer
from tests.support.phone import Phone
from tests.support.pki import Authority, Leaf
from voip.causes import Cause, CauseKind

_DAY = datetime.timedelta(days=1)
Issue = Callable[[Authority, str], Leaf]


@pytest.fixture
async def phone(new_phone: NewPhone) -> Phone:
    return await new_phone()


def _below(authority: Authority, is_authority: bool) -> Authority:
    folder = authority.file.parent / "below"
    return Authority(folder, "Below", parent=authority, is_authority=is_authority)


CERTIFICATES: dict[str, tuple[Issue, Cause]] = {
    "expired": (
        lambda ca, host: ca.issue("x", addresses=[host], starts_in=-9 * _DAY, lasts=2 * _DAY),
        Cause(CauseKind.CERTIFICATE_EXPIRED),
    ),
    "not valid yet": (
        lambda ca, host: ca.issue("x", addresses=[host], starts_in=2 * _DAY),
        Cause(CauseKind.CERTIFICATE_NOT_YET),
    ),
    "self-signed": (
        lambda ca, host: ca.issue("x", addresses=[host], self_signed=True),
        Cause(CauseKind.CERTIFICATE_SELF_SIGNED),
    ),
    "of a stranger": (
        lambda ca, host: Authority(ca.file.parent / "b", "Other").issue("x", addresses=[host]),
        Cause(CauseKind.CERTIFICATE_UNTRUSTED),
    ),
    "by no authority": (
        lambda ca, host: _below(ca, is_authority=False).issue("x", addresses=[host]),
        Cause(CauseKind.CERTIFICATE_MAY_NOT_ISSUE),
    ),
    "not for servers": (
        lambda ca, host: ca.issue("x", addresses=[host], client_only=True),
        Cause(CauseKind.CERTIFICATE_PURPOSE),
    ),
    "a short key": (
        lambda ca, host: ca.issue_weakly("x", host, rsa_bits=1024),
        Cause(CauseKind.CERTIFICATE_WEAK_KEY, (0, "RSA", 1024, 2048)),
    ),
    "signed with SHA-1": (
        lambda ca, host: ca.issue_weakly("x", host, digest="sha1"),
        Cause(CauseKind.CERTIFICATE_WEAK_SIGNATURE, (0, "SHA-1")),
    ),
}


@pytest.mark.parametrize("kind", list(CERTIFICATES))
async def test_a_certificate_that_is_refused(
    phone: Phone, new_server: NewServer, authority: Authority, host: str, kind: str
) -> None:
    issue, cause = CERTIFICATES[kind]
    server = await new_server(issue(authority, host), _permissive())
    await phone.add_secure("alice", host, server.port, authority.file)
    assert await _refused(phone) == cause
    assert server.received == b""


SERVERS: dict[str, tuple[tuple[str, ...], CauseKind]] = {
    "TLS 1.1": (("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), CauseKind.TLS_TOO_OLD),
    "anonymous ciphers": (
        ("-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"),
        CauseKind.NO_COMMON_CIPHER,
    ),
    "ciphers that hide nothing": (
        ("-tls1_2", "-cipher", "eNULL:@SECLEVEL=0"),
        CauseKind.NO_COMMON_CIPHER,
    ),
}


@pytest.mark.parametrize("kind", list(SERVERS))
async def test_a_pin_does_not_make_weak_tls_good(
    phone: Phone, authority: Authority, host: str, kind: str
) -> None:
    words, cause = SERVERS[kind]
    leaf = authority.issue("x", addresses=[host])
    server = OpensslServer(leaf, *words, host=host)
    await server.start()
    pin = pin_of(leaf.certificate)
    await phone.add_secure("alice", host, server.port, authority.file, pin=pin)
    assert await _refused(phone) == Cause(cause)
    await server.stop()
    assert "REGISTER" not in server.output


async def test_a_pinned_server_is_accepted_and_said_to_be_pinned(
    phone: Phone, new_server: NewServer, authority: Authority, host: str
) -> None:
    leaf = authority.issue("x", self_signed=True, starts_in=-9 * _DAY, lasts=2 * _DAY)
    server = await new_server(leaf)
    pin = pin_of(leaf.certificate)
    await phone.add_secure("alice", host, server.port, authority.file, pin=pin)
    await phone.until_registered("alice")
    tls = (await phone.status()).accounts[0].tls
    assert tls is not None
    assert (tls.verified, tls.pinned) == (True, True)
    assert tls.peer is not None
    assert (tls.peer.key_sha256, tls.peer.key) == (pin, "EC P-256")
    assert tls.peer.signature == "ecdsa-with-SHA256"


async def test_a_server_that_was_not_pinned_is_not_said_to_be(
    phone: Phone, new_server: NewServer, authority: Authority, host: str
) -> None:
    server = await new_server(authority.issue("x", addresses=[host]))
    await phone.add_secure("alice", host, server.port, authority.file)
    await phone.until_registered("alice")
    tls = (await phone.status()).accounts[0].tls
    assert tls is not None
    assert (tls.verified, tls.pinned) == (True, False)


async def test_another_key_than_the_pinned_one_is_refused(
    phone: Phone, new_server: NewServer, authority: Authority, host: str
) -> None:
    server = await new_server(authority.issue("x", addresses=[host]))
    await phone.add_secure("alice", host, server.port, authority.file, pin="ab" * 32)
    assert (await _refused(phone)).kind is CauseKind.STOPPED_FOR_KEY
    assert server.received == b""


@pytest.mark.parametrize("passphrase", [None, "open sesame"])
async def test_the_client_certificate_is_shown(
    phone: Phone,
    new_server: NewServer,
    authority: Authority,
    host: str,
    place: Path,
    passphrase: str | None,
) -> None:
    client = authority.issue("client", common_name="alice", client_only=True)
    key = client.key
    key.chmod(0o600)
    fields = {}
    if passphrase is not None:
        key = encrypted(key, passphrase)
        file = place / "passphrase"
        file.write_text(passphrase)
        file.chmod(0o600)
        fields["client_passphrase_file"] = str(file)
    server = await new_server(authority.issue("x", addresses=[host]), _demanding(authority))
    await phone.add_secure(
        "alice", host, server.port, authority.file,
        client_certificate=str(client.certificate), client_key=str(key), **fields,
    )  # fmt: skip
    await phone.until_registered("alice")
    assert server.connections[0].certificate is not None
    # A second connection shows it as well.
    server.connections[0].drop()
    await server.until(lambda message: len(server.connections) > 1)


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("-tls1_2", CauseKind.NO_COMMON_CIPHER),
        ("-tls1_3", CauseKind.CLIENT_CERTIFICATE_WANTED),
    ],
)
async def test_a_server_that_wants_a_client_certificate(
    phone: Phone, authority: Authority, host: str, version: str, kind: CauseKind
) -> None:
    server = _demanding_server(authority, host, version)
    await server.start()
    await phone.add_secure("alice", host, server.port, authority.file)
    assert await _refused(phone) == Cause(kind)
    await server.stop()
    assert "REGISTER" not in server.output


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_a_server_that_refuses_the_client_certificate(
    phone: Phone, authority: Authority, host: str, version: str
) -> None:
    stranger = Authority(authority.file.parent / "other", "Other")
    client = stranger.issue("client", common_name="alice", client_only=True)
    client.key.chmod(0o600)
    server = _demanding_server(authority, host, version)
    await server.start()
    await phone.add_secure(
        "alice", host, server.port, authority.file,
        client_certificate=str(client.certificate), client_key=str(client.key),
    )  # fmt: skip
    assert await _refused(phone) == Cause(CauseKind.CLIENT_CERTIFICATE_REFUSED)
    await server.stop()
    assert "REGISTER" not in server.output


def _demanding_server(authority: Authority, host: str, version: str) -> OpensslServer:
    """A server that requires a client certificate of the authority."""
    return OpensslServer(
        authority.issue("x", addresses=[host]), version, "-Verify", "1", "-verify_return_error",
        "-CAfile", str(authority.file), host=host,
    )  # fmt: skip


def _permissive() -> ssl.SSLContext:
    """A server's context that accepts weak keys."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def _demanding(authority: Authority) -> ssl.SSLContext:
    """A server's context that requires a certificate of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_verify_locations(authority.file)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


async def _refused(phone: Phone) -> Cause:
    """Cause of the account's failure."""
    account = await phone.until_failed("alice")
    assert account.tls is None or not account.tls.verified
    assert account.registration.cause is not None
    return account.registration.cause
