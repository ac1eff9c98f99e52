"""A self-signed server: from a refused account to a pinned one, by keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from tests.terminal.conftest import OpenPhone

_GROUP = 4
_LINE = 8


@pytest.fixture
async def private_pbx(place: Path, authority: Authority) -> AsyncIterator[tuple[Kamailio, Path]]:
    """A PBX that signed its own certificate, and that certificate."""
    leaf = authority.issue("self", dns=[DOMAIN], addresses=[LOOPBACK], self_signed=True)
    server = Kamailio(place / "kamailio", leaf)
    await server.start()
    yield server, leaf.certificate
    await server.stop()


def fingerprint(certificate: Path) -> list[str]:
    """SHA-256 of its public key, in the lines that are read out."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    digest = hashes.Hash(hashes.SHA256())
    digest.update(
        key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    text = digest.finalize().hex().upper()
    groups = [text[at : at + _GROUP] for at in range(0, len(text), _GROUP)]
    return [" ".join(groups[at : at + _LINE]) for at in range(0, len(groups), _LINE)]


async def test_a_private_pbx_is_trusted_by_its_fingerprint_in_a_few_keys(
    private_pbx: tuple[Kamailio, Path], phone: Phone, open_phone: OpenPhone
) -> None:
    server, certificate = private_pbx
    await phone.run(
        "account", "add", "pbx", "--user", "alice", "--domain", DOMAIN,
        "--server", f"{LOOPBACK}:{server.tls_port}", "--password-stdin", text="secret-alice\n",
    )  # fmt: skip
    terminal = await open_phone()
    await terminal.shows("1 failed", "P shows its certificate")
    await terminal.keys("Tab", "Tab")
    await terminal.shows("P certificate")
    await terminal.keys("P")
    # The user compares this with the fingerprint from the PBX's operator.
    await terminal.shows("self-signed", *fingerprint(certificate))

    after_reading = ["Enter", "Down", "Enter"]
    assert len(after_reading) < 10
    await terminal.keys(after_reading[0])
    await terminal.shows("only this key")
    await terminal.keys(*after_reading[1:])
    await terminal.until(lambda s: "1 registered" in s and "self-signed" not in s, "registered")
    await phone.attach()
    account = (await phone.status()).accounts[0]
    assert account.tls is not None
    assert account.tls.pinned
    assert account.tls.verified


async def test_a_changed_key_is_left_alone_by_enter_and_accepted_by_a_word(
    private_pbx: tuple[Kamailio, Path], authority: Authority, place: Path, phone: Phone,
    open_phone: OpenPhone,
) -> None:  # fmt: skip
    server, certificate = private_pbx
    await phone.run(
        "account", "add", "pbx", "--user", "alice", "--domain", DOMAIN,
        "--server", f"{LOOPBACK}:{server.tls_port}", "--pin", "".join(fingerprint(certificate)),
        "--password-stdin", text="secret-alice\n",
    )  # fmt: skip
    terminal = await open_phone()
    await terminal.shows("1 registered")
    await server.stop()
    leaf = authority.issue("new", dns=[DOMAIN], addresses=[LOOPBACK], self_signed=True)
    other = Kamailio(place / "other", leaf)
    other.tls_port = server.tls_port
    await other.start()
    try:
        await terminal.shows("P shows its certificate")
        await terminal.keys("Tab", "Tab", "P")
        await terminal.shows(
            "The server shows another key than before", "enter leaves everything as it is",
            "by command on", *fingerprint(certificate), *fingerprint(leaf.certificate),
        )  # fmt: skip
        await terminal.keys("Enter")
        await terminal.shows("Nothing was changed", "1 failed")
        await terminal.keys("P")
        # The key has an effect once the server has been looked at.
        await terminal.shows("A accept the other key")
        await terminal.keys("A")
        await terminal.shows("type the word accept here", *fingerprint(leaf.certificate))
        await terminal.keys("a", "c", "c", "e", "p", "t", "Enter")
        await terminal.shows("1 registered")
    finally:
        await other.stop()
