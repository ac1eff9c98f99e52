"""The certificates that servers show to a look, with and without TLS."""

from __future__ import annotations

import asyncio
import datetime
import socket
from collections.abc import Callable
from pathlib import Path

import certifi
import pytest

from tests.support.keyfiles import of_no_version, pin_of
from tests.support.network.ports import free_port
from tests.support.peers.hostile import own_host
from tests.support.peers.opensslserver import OpensslServer, self_made
from tests.support.pki import Authority, Leaf
from voip.engine.errors import Refusal
from voip.engine.trust import handshake
from voip.protocol.trust import ServerReport
from voip.protocol.worker.accounts import Target

_DAY = datetime.timedelta(days=1)
_UNTRUSTED = "no authority that is trusted issued the server's certificate"
_SELF_SIGNED = "the server's certificate is self-signed: no authority that is trusted issued it"


async def look(server: OpensslServer, authority: Authority) -> ServerReport:
    return await handshake.look(
        server.host, [Target(server.host, server.port)], authority.file, False
    )


async def report_on(
    leaf: Leaf | None, authority: Authority, *words: str, host: str = "127.0.0.1"
) -> ServerReport:
    server = OpensslServer(leaf, *words, host=host)
    await server.start()
    try:
        return await look(server, authority)
    finally:
        await server.stop()


async def test_a_good_server_is_shown_as_it_is_and_told_nothing(authority: Authority) -> None:
    host = own_host()
    leaf = authority.issue("good", addresses=[host])
    server = OpensslServer(leaf, "-cert_chain", str(authority.file), "-trace", host=host)
    await server.start()
    report = await look(server, authority)
    assert (report.host, report.port) == (host, server.port)
    assert (report.version, report.cipher) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    assert (report.problems, report.refused) == ((), ())
    own, above = report.chain
    assert own.names == (host,)
    assert own.key_sha256 == pin_of(leaf.certificate)
    assert (own.key, own.signature) == ("EC P-256", "ecdsa-with-SHA256")
    assert above.subject == "CN=Test Authority"
    # The server has seen a handshake and its end, and no data.
    output = await server.until("\nDONE\n")
    assert "Inner Content Type = Handshake" in output
    assert "Inner Content Type = ApplicationData" not in output
    await server.stop()


Make = Callable[[Path, Authority, str], Leaf]

BAD: dict[str, tuple[Make, str]] = {
    "self-signed": (
        lambda _, a, host: a.issue("x", addresses=[host], self_signed=True), _SELF_SIGNED
    ),
    "another authority": (
        lambda place, _, host: Authority(place / "o", "Other").issue("x", addresses=[host]),
        _UNTRUSTED,
    ),
    "another authority of the same name": (
        lambda place, _, host: Authority(place / "o").issue("x", addresses=[host]),
        "the server's certificate is not signed by its issuer",
    ),
    "expired": (
        lambda _, a, host: a.issue("x", addresses=[host], starts_in=-9 * _DAY, lasts=_DAY),
        "the server's certificate has expired",
    ),
    "not valid yet": (
        lambda _, a, host: a.issue("x", addresses=[host], starts_in=_DAY),
        "the server's certificate is not valid yet",
    ),
    "for clients": (
        lambda _, a, host: a.issue("x", addresses=[host], client_only=True),
        "the server's certificate is not meant for servers",
    ),
    "another name": (
        lambda _, a, __: a.issue("x", dns=["evil.test", "worse.test"], common_name="127.0.0.1"),
        "the server's certificate is for another name than {host} (it is for evil.test, "
        "worse.test)",
    ),
    "no name": (
        lambda _, a, host: a.issue("x", common_name=host),
        "the server's certificate is for another name than {host}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
async def test_what_is_wrong_with_a_certificate(
    kind: str, place: Path, authority: Authority
) -> None:
    make, words = BAD[kind]
    host = own_host()
    leaf = make(place, authority, host)
    report = await report_on(leaf, authority, host=host)
    assert report.problems == (words.format(host=host),)
    assert report.refused == ()
    assert report.chain[0].key_sha256 == pin_of(leaf.certificate)


async def test_everything_that_is_wrong_is_told(place: Path, authority: Authority) -> None:
    leaf = Authority(place / "o", "Other").issue(
        "x", dns=["evil.test"], starts_in=-9 * _DAY, lasts=_DAY
    )
    report = await report_on(leaf, authority)
    assert report.problems == (
        "the server's certificate has expired",
        _UNTRUSTED,
        "the server's certificate is for another name than 127.0.0.1 (it is for evil.test)",
    )


@pytest.mark.parametrize("bits", [512, 1024])
async def test_a_short_key_is_refused_with_a_pin_too(
    bits: int, place: Path, authority: Authority
) -> None:
    leaf = self_made(place, "127.0.0.1", "-newkey", f"rsa:{bits}")
    report = await report_on(leaf, authority, "-tls1_2", "-cipher", "DEFAULT@SECLEVEL=0")
    words = f"the server's key is too short: RSA {bits} bits, and 2048 are the least that is safe"
    assert report.refused == (words,)
    assert report.problems == (_SELF_SIGNED, words)


async def test_a_weak_signature(place: Path) -> None:
    # A self-signed certificate's signature proves nothing, and is not checked.
    root = self_made(place / "root", "127.0.0.1", "-newkey", "rsa:2048")
    leaf = self_made(
        place, "127.0.0.1", "-newkey", "rsa:2048", "-sha1", "-CA", str(root.certificate),
        "-CAkey", str(root.key),
    )  # fmt: skip
    server = OpensslServer(leaf, "-cipher", "DEFAULT@SECLEVEL=0")
    await server.start()
    report = await handshake.look(
        server.host, [Target(server.host, server.port)], root.certificate, False
    )
    assert report.problems == (
        "the server's certificate is signed with SHA-1, which is no longer safe",
    )
    assert report.refused == ()
    await server.stop()


async def test_a_name_is_sent_and_a_wildcard_is_the_account_s_choice(authority: Authority) -> None:
    leaf = authority.issue("wild", dns=["*.localhost.test"])
    second = ("-cert2", str(leaf.certificate), "-key2", str(leaf.key), "-servername_fatal")
    server = OpensslServer(leaf, "-servername", "pbx.localhost.test", *second)
    await server.start()
    target = Target(server.host, server.port)
    problems = [
        (await handshake.look("pbx.localhost.test", [target], authority.file, allow)).problems
        for allow in (False, True)
    ]
    assert problems == [
        (
            "the server's certificate is for another name than pbx.localhost.test "
            "(it is for *.localhost.test)",
        ),
        (),
    ]
    await server.stop()


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_a_server_that_wants_a_certificate_shows_its_own(
    version: str, authority: Authority
) -> None:
    leaf = authority.issue("good", addresses=["127.0.0.1"])
    report = await report_on(leaf, authority, "-Verify", "1", version)
    assert report.problems == ()
    assert len(report.chain) == 1


@pytest.mark.parametrize(
    ("words", "with_leaf", "refusal"),
    [
        (("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"), True,
         "speaks TLSv1.1 at most: TLS 1.2 or later is needed, and a pin does not fix it"),
        (("-tls1_2", "-cipher", "aNULL@SECLEVEL=0"), False,
         "offers anonymous ciphers alone (ADH-AES256-GCM-SHA384), which show no certificate: it "
         "could be anybody, and there is nothing to pin"),
        (("-tls1_2", "-cipher", "eNULL@SECLEVEL=0"), True,
         "offers broken ciphers alone (ECDHE-ECDSA-NULL-SHA), and a pin does not fix it"),
    ],
)  # fmt: skip
async def test_a_server_that_offers_nothing_safe(
    words: tuple[str, ...], with_leaf: bool, refusal: str, authority: Authority
) -> None:
    leaf = authority.issue("good", addresses=["127.0.0.1"]) if with_leaf else None
    server = OpensslServer(leaf, *words)
    await server.start()
    with pytest.raises(Refusal) as caught:
        await look(server, authority)
    assert str(caught.value) == f"127.0.0.1:{server.port} {refusal}"
    await server.stop()


async def test_a_certificate_that_cannot_be_read(place: Path, authority: Authority) -> None:
    leaf = of_no_version(authority.issue("x", addresses=["127.0.0.1"]), place)
    with pytest.raises(Refusal, match="shows a certificate that cannot be read"):
        await report_on(leaf, authority)


async def test_a_server_that_is_none(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    async def asked(port: int, host: str = "127.0.0.1") -> str:
        with pytest.raises(Refusal) as caught:
            await handshake.look(host, [Target(host, port)], Path(certifi.where()), False)
        return str(caught.value)

    async def answer_in_the_clear(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"SIP/2.0 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.close()

    plain = await asyncio.start_server(answer_in_the_clear, "127.0.0.1", 0)
    port = plain.sockets[0].getsockname()[1]
    assert await asked(port) == f"127.0.0.1:{port} does not speak TLS"
    plain.close()
    port = free_port()
    assert await asked(port) == f"the connection to 127.0.0.1:{port} failed: Connection refused"
    monkeypatch.setattr(handshake, "_TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert await asked(port) == f"127.0.0.1:{port} did not answer within 10 seconds"
