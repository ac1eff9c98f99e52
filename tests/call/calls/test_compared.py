"""Remembered comparisons over real handshakes, also with a middle."""

from __future__ import annotations

from pathlib import Path

from tests.call.peers.test_dtls_peers import _session
from tests.conftest import NewPeer, NewPhone
from tests.support.keyfiles import fingerprint
from tests.support.network.ports import LOOPBACK
from tests.support.peers.farend import FarEnd
from tests.support.peers.kamailio import Kamailio
from tests.support.peers.middle import Middle
from tests.support.phone import Phone
from tests.support.pki import Authority, Leaf
from voip.model import Call, CallState
from voip.protection import Compared, EndToEnd, LockReport, Sign
from voip.protocol.accounts import RemoveAccount
from voip.protocol.calls import AnswerCall, HangUp
from voip.protocol.trust import ComparedList, CompareWords, GetCompared, GetLock


class Peer:
    """A far end at one address that shows a certificate of the test's choice."""

    def __init__(self, phone: Phone, far: FarEnd, new_peer: NewPeer) -> None:
        self._phone, self._far, self._new_peer = phone, far, new_peer

    async def call(self, account: str, leaf: Leaf) -> Call:
        """A call to bob that is up, with its keys agreed."""
        call = await self._phone.call("bob", account=account)
        await self._far.invited()
        rtp, rtcp = (await self._new_peer(leaf)).port, (await self._new_peer(leaf)).port
        self._far.answers(_session(self._far.server.host, leaf, rtp, rtcp))
        return await has_words(self._phone, call)


async def has_words(phone: Phone, call: str) -> Call:
    """Wait for the call's keys: the lock is closed unless its key changed."""
    return await phone.until_call(
        lambda c: (
            c.id == call
            and c.lock.comparison is not None
            and c.lock.closed == (c.lock.comparison.state is not Compared.CHANGED)
        )
    )


def comparison(call: Call) -> tuple[Compared | None, Sign | None]:
    result = call.lock.comparison
    return (result.state if result is not None else None), call.lock.sign


async def words(phone: Phone, call: str) -> EndToEnd:
    report = await phone.client.get(GetLock(call=call), LockReport)
    assert report.end_to_end is not None
    return report.end_to_end


async def decide(phone: Phone, call: str, equal: bool) -> Call:
    """Answer whether the call's words are equal; return the call after it."""
    position = len(phone.events)
    code = await words(phone, call)
    await phone.client.ask(CompareWords(call=call, words=code.words, equal=equal))
    verdict = Compared.EQUAL if equal else Compared.DIFFERENT
    return await phone.until_call(lambda c: c.id == call and comparison(c)[0] is verdict, position)


async def hang_up(phone: Phone, call: str) -> None:
    await phone.client.ask(HangUp(call=call))
    await phone.until_logged(call)


async def test_the_same_peer_another_one_and_another_account(
    new_phone: NewPhone, authority: Authority, host: str, leaf: Leaf, new_peer: NewPeer, far: FarEnd
) -> None:
    phone = await new_phone()
    for user in ("alice", "anne"):
        await phone.add_secure(user, host, far.server.port, authority.file, media_keying="dtls")
        await phone.until_registered(user)
    peer = Peer(phone, far, new_peer)
    first = await peer.call("alice", leaf)
    assert comparison(first) == (Compared.PENDING, Sign.SERVER)
    assert comparison(await decide(phone, first.id, equal=True)) == (Compared.EQUAL, Sign.SEALED)
    (key,) = (await phone.client.get(GetCompared(), ComparedList)).keys
    assert key.fingerprint == fingerprint(leaf).lower()
    await hang_up(phone, first.id)
    for account, shown, result in (
        ("alice", leaf, (Compared.REMEMBERED, Sign.SEALED)),
        ("alice", authority.issue("other", addresses=[host]), (Compared.CHANGED, Sign.VERIFY)),
        ("anne", leaf, (Compared.PENDING, Sign.SERVER)),
    ):
        call = await peer.call(account, shown)
        assert comparison(call) == result
        await hang_up(phone, call.id)


async def test_a_relay_that_takes_a_far_end_s_place_shows_another_key(
    kamailio: Kamailio, authority: Authority, new_phone: NewPhone, place: Path
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")

    async def register(phone: Phone, user: str) -> None:
        await phone.add_secure(
            user, LOOPBACK, kamailio.tls_port, authority.file, media_keying="dtls"
        )
        await phone.until_registered(user)

    async def talk() -> tuple[str, str]:
        """Call the present bob from alice; return the ids of both ends."""
        since = len(bob.events)
        call = await alice.call("bob")
        ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING, since)
        await bob.client.ask(AnswerCall(call=ringing.id))
        for phone, number in ((alice, call), (bob, ringing.id)):
            await has_words(phone, number)
        return call, ringing.id

    await register(alice, "alice")
    await register(bob, "bob")
    direct, theirs = await talk()
    assert (await words(alice, direct)).words == (await words(bob, theirs)).words
    assert comparison(await decide(alice, direct, equal=True)) == (Compared.EQUAL, Sign.SEALED)
    await hang_up(alice, direct)
    again, _ = await talk()
    result = (await words(alice, again)).comparison
    assert result is not None
    assert result.state is Compared.REMEMBERED
    await hang_up(alice, again)

    await bob.client.ask(RemoveAccount(name="bob"))
    await register(bob, "robert")
    middle = Middle(place / "middle", kamailio, authority.file, user="bob", to="robert")
    await middle.start()
    try:
        relayed, theirs = await talk()
        code = await words(alice, relayed)
        assert code.comparison is not None
        assert code.comparison.state is Compared.CHANGED
        assert code.words != (await words(bob, theirs)).words
        told_so = await decide(alice, relayed, equal=False)
        assert comparison(told_so) == (Compared.DIFFERENT, Sign.UNSAFE)
        kept = (await alice.client.get(GetCompared(), ComparedList)).keys
        assert len(kept) == 1
        await hang_up(alice, relayed)
    finally:
        await middle.stop()
