"""Keys of a DTLS handshake, where a session begins in the moment of its end."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest

from tests.conftest import NewPeer, NewServer
from tests.native.caller import registered
from tests.native.conftest import NewProbe
from tests.native.listening import PATIENCE_S, ear
from tests.native.test_dtls_handshakes import Switch
from tests.support.keyfiles import fingerprint
from tests.support.media.srtp import Srtcp
from tests.support.network.ports import LOOPBACK
from tests.support.peers import sip
from tests.support.peers.opensslserver import OpensslServer
from tests.support.pki import Leaf
from tests.support.preload import compiled

_SENDER_REPORT, _RECEIVER_REPORT = 200, 201  # RFC 3550 section 12.1
_KEY_BYTES, _SALT_BYTES = 16, 14  # RFC 5764 section 4.1.2
_EXPORTED = ("-keymatexport", "EXTRACTOR-dtls_srtp",
             "-keymatexportlen", str(2 * (_KEY_BYTES + _SALT_BYTES)))  # fmt: skip


class Way(Switch):
    """A way to a DTLS server on which other packets are kept: `reports` has them."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, [port])
        self.reports: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if data[0] & 0xC0 == 0x80:  # RFC 7983 section 7
            self.reports.put_nowait(data)
        else:
            super().datagram_received(data, address)


@pytest.fixture(scope="session")
def held_thread(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library of `held_thread.c`."""
    source = Path(__file__).with_name("held_thread.c")
    return compiled(source, tmp_path_factory.mktemp("held"), "-lssl", "-lcrypto")


# 0133: keys that are there before a handshake is over


async def test_reports_have_their_own_keys_where_a_session_begins_as_a_handshake_ends(
    new_probe: NewProbe,
    new_server: NewServer,
    new_peer: NewPeer,
    held_thread: Path,
    host: str,
    leaf: Leaf,
) -> None:
    rtp, rtcp = await new_peer(), await new_peer(leaf, "-dtls1_2", *_EXPORTED)
    way = Way(host, rtcp.port)
    await way.start()
    with ear(LOOPBACK) as held:
        ports = {"HELD_PORT": str(way.port), "HELD_SAYS": str(held.getsockname()[1])}
        base = {**os.environ, **ports}
        caller = await registered(
            new_probe, new_server, keyings=["dtls"], library=held_thread, base=base
        )
        await caller.invite(sip.DTLS, sip.dtls(fingerprint(leaf), way.port), rtp.port)
        async with asyncio.timeout(PATIENCE_S):
            _, thread = await asyncio.get_running_loop().sock_recvfrom(held, 1)
        await caller.probe.tell("answer")
        await caller.probe.until("media")
        held.sendto(b"\0", thread)
    await caller.probe.until("srtp", lambda event: event["remote"])
    async with asyncio.timeout(PATIENCE_S):
        report = Srtcp(_client_key(await _exported(rtcp))).open(await way.reports.get())
    assert report[1] in (_SENDER_REPORT, _RECEIVER_REPORT)
    way.stop()


async def _exported(server: OpensslServer) -> bytes:
    """Keying material that a server has shown (RFC 5705)."""
    output = await server.until("Keying material: ")
    while (shown := re.search(r"Keying material: ([0-9A-F]+)\s", output)) is None:
        output = await server.until("CIPHER is")
    return bytes.fromhex(shown[1])


def _client_key(material: bytes) -> bytes:
    """Key and salt of the client's packets, which is the phone (RFC 5764 section 4.2)."""
    salts = material[2 * _KEY_BYTES :]
    return material[:_KEY_BYTES] + salts[:_SALT_BYTES]
