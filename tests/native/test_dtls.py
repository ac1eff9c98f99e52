"""Patches for DTLS-SRTP: the keys in use, and the reports on them."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import NewPeer, NewServer
from tests.native.caller import registered
from tests.native.conftest import NewProbe
from tests.native.driver import Event
from tests.native.listening import answering
from tests.support.keyfiles import fingerprint
from tests.support.peers import sip
from tests.support.pki import Authority, Leaf

_DTLS_HANDSHAKE = 22  # RFC 6347 section 4.1


class Sink(asyncio.DatagramProtocol):
    """A port for RTP where nobody answers; `packets` holds the received ones."""

    def __init__(self) -> None:
        self.packets: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, _address: object) -> None:
        self.packets.put_nowait(data)


def _is_over(event: Event) -> bool:
    return bool(event["state"] == "DISCONNECTED")


# 0009: keys of the peer that was checked, and no other


async def test_what_a_handshake_proved_is_told(
    new_probe: NewProbe, new_server: NewServer, new_peer: NewPeer, leaf: Leaf
) -> None:
    caller = await registered(new_probe, new_server, keyings=["dtls"], answer=200)
    rtp, rtcp = await new_peer(), await new_peer()
    answer = await caller.invite(sip.DTLS, sip.dtls(fingerprint(leaf), rtcp.port), rtp.port)
    assert answer.status == 200
    state = await caller.probe.until("srtp", lambda event: event["remote"])
    assert (state["active"], state["keying"]) == (True, "dtls")
    assert state["remote"] == fingerprint(leaf)
    assert f"a=fingerprint:{state['local']}" in answer.body.splitlines()
    # Not before, and not of anything else.
    assert all(
        event["local"] == event["remote"] == ""
        for event in caller.probe.events
        if event["event"] == "srtp" and not event["active"]
    )


async def test_nothing_is_told_of_other_keying(new_probe: NewProbe, new_server: NewServer) -> None:
    caller = await registered(new_probe, new_server, answer=200)
    await caller.invite("RTP/SAVP", (sip.crypto(),))
    state = await caller.probe.until("srtp")
    assert (state["active"], state["local"], state["remote"]) == (True, "", "")


async def test_a_handshake_that_is_over_before_the_answer_has_its_keys_used(
    new_probe: NewProbe, new_server: NewServer, new_peer: NewPeer, leaf: Leaf
) -> None:
    caller = await registered(new_probe, new_server, keyings=["dtls"])
    rtp, rtcp = await new_peer(), await new_peer()
    await caller.invite(sip.DTLS, sip.dtls(fingerprint(leaf), rtcp.port), rtp.port)
    # The handshake is over, and judged, while it rings.
    await asyncio.gather(rtp.until("CIPHER is"), rtcp.until("CIPHER is"))
    await caller.probe.tell("answer")
    state = await caller.probe.until("srtp", lambda event: event["remote"])
    assert (state["active"], state["remote"]) == (True, fingerprint(leaf))


# 0069: the key that is shown


async def test_the_certificate_of_a_handshake_has_a_p_256_key(
    new_probe: NewProbe, new_server: NewServer, new_peer: NewPeer, leaf: Leaf
) -> None:
    caller = await registered(new_probe, new_server, keyings=["dtls"])
    words = ("-dtls1_2", "-verify", "1", "-msg")
    rtp, rtcp = await new_peer(leaf, *words), await new_peer(leaf, *words)
    await caller.invite(sip.DTLS, sip.dtls(fingerprint(leaf), rtcp.port), rtp.port)
    shown = await rtp.until("CIPHER is")
    assert "type: ecdsa" in shown.lower(), shown


async def test_a_peer_with_another_certificate_never_has_media(
    new_probe: NewProbe,
    new_server: NewServer,
    new_peer: NewPeer,
    authority: Authority,
    host: str,
    leaf: Leaf,
) -> None:
    server = await new_server()
    rtp, rtcp = await new_peer(authority.issue("wrong")), await new_peer()
    body = sip.sdp(host, rtp.port, sip.DTLS, sip.dtls(fingerprint(leaf), rtcp.port))
    server.behaviour = answering(f"<sip:bob@{host}:{server.port};transport=tls>", body)
    probe = await new_probe(bound=host, keyings=["dtls"])
    await probe.tell("call", uri=f"sip:bob@{host}:{server.port};transport=tls")
    first = await probe.until("media")
    await rtp.until("CIPHER is")
    await probe.until("media", lambda event: event is not first)
    assert (await probe.until("dtls failure"))["what"] == "certificate"
    # It is judged once: a finished handshake is not tried again.
    assert rtp.output.count("CIPHER is") == 1
    assert not any(event["event"] == "srtp" and event["active"] for event in probe.events)


async def test_nothing_is_sent_in_the_clear_where_rtcp_alone_has_keys(
    new_probe: NewProbe, new_server: NewServer, new_peer: NewPeer, host: str, leaf: Leaf
) -> None:
    loop = asyncio.get_running_loop()
    transport, sink = await loop.create_datagram_endpoint(Sink, local_addr=(host, 0))
    port = transport.get_extra_info("sockname")[1]
    caller = await registered(new_probe, new_server, keyings=["dtls"])
    rtcp = await new_peer()
    await caller.invite(sip.DTLS, sip.dtls(fingerprint(leaf), rtcp.port), port)
    await rtcp.until("CIPHER is")
    await caller.probe.tell("answer")
    # Its stream is running.
    await caller.probe.until("srtp")
    seen = [sink.packets.get_nowait() for _ in range(sink.packets.qsize())]
    # Where nobody answers the handshake is tried again and again.
    seen += [await asyncio.wait_for(sink.packets.get(), 20) for _ in range(2)]
    transport.close()
    assert {packet[0] for packet in seen} == {_DTLS_HANDSHAKE}


@pytest.mark.parametrize("digests", [("sha1",), ("md5",), ("sha1", "md5")])
async def test_an_offer_with_old_fingerprints_alone_is_refused(
    new_probe: NewProbe, new_server: NewServer, leaf: Leaf, digests: tuple[str, ...]
) -> None:
    caller = await registered(new_probe, new_server, keyings=["dtls"])
    lines = tuple(f"a=fingerprint:{fingerprint(leaf, digest)}" for digest in digests)
    answer = await caller.invite(sip.DTLS, ("a=setup:actpass", *lines))
    assert answer.status in (406, 480, 488), answer.first
    lines += (f"a=fingerprint:{fingerprint(leaf)}",)
    assert (await caller.invite(sip.DTLS, ("a=setup:actpass", *lines))).status == 180


@pytest.mark.parametrize("digest", ["sha1", "none"])
async def test_an_answer_without_a_good_fingerprint_ends_the_call(
    new_probe: NewProbe, new_server: NewServer, host: str, leaf: Leaf, digest: str
) -> None:
    server = await new_server()
    line = () if digest == "none" else (f"a=fingerprint:{fingerprint(leaf, digest)}",)

    body = sip.sdp(host, 9, sip.DTLS, ("a=setup:passive", *line))
    server.behaviour = answering(f"<sip:bob@{host}:{server.port};transport=tls>", body)
    probe = await new_probe(bound=host, keyings=["dtls"])
    await probe.tell("call", uri=f"sip:bob@{host}:{server.port};transport=tls")
    await probe.until("call", _is_over)
    assert not any(event["event"] == "srtp" for event in probe.events)


# 0031: a change that is refused


@pytest.mark.parametrize(
    ("profile", "attributes"),
    [
        (sip.DTLS, ("a=setup:active",)),
        (sip.DTLS, ("a=setup:active", "a=fingerprint:MD5 " + ":".join(["5A"] * 16))),
        ("RTP/SAVP", (sip.crypto(), "a=setup:active")),
        ("RTP/AVP", ()),
    ],
)
async def test_a_change_that_is_refused_leaves_the_keys_and_the_side_as_they_were(
    new_probe: NewProbe,
    new_server: NewServer,
    new_peer: NewPeer,
    leaf: Leaf,
    profile: str,
    attributes: tuple[str, ...],
) -> None:
    caller = await registered(new_probe, new_server, keyings=["dtls"], answer=200)
    rtp, rtcp = await new_peer(), await new_peer()
    good = sip.dtls(fingerprint(leaf), rtcp.port)
    answer = await caller.invite(sip.DTLS, good, rtp.port)
    await caller.probe.until("srtp", lambda event: event["remote"])
    refused = await caller.reinvite(answer, profile, attributes, rtp.port)
    assert refused.status == 488
    again = await caller.reinvite(refused, sip.DTLS, good, rtp.port)
    assert again.status == 200
    assert "a=setup:active" in again.body.splitlines()
    state = [event for event in caller.probe.events if event["event"] == "srtp"][-1]
    assert (state["active"], state["keying"]) == (True, "dtls")
    assert state["remote"] == fingerprint(leaf)


# 0015: a change of the peer, in an offer that is refused for another reason


@pytest.mark.parametrize("what", ["certificate", "side", "address"])
async def test_a_change_of_the_peer_is_in_force_only_when_the_answer_is_accepted(
    new_probe: NewProbe,
    new_server: NewServer,
    new_peer: NewPeer,
    authority: Authority,
    leaf: Leaf,
    what: str,
) -> None:
    caller = await registered(new_probe, new_server, keyings=["dtls"], answer=200)
    rtp, rtcp = await new_peer(), await new_peer()
    answer = await caller.invite(sip.DTLS, sip.dtls(fingerprint(leaf), rtcp.port), rtp.port)
    await caller.probe.until("srtp", lambda event: event["remote"])
    other = authority.issue("other")
    next_rtp, next_rtcp = await new_peer(other), await new_peer(other)
    offer, port = sip.dtls(fingerprint(leaf), rtcp.port), rtp.port
    if what == "certificate":
        offer = sip.dtls(fingerprint(other), rtcp.port)
    elif what == "side":
        offer = tuple(line.replace("passive", "active") for line in offer)
    else:
        port = next_rtp.port
    # It has no codec that the probe has.
    refused = await caller.reinvite(answer, sip.DTLS, offer, port, "4 5")
    assert refused.status in (488, 500), refused.first
    changed = sip.dtls(fingerprint(other), next_rtcp.port)
    await caller.probe.tell("mark")
    await caller.probe.until("mark")
    before = len(caller.probe.events)
    again = await caller.reinvite(refused, sip.DTLS, changed, next_rtp.port)
    assert again.status == 200
    # Nothing changed until an offer was accepted.
    reports = [event for event in caller.probe.events[:before] if event["event"] == "srtp"]
    assert (reports[-1]["active"], reports[-1]["remote"]) == (True, fingerprint(leaf))
    await caller.probe.until("srtp", lambda event: event["remote"] == fingerprint(other))
