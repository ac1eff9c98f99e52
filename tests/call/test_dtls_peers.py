"""A DTLS call's far end must prove the keys that its SDP announced, and keeps what it proved."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.conftest import NewPhone
from tests.support import sip
from tests.support.farend import FarEnd
from tests.support.hostile import own_host
from tests.support.keyfiles import fingerprint
from tests.support.opensslserver import OpensslServer
from tests.support.phone import Phone
from tests.support.pki import Authority, Leaf
from voip.model import CallState
from voip.protocol import client as told

_PROFILE = "UDP/TLS/RTP/SAVP"
_NO_KEYS = "no keys could be agreed for the call: "
_WEAK = ("-cipher", "ALL:@SECLEVEL=0")

Peer = Callable[..., Awaitable[int]]


@pytest.fixture
def host() -> str:
    return own_host()


@pytest.fixture
def leaf(authority: Authority, host: str) -> Leaf:
    return authority.issue("good", addresses=[host])


@pytest.fixture
async def peer(host: str) -> AsyncIterator[Peer]:
    """Makes DTLS servers with a certificate; each is named by its port."""
    made: list[OpensslServer] = []

    async def make(leaf: Leaf, *words: str) -> int:
        profile = ("-use_srtp", "SRTP_AES128_CM_SHA1_80")
        server = OpensslServer(leaf, *(words or ("-dtls1_2",)), *profile, host=host)
        made.append(server)
        await server.start()
        return server.port

    yield make
    for server in made:
        await server.stop()


@pytest.fixture
async def far(host: str, leaf: Leaf) -> AsyncIterator[FarEnd]:
    far = FarEnd(host, leaf)
    await far.start()
    yield far
    await far.stop()


def _session(host: str, leaf: Leaf, rtp: int, rtcp: int, formats: str = "0 101") -> str:
    lines = ("a=setup:passive", f"a=fingerprint:{fingerprint(leaf)}", f"a=rtcp:{rtcp}")
    return sip.sdp(host, rtp, _PROFILE, lines, formats)


async def _called(phone: Phone, far: FarEnd, authority: Authority) -> str:
    """A call to a far end that has not answered yet."""
    host, port = far.server.host, far.server.port
    await phone.add_secure("alice", host, port, authority.file, media_keying="dtls")
    await phone.until_registered("alice")
    call = await phone.call("bob")
    await far.invited()
    return call


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("another", "the far end's certificate is not the one that it announced"),
        ("weak", "the far end's key is too weak"),
        ("old", "the far end speaks no version of DTLS that is still safe"),
        ("nobody", "the far end did not finish the handshake in time"),
    ],
)
async def test_a_call_whose_far_end_proves_no_keys_ends_and_says_why(
    new_phone: NewPhone,
    authority: Authority,
    host: str,
    leaf: Leaf,
    peer: Peer,
    far: FarEnd,
    kind: str,
    reason: str,
) -> None:
    announced, port = leaf, 9
    if kind == "another":
        port = await peer(authority.issue("other"))
    elif kind == "weak":
        announced = authority.issue_weakly("weak", host, rsa_bits=1024)
        port = await peer(announced, "-dtls1_2", *_WEAK)
    elif kind == "old":
        port = await peer(leaf, "-dtls1", *_WEAK)
    phone = await new_phone()
    call = await _called(phone, far, authority)
    far.answers(_session(host, announced, port, port))
    entry = await phone.until_logged(call)
    assert entry.reason == _NO_KEYS + reason
    assert all(not c.lock.closed for c in phone.locks(call))


async def test_the_lock_stays_closed_when_another_peer_is_offered_in_vain(
    new_phone: NewPhone, authority: Authority, host: str, leaf: Leaf, peer: Peer, far: FarEnd
) -> None:
    phone = await new_phone()
    call = await _called(phone, far, authority)
    rtp, rtcp = await peer(leaf), await peer(leaf)
    far.answers(_session(host, leaf, rtp, rtcp))
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    other = authority.issue("other")
    # It has no codec that the phone has.
    refused = await far.answered(far.offers(_session(host, other, rtp, rtcp, "4 5")))
    assert refused.status in (488, 500), refused.first
    far.will_answer(_session(host, leaf, rtp, rtcp).replace("sendrecv", "recvonly"))
    await phone.client.ask(told.Hold(call=call, wait=True))
    shown = await phone.until_call(lambda c: c.id == call and c.state is CallState.HELD)
    assert shown.lock.closed, shown.lock.why
