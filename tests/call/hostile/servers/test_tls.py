"""Faults of a server in TLS itself, before or without a certificate."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from tests.call.hostile.stage import Stage
from tests.support.peers.opensslserver import OpensslServer
from voip.model import Outcome

pytestmark = pytest.mark.asyncio(loop_scope="session")

Serve = Callable[[Stage, contextlib.AsyncExitStack], Awaitable[int]]
"""Starts a server that ends with the stack, and returns its port."""

_OAKLEY_2 = """\
-----BEGIN DH PARAMETERS-----
MIGHAoGBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu+pjsTmyJR
Sgh5jjQE3e+VGbPNOkMbMCsKbfJfFDdP4TVtbVHCReSFtXZiXn7G9ExC6aY37WsL
/1y29Aa37e44a/taiZ+lrp8kEXxLH+ZJKGZR7OZTgf//////////AgEC
-----END DH PARAMETERS-----
"""
"""A group of 1024 bits (RFC 2409 section 6.2)."""


@dataclass(frozen=True)
class Bad:
    serve: Serve
    words: str


def _alert(number: int) -> bytes:
    return bytes([21, 3, 3, 0, 2, 2, number])


def _server_hello(version: int = 0x0303, cipher: int = 0xC02F, compression: int = 0) -> bytes:
    """ServerHello (RFC 5246 section 7.4.1.3) without session or extensions."""
    body = version.to_bytes(2) + bytes(range(32)) + b"\0" + cipher.to_bytes(2)
    body += bytes([compression])
    handshake = b"\x02" + len(body).to_bytes(3) + body
    return b"\x16" + version.to_bytes(2) + len(handshake).to_bytes(2) + handshake


def _says(data: bytes, *, closes: bool = True) -> Serve:
    """A server that sends `data` in answer to the first bytes."""

    async def serve(stage: Stage, until: contextlib.AsyncExitStack) -> int:
        heard: list[bytearray] = []

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            said = bytearray()
            heard.append(said)
            with contextlib.suppress(OSError):
                said += await reader.read(65536)
                writer.write(data)
                await writer.drain()
                if not closes:
                    said += await reader.read()
            writer.close()

        def check() -> None:
            assert heard, "nobody came"
            for said in heard:
                assert said[:1] == b"\x16", said
                _check(said.decode("latin-1"))

        server = await asyncio.start_server(answer, stage.host, 0)
        until.callback(check)
        until.callback(server.close)
        return int(server.sockets[0].getsockname()[1])

    return serve


async def _closes_at_once(stage: Stage, until: contextlib.AsyncExitStack) -> int:
    server = await asyncio.start_server(lambda _, writer: writer.transport.abort(), stage.host, 0)
    until.callback(server.close)
    return int(server.sockets[0].getsockname()[1])


def _openssl(*words: str, certificate: bool = True) -> Serve:
    async def serve(stage: Stage, until: contextlib.AsyncExitStack) -> int:
        leaf = stage.authority.issue_weakly("tls", stage.host) if certificate else None
        server = OpensslServer(leaf, *words, host=stage.host)
        await server.start()
        until.push_async_callback(server.stop)
        until.callback(lambda: _check(server.output))
        return server.port

    return serve


def _check(output: str) -> None:
    assert "REGISTER" not in output
    assert "INVITE" not in output
    assert "SIP/2.0" not in output


async def _short_group(stage: Stage, until: contextlib.AsyncExitStack) -> int:
    file = stage.ground.folder / "dh.pem"
    file.write_text(_OAKLEY_2)
    cipher = "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"
    return await _openssl("-tls1_2", "-cipher", cipher, "-dhparam", str(file))(stage, until)


_WANTS_CERTIFICATE = ("-Verify", "1", "-verify_return_error")


_OLD = "the server does not speak TLS 1.2 or newer"
_NO_CIPHER = "the server and this phone have no safe cipher in common"
_NO_TLS = "the server does not speak TLS on this port"
_FAILED = "the connection failed"
_ENDED = "the server ended the connection"

BAD = {
    # Versions
    "TLS 1.0": Bad(_openssl("-tls1", "-cipher", "ALL:@SECLEVEL=0"), _OLD),
    "TLS 1.1": Bad(_openssl("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), _OLD),
    "SSL 3.0 in an answer": Bad(_says(_server_hello(0x0300)), _OLD),
    "TLS 1.0 in an answer": Bad(_says(_server_hello(0x0301)), _OLD),
    "a version of nobody": Bad(_says(_server_hello(0x0909)), _NO_TLS),
    # Ciphers
    "anonymous ciphers": Bad(
        _openssl("-tls1_2", "-cipher", "aNULL:@SECLEVEL=0", certificate=False), _NO_CIPHER
    ),
    "ciphers that hide nothing": Bad(
        _openssl("-tls1_2", "-cipher", "eNULL:@SECLEVEL=0"), _NO_CIPHER
    ),
    "an export cipher": Bad(_says(_server_hello(cipher=0x0003)), _NO_CIPHER),
    "an anonymous cipher in an answer": Bad(_says(_server_hello(cipher=0x0034)), _NO_CIPHER),
    "no cipher in an answer": Bad(_says(_server_hello(cipher=0x0000)), _NO_CIPHER),
    "RC4": Bad(_says(_server_hello(cipher=0x0005)), _NO_CIPHER),
    "triple DES": Bad(_says(_server_hello(cipher=0x000A)), _NO_CIPHER),
    "a short Diffie-Hellman group": Bad(_short_group, _NO_CIPHER),
    "a handshake signed with SHA-1": Bad(
        _openssl("-tls1_2", "-cipher", "ALL:@SECLEVEL=0", "-sigalgs", "RSA+SHA1"), _NO_CIPHER
    ),
    "compression": Bad(_says(_server_hello(compression=1)), _FAILED),
    # Alerts
    "no cipher in common": Bad(_says(_alert(40)), _NO_CIPHER),
    "another name": Bad(
        _says(_alert(112)), "the server does not know the name that it was called by"
    ),
    "a fault of its own": Bad(_says(_alert(80)), _FAILED),
    # Client certificates
    "a client certificate is wanted, TLS 1.2": Bad(
        _openssl("-tls1_2", *_WANTS_CERTIFICATE), "client certificate"
    ),
    "a client certificate is wanted, TLS 1.3": Bad(
        _openssl("-tls1_3", *_WANTS_CERTIFICATE), "client certificate"
    ),
    # No TLS
    "SIP in the clear": Bad(
        _says(b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", closes=False), _NO_TLS
    ),
    "a web server": Bad(_says(b"HTTP/1.1 400 Bad Request\r\n\r\n", closes=False), _NO_TLS),
    "garbage": Bad(_says(bytes(range(255, 0, -1)), closes=False), _NO_TLS),
    "zeros": Bad(_says(bytes(64), closes=False), _NO_TLS),
    "a record that is too long": Bad(_says(b"\x16\x03\x03\xff\xff" + bytes(99)), _NO_TLS),
    "an empty handshake": Bad(_says(b"\x16\x03\x03\0\0" * 64), _FAILED),
    "a message out of order": Bad(_says(b"\x16\x03\x03\0\4\x0e\0\0\0"), _FAILED),
    "its own hello sent back": Bad(_says(b"\x16\x03\x01\0\4\x01\0\0\0"), _FAILED),
    # No answer
    "an end at once": Bad(_closes_at_once, _ENDED),
    "an end within the handshake": Bad(_says(b""), _ENDED),
    "an end within a record": Bad(_says(b"\x16\x03\x03\x01\0\x02\0"), _ENDED),
    "silence": Bad(_says(b"", closes=False), "the server did not answer in time"),
}


@pytest.mark.parametrize("kind", list(BAD))
async def test_a_server_with_bad_tls_gets_no_byte_of_sip(stage: Stage, kind: str) -> None:
    async with contextlib.AsyncExitStack() as until:
        port = await BAD[kind].serve(stage, until)
        await stage.add_account(f"{stage.host}:{port}")
        reason = (await stage.until_failed()).registration.reason
        assert BAD[kind].words in reason, reason
        assert reason.isprintable(), reason
        entry = await stage.until_logged(await stage.call())
        assert entry.outcome is Outcome.FAILED
        assert BAD[kind].words in entry.reason, entry.reason
