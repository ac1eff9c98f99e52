"""Failing DTLS handshakes: restarted, and the last one reported."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.conftest import NewPeer, NewServer
from tests.native.caller import registered
from tests.native.conftest import NewProbe
from tests.support.keyfiles import fingerprint
from tests.support.parts import Parts
from tests.support.peers import sip
from tests.support.peers.opensslserver import OpensslClient
from tests.support.pki import Authority, Leaf
from tests.support.preload import compiled

_ALERT = 21  # RFC 6347 section 4.1
_WEAK = ("-cipher", "ALL:@SECLEVEL=0")
_OLD = ("-dtls1", *_WEAK)
_OTHER = ("-dtls1_2", "-cipher", "AES128-SHA")
"""Options of a server that has no cipher suite for its certificate."""

NewClient = Callable[..., Awaitable[OpensslClient]]


@pytest.fixture
async def new_client() -> AsyncIterator[NewClient]:
    """Makes DTLS clients of a port of a probe's."""
    async with Parts() as parts:

        async def make(leaf: Leaf, address: str, *words: str) -> OpensslClient:
            return await parts.begin(OpensslClient(leaf, address, *words))

        yield make


@pytest.fixture
def weak(authority: Authority, host: str) -> Leaf:
    """A certificate whose key can be guessed."""
    return authority.issue_weakly("weak", host, rsa_bits=1024)


class Backend(asyncio.DatagramProtocol):
    """The side of a switch that a server sees."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def datagram_received(self, data: bytes, _address: object) -> None:
        self._switch.returned(data)


class Switch(asyncio.DatagramProtocol):
    """A port that leads to one server after another: each until an alert.

    `alerts` are those of servers; `stray` goes ahead of a server's second packet.
    """

    def __init__(self, host: str, ports: list[int], stray: bytes = b"") -> None:
        self.alerts: asyncio.Queue[bytes] = asyncio.Queue()
        self._stray = stray
        self._returned = 0
        self._host = host
        self._ports = ports
        self._client: tuple[str, int] | None = None
        self._backends: list[asyncio.DatagramTransport] = []
        self.port = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._front, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self._host, 0)
        )
        self.port = self._front.get_extra_info("sockname")[1]
        for port in self._ports:
            backend, _ = await loop.create_datagram_endpoint(
                lambda: Backend(self), local_addr=(self._host, 0), remote_addr=(self._host, port)
            )
            self._backends.append(backend)

    def stop(self) -> None:
        for transport in (self._front, *self._backends):
            transport.close()

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self._client = address
        self._backends[0].sendto(data)
        self._note(data)

    def returned(self, data: bytes) -> None:
        self._returned += 1
        if self._stray and self._returned == 2:
            self._front.sendto(self._stray, self._client)
        if data[0] == _ALERT:
            self.alerts.put_nowait(data)
        self._front.sendto(data, self._client)
        self._note(data)

    def _note(self, data: bytes) -> None:
        if data[0] == _ALERT and len(self._backends) > 1:
            self._backends.pop(0).close()


@pytest.fixture(scope="session")
def held_packet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library of `held_packet.c`."""
    return compiled(Path(__file__).with_name("held_packet.c"), tmp_path_factory.mktemp("held"))


def _addresses(host: str, session: sip.Message) -> tuple[str, str]:
    """Addresses where a probe awaits RTP and RTCP (RFC 3550 section 11)."""
    lines = session.body.splitlines()
    (port,) = [int(line.split()[1]) for line in lines if line.startswith("m=audio")]
    return f"{host}:{port}", f"{host}:{port + 1}"


# 0013: several threads that send


async def test_an_alert_goes_out_while_another_thread_still_sends(
    new_probe: NewProbe,
    new_server: NewServer,
    new_peer: NewPeer,
    held_packet: Path,
    weak: Leaf,
) -> None:
    caller = await registered(
        new_probe, new_server, keyings=["dtls"], answer=200, library=held_packet
    )
    rtp, rtcp = await new_peer(weak, "-dtls1_2", *_WEAK), await new_peer()
    await caller.invite(sip.DTLS, sip.dtls(fingerprint(weak), rtcp.port), rtp.port)
    await rtp.until("ERROR")
    assert "held: an alert" in caller.probe.errors.read_text().splitlines()


# 0014: the reason of a failed handshake


@pytest.mark.parametrize(
    ("words", "what"), [(_OLD, "version"), (("-dtls1_2", *_WEAK), "key"), (_OTHER, "refused")]
)
async def test_what_a_client_of_a_weak_server_failed_for_is_told(
    new_probe: NewProbe,
    new_server: NewServer,
    new_peer: NewPeer,
    leaf: Leaf,
    weak: Leaf,
    words: tuple[str, ...],
    what: str,
) -> None:
    shown = weak if what == "key" else leaf
    caller = await registered(new_probe, new_server, keyings=["dtls"], answer=200)
    rtp, rtcp = await new_peer(shown, *words), await new_peer(shown, *words)
    await caller.invite(sip.DTLS, sip.dtls(fingerprint(shown), rtcp.port), rtp.port)
    failure = await caller.probe.until("dtls failure")
    assert failure["what"] == what
    assert "CIPHER is" not in rtp.output + rtcp.output
    assert not caller.was_active


async def test_what_a_server_of_a_weak_client_failed_for_is_told(
    new_probe: NewProbe,
    new_server: NewServer,
    new_client: NewClient,
    host: str,
    weak: Leaf,
) -> None:
    caller = await registered(new_probe, new_server, keyings=["dtls"], answer=200)
    answer = await caller.invite(sip.DTLS, sip.dtls(fingerprint(weak), 10, "active"))
    rtp, _ = _addresses(host, answer)
    client = await new_client(weak, rtp, *_WEAK)
    # No other ClientHello follows.
    assert "alert" in await client.end()
    assert (await caller.probe.until("dtls failure"))["what"] == "key"
    assert not caller.was_active


# 0014: a handshake that begins again


async def test_a_client_begins_again_after_an_alert(
    new_probe: NewProbe, new_server: NewServer, new_peer: NewPeer, host: str, leaf: Leaf
) -> None:
    caller = await registered(new_probe, new_server, keyings=["dtls"], answer=200)
    old, good, rtcp = await new_peer(leaf, *_OLD), await new_peer(), await new_peer()
    switch = Switch(host, [old.port, good.port])
    await switch.start()
    await caller.invite(sip.DTLS, sip.dtls(fingerprint(leaf), rtcp.port), switch.port)
    state = await caller.probe.until("srtp", lambda event: event["remote"])
    assert (state["active"], state["remote"]) == (True, fingerprint(leaf))
    await old.until("ERROR")
    switch.stop()


async def test_an_alert_that_nobody_authenticated_does_not_end_a_handshake(
    new_probe: NewProbe,
    new_server: NewServer,
    new_peer: NewPeer,
    new_client: NewClient,
    host: str,
    leaf: Leaf,
) -> None:
    caller = await registered(new_probe, new_server, keyings=["dtls"], answer=200)
    other, good, rtcp = await new_peer(leaf, *_OTHER), await new_peer(), await new_peer()
    elsewhere = Switch(host, [other.port])
    await elsewhere.start()
    await new_client(leaf, f"{host}:{elsewhere.port}")
    switch = Switch(host, [good.port], await elsewhere.alerts.get())
    await switch.start()
    await caller.invite(sip.DTLS, sip.dtls(fingerprint(leaf), rtcp.port), switch.port)
    state = await caller.probe.until("srtp", lambda event: event["remote"])
    assert (state["active"], state["remote"]) == (True, fingerprint(leaf))
    assert good.output.count("CIPHER is") == 1
    elsewhere.stop()
    switch.stop()


async def test_a_server_begins_again_with_the_next_client_hello(
    new_probe: NewProbe,
    new_server: NewServer,
    new_client: NewClient,
    host: str,
    leaf: Leaf,
    weak: Leaf,
) -> None:
    caller = await registered(new_probe, new_server, keyings=["dtls"], answer=200)
    answer = await caller.invite(sip.DTLS, sip.dtls(fingerprint(leaf), 10, "active"))
    rtp, rtcp = _addresses(host, answer)
    await (await new_client(weak, rtp, *_WEAK)).end()
    await new_client(leaf, rtp)
    await new_client(leaf, rtcp)
    state = await caller.probe.until("srtp", lambda event: event["remote"])
    assert (state["active"], state["remote"]) == (True, fingerprint(leaf))


async def test_a_client_hello_before_the_answer_is_not_lost(
    new_probe: NewProbe,
    new_server: NewServer,
    new_client: NewClient,
    host: str,
    leaf: Leaf,
) -> None:
    server = await new_server()
    probe = await new_probe(bound=host, keyings=["dtls"])
    await probe.tell("call", uri=f"sip:bob@{host}:{server.port};transport=tls")
    connection, invite = await server.until(lambda message: message.method == "INVITE")
    rtp, rtcp = _addresses(host, invite)
    for address in (rtp, rtcp):
        client = await new_client(leaf, address)
        await client.until("Cipher is")
    body = sip.sdp(host, 9, sip.DTLS, sip.dtls(fingerprint(leaf), 10, "active"))
    contact = f"<sip:bob@{host}:{server.port};transport=tls>"
    connection.send(sip.response(invite, 200, "OK", contact=contact, body=body))
    state = await probe.until("srtp", lambda event: event["remote"])
    assert (state["active"], state["remote"]) == (True, fingerprint(leaf))
