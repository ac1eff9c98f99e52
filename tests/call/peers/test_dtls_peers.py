"""DTLS far ends must prove the keys of their SDP, and keep them."""

from __future__ import annotations

import pytest

from tests.conftest import NewPeer, NewPhone
from tests.support.keyfiles import fingerprint
from tests.support.peers import sip
from tests.support.peers.farend import FarEnd
from tests.support.phone import Phone
from tests.support.pki import Authority, Leaf
from voip.model import CallState
from voip.protocol.calls import Hold

_NO_KEYS = "no keys could be agreed for the call: "
_WEAK = ("-cipher", "ALL:@SECLEVEL=0")


def _session(host: str, leaf: Leaf, rtp: int, rtcp: int, formats: str = "0 101") -> str:
    return sip.sdp(host, rtp, sip.DTLS, sip.dtls(fingerprint(leaf), rtcp), formats)


async def _called(phone: Phone, far: FarEnd, authority: Authority) -> str:
    """Call a far end that has not answered yet; return the call's id."""
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
        ("old", "the far end speaks only unsafe versions of DTLS"),
        ("nobody", "the far end did not finish the handshake in time"),
    ],
)
async def test_a_call_whose_far_end_proves_no_keys_ends_and_says_why(
    new_phone: NewPhone,
    authority: Authority,
    host: str,
    leaf: Leaf,
    new_peer: NewPeer,
    far: FarEnd,
    kind: str,
    reason: str,
) -> None:
    announced, port = leaf, 9
    if kind == "another":
        port = (await new_peer(authority.issue("other"))).port
    elif kind == "weak":
        announced = authority.issue_weakly("weak", host, rsa_bits=1024)
        port = (await new_peer(announced, "-dtls1_2", *_WEAK)).port
    elif kind == "old":
        port = (await new_peer(leaf, "-dtls1", *_WEAK)).port
    phone = await new_phone()
    call = await _called(phone, far, authority)
    far.answers(_session(host, announced, port, port))
    entry = await phone.until_logged(call)
    assert entry.reason == _NO_KEYS + reason
    assert all(not c.lock.closed for c in phone.locks(call))


async def test_the_lock_stays_closed_when_another_peer_is_offered_in_vain(
    new_phone: NewPhone, authority: Authority, host: str, leaf: Leaf, new_peer: NewPeer, far: FarEnd
) -> None:
    phone = await new_phone()
    call = await _called(phone, far, authority)
    rtp, rtcp = (await new_peer()).port, (await new_peer()).port
    far.answers(_session(host, leaf, rtp, rtcp))
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    other = authority.issue("other")
    # It has no codec that the phone has.
    refused = await far.answered(far.offers(_session(host, other, rtp, rtcp, "4 5")))
    assert refused.status in (488, 500), refused.first
    far.will_answer(_session(host, leaf, rtp, rtcp).replace("sendrecv", "recvonly"))
    await phone.client.ask(Hold(call=call, wait=True))
    shown = await phone.until_call(lambda c: c.id == call and c.state is CallState.HELD)
    assert shown.lock.closed, shown.lock.why
