"""Suites of SRTP: what offers and handshakes of DTLS name, and what is on the wire."""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import struct

import pytest

from tests.conftest import NewServer
from tests.native.caller import registered
from tests.native.conftest import NewProbe
from tests.native.listening import HEAD_BYTES, PATIENCE_S, called, ear
from tests.support.keyfiles import fingerprint
from tests.support.media.srtp import FORMS, Srtp
from tests.support.peers import sip
from tests.support.pki import Leaf

_OFFERED = [
    "AEAD_AES_256_GCM",
    "AEAD_AES_256_GCM_8",
    "AES_256_CM_HMAC_SHA1_80",
    "AES_256_CM_HMAC_SHA1_32",
    "AEAD_AES_128_GCM",
    "AEAD_AES_128_GCM_8",
    "AES_CM_128_HMAC_SHA1_80",
    "AES_CM_128_HMAC_SHA1_32",
]
_PROFILES = [8, 7, 1, 2]
"""In a ClientHello (RFC 5764 section 4.1.2, RFC 7714 section 14.2), the same order."""

_USE_SRTP = 14  # RFC 5764 section 9
_SILENCE = b"\xff" * 160  # 20 ms of G.711, of a probe without a microphone


async def test_an_offer_names_every_suite(new_probe: NewProbe, new_server: NewServer) -> None:
    _, invite, _ = await called(new_probe, await new_server())
    assert re.findall(r"^a=crypto:\d+ (\S+) ", invite.body, re.MULTILINE) == _OFFERED


async def test_a_handshake_names_every_profile(
    new_probe: NewProbe, new_server: NewServer, host: str, leaf: Leaf
) -> None:
    caller = await registered(new_probe, new_server, keyings=["dtls"])
    with ear(host) as far:
        port = far.getsockname()[1]
        await caller.invite(sip.DTLS, sip.dtls(fingerprint(leaf), port + 1), port)
        hello = await _received(far)
    assert _profiles(hello) == _PROFILES


@pytest.mark.parametrize("suite", FORMS)
async def test_packets_are_those_of_the_suite(
    new_probe: NewProbe, new_server: NewServer, host: str, suite: str
) -> None:
    caller = await registered(new_probe, new_server, answer=200)
    with ear(host) as far:
        answer = await caller.invite("RTP/SAVP", (sip.crypto(suite),), far.getsockname()[1])
        caller.acknowledge(answer)
        said = re.search(rf"^a=crypto:1 {suite} inline:([^|\s]+)", answer.body, re.MULTILINE)
        assert said is not None
        opened = Srtp(base64.b64decode(said[1]), suite).open(await _received(far))
        own = Srtp(bytes(FORMS[suite].key + FORMS[suite].salt), suite).protect(opened)
        state = await caller.probe.until("srtp")
        name, _, port = state["port"].rpartition(":")
        far.sendto(own, (name, int(port)))
        state = await caller.probe.until("srtp", lambda event: event["accepted"] > 0)
    assert opened[HEAD_BYTES:] == _SILENCE
    assert (state["rx_suite"], state["tx_suite"], state["rejected"]) == (suite, suite, 0)


async def _received(far: socket.socket) -> bytes:
    async with asyncio.timeout(PATIENCE_S):
        return await asyncio.get_running_loop().sock_recv(far, 2048)


def _profiles(hello: bytes) -> list[int]:
    """Profiles of SRTP in a ClientHello (RFC 6347 section 4.2)."""
    rest = hello[13 + 12 + 2 + 32 :]  # of the record, the handshake, its version, its random
    for size in (1, 1, 2, 1):  # session, cookie, ciphers, compressions
        _, rest = _cut(rest, size)
    extensions, _ = _cut(rest, 2)
    while extensions:
        kind = int.from_bytes(extensions[:2], "big")
        extension, extensions = _cut(extensions[2:], 2)
        if kind == _USE_SRTP:
            profiles, _ = _cut(extension, 2)
            return [number for (number,) in struct.iter_unpack("!H", profiles)]
    raise AssertionError("it has no profiles")


def _cut(data: bytes, size: int) -> tuple[bytes, bytes]:
    """A field whose length is in its first `size` bytes, and what follows it."""
    end = size + int.from_bytes(data[:size], "big")
    return data[size:end], data[end:]
