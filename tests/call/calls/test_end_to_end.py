"""The words of both ends are equal only when nobody between decrypts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import Kamailio
from tests.support.peers.middle import Middle
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState
from voip.protection import Keying, LockReport, LockState
from voip.protocol.calls import AnswerCall
from voip.protocol.trust import GetLock

Talk = Callable[..., Awaitable[tuple[LockReport, LockReport]]]


@pytest.fixture
async def middle(kamailio: Kamailio, authority: Authority, place: Path) -> AsyncIterator[Middle]:
    between = Middle(place / "middle", kamailio, authority.file, user="desk", to="bob")
    await between.start()
    yield between
    await between.stop()


@pytest.fixture
def talk(kamailio: Kamailio, authority: Authority, new_phone: NewPhone, tone: Path) -> Talk:
    """Call bob from alice; return both locks once voice arrived both ways."""

    async def talk(dialled: str, keying: str) -> tuple[LockReport, LockReport]:
        alice, bob = await new_phone("a"), await new_phone("b")
        for phone, user in ((alice, "alice"), (bob, "bob")):
            await phone.add_secure(
                user, LOOPBACK, kamailio.tls_port, authority.file, media_keying=keying
            )
            await phone.until_registered(user)
        call = await alice.call(dialled, play=str(tone))
        ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
        await bob.client.ask(AnswerCall(call=ringing.id))
        return await lock_of(alice, call), await lock_of(bob, ringing.id)

    return talk


async def lock_of(phone: Phone, call: str) -> LockReport:
    # Packets are counted each second.
    await phone.until_call(
        lambda c: c.id == call and c.lock.closed and c.quality.rtt_ms is not None
    )
    report = await phone.client.get(GetLock(call=call), LockReport)
    assert report.state is LockState.CLOSED
    (stream,) = report.streams
    assert stream.accepted > 0
    return report


def words(report: LockReport) -> tuple[str, ...]:
    assert [stream.keying for stream in report.streams] == [Keying.DTLS]
    assert report.end_to_end is not None
    assert len(report.end_to_end.words) == 8
    return report.end_to_end.words


async def test_equal_where_the_server_passes_the_voice_through(talk: Talk) -> None:
    of_alice, of_bob = await talk("bob", "dtls")
    assert words(of_alice) == words(of_bob)


async def test_none_where_the_server_has_the_keys(talk: Talk) -> None:
    for report in await talk("bob", "sdes"):
        assert [stream.keying for stream in report.streams] == [Keying.SDES]
        assert report.end_to_end is None


async def test_different_where_a_telephone_system_decrypts(talk: Talk, middle: Middle) -> None:
    of_alice, of_bob = await talk("desk", "dtls")
    # Both locks are closed, and the telephone system hears every word.
    await middle.until("heard")
    # Of 2048 words one may be equal at both ends by chance.
    assert words(of_alice) != words(of_bob)
