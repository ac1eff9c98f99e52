"""Calls through a Kamailio whose rtpengine translates between kinds of keys.

Each phone is offered the keys that its account uses. rtpengine decrypts the voice
between them, and no lock may promise more than that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.call.calls.test_lock_report import fact
from tests.call.transfers.hearing import until_heard
from tests.conftest import NewPhone
from tests.support.colleague.peer import Hearing, write_tone
from tests.support.media.g711 import decoded
from tests.support.media.voice import FRAME, RATE, tones_in
from tests.support.network.capture import IN_THE_CLEAR, RTP, Capture, RtpPacket, ports_of
from tests.support.network.ports import LOOPBACK
from tests.support.network.rtpengine import Rtpengine
from tests.support.parts import Parts
from tests.support.peers.hostile import own_host
from tests.support.peers.kamailio import DOMAIN, Kamailio, MediaServer
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState
from voip.protection import SRTP_SUITES, Compared, Keying, LockReport, LockState, Sign
from voip.protocol.calls import AnswerCall, Play, Record
from voip.protocol.trust import GetLock

CALLER, CALLEE = 900, 1100
TONES = (CALLER, CALLEE)
NOBODY: frozenset[int] = frozenset()

_TONE_S = 100
_LOUD = 0.1
"""Of full scale: a tone in the clear has 0.24, and the noise that SRTP sounds like 0.02."""
_MOMENT = RATE // 4

_KEYING = {"alice": Keying.SDES, "bob": Keying.DTLS, "carol": Keying.DTLS, "dora": None,
           "emil": None}  # fmt: skip
"""How each user's account agrees keys; None has no TLS and no keys."""

_PROFILES = {Keying.SDES: "RTP/SAVP", Keying.DTLS: "UDP/TLS/RTP/SAVP", None: "RTP/AVP"}

both_ways = pytest.mark.parametrize(("caller", "callee"), [("alice", "bob"), ("bob", "alice")])


@dataclass
class End:
    """A phone in a call: the tone that it says, and what it hears."""

    phone: Phone
    keying: Keying | None
    call: str
    hertz: int
    hearing: Hearing

    async def lock(self) -> LockReport:
        return await self.phone.client.get(GetLock(call=self.call), LockReport)

    async def words(self) -> tuple[str, ...] | None:
        code = (await self.lock()).end_to_end
        return code.words if code is not None else None

    async def hold(self) -> None:
        await self.phone.run("hold", self.call)

    async def resume(self) -> None:
        await self.phone.run("resume", self.call)

    def check_lock(self) -> None:
        """Check that the lock closed on evidence, and never opened afterwards."""
        self.phone.check_lock_evidence(self.call)
        locks = [call.lock.closed for call in self.phone.locks(self.call)]
        assert all(locks[locks.index(True) :])


Talk = Callable[[str, str], Awaitable[tuple[End, End]]]


@pytest.fixture
async def server(place: Path, authority: Authority) -> AsyncIterator[Kamailio]:
    leaf = authority.issue("kamailio", dns=[DOMAIN], addresses=[LOOPBACK])
    async with Parts() as parts:
        rtpengine = await parts.begin(Rtpengine(place / "rtpengine", own_host()))
        profiles = {user: _PROFILES[keying] for user, keying in _KEYING.items()}
        media = MediaServer(rtpengine.address, profiles)
        yield await parts.begin(Kamailio(place / "kamailio", leaf, media=media))


@pytest.fixture
def talk(server: Kamailio, authority: Authority, new_phone: NewPhone, place: Path) -> Talk:
    """Call one user from another; both speak and listen."""

    async def register(user: str) -> Phone:
        phone, keying = await new_phone(user), _KEYING[user]
        if keying is None:
            await phone.add_open(user, LOOPBACK, server.port, codecs="pcmu")
        else:
            await phone.add_secure(
                user, LOOPBACK, server.tls_port, authority.file,
                codecs="pcmu", media_keying=keying.value,
            )  # fmt: skip
        await phone.until_registered(user)
        return phone

    async def talk(caller: str, callee: str) -> tuple[End, End]:
        here, there = await register(caller), await register(callee)
        call = await here.call(callee)
        ringing = await there.until_call(lambda c: c.state is CallState.INCOMING)
        await there.client.ask(AnswerCall(call=ringing.id))
        return (
            await speaks(End(here, _KEYING[caller], call, CALLER, _ear(place, caller))),
            await speaks(End(there, _KEYING[callee], ringing.id, CALLEE, _ear(place, callee))),
        )

    async def speaks(end: End) -> End:
        await end.phone.until_call(
            lambda c: (
                c.id == end.call
                and c.state is CallState.ACTIVE
                and c.lock.closed == (end.keying is not None)
            )
        )
        tone = write_tone(place / f"{end.hertz}.wav", end.hertz, _TONE_S)
        await end.phone.client.ask(Play(call=end.call, path=str(tone)))
        await end.phone.client.ask(Record(call=end.call, path=str(end.hearing.path)))
        return end

    return talk


def _ear(place: Path, user: str) -> Hearing:
    return Hearing(place / f"heard-by-{user}.wav", TONES)


async def hear(ends: Iterable[End], *, each_other: bool) -> None:
    """Wait until the ends hear each other alone, or nobody, and see that it stays so."""
    ears = {end.phone.folder.name: end for end in ends}
    wanted = {
        name: frozenset(TONES) - {end.hertz} if each_other else NOBODY for name, end in ears.items()
    }
    await until_heard(wanted, lambda: {name: end.hearing.lately() for name, end in ears.items()})


def audible(packets: Iterable[RtpPacket]) -> frozenset[int]:
    """Tones that anybody on the way could hear, if the packets hold plain G.711."""
    voices: dict[str, bytes] = {}
    for packet in packets:
        voices[packet.stream] = voices.get(packet.stream, b"") + packet.payload[:FRAME]
    return frozenset().union(
        *(
            tones_in(decoded(voice[start : start + _MOMENT]), RATE, TONES, _LOUD)
            for voice in voices.values()
            for start in range(0, len(voice) - _MOMENT + 1, _MOMENT)
        )
    )


async def captured(capture: Capture, server: Kamailio, ends: Iterable[End]) -> list[RtpPacket]:
    """End the capture; return the voice of these phones, to and from each."""
    pids = [pid for end in ends for pid in end.phone.worker_pids()]
    capture.ports = {server.port, server.tls_port, *ports_of(pids)}
    await capture.stop()
    packets = await capture.rtp()
    assert len({packet.stream for packet in packets if len(packet.payload) >= FRAME}) >= 4
    return packets


@pytest.mark.realtime
@both_ways
async def test_each_hears_the_other_and_nobody_on_the_way(
    talk: Talk, capture: Capture, server: Kamailio, caller: str, callee: str
) -> None:
    ends = await talk(caller, callee)
    await hear(ends, each_other=True)
    before = [await end.words() for end in ends]
    for end in ends:
        await end.hold()
        await hear(ends, each_other=False)
        await end.resume()
        await hear(ends, each_other=True)
    assert [await end.words() for end in ends] == before
    for end in ends:
        end.check_lock()
    packets = await captured(capture, server, ends)
    assert audible(packets) == NOBODY
    assert await capture.shown(IN_THE_CLEAR) == []


@pytest.mark.realtime
async def test_the_same_call_without_tls_is_heard_on_the_way(
    talk: Talk, capture: Capture, server: Kamailio
) -> None:
    ends = await talk("dora", "emil")
    await hear(ends, each_other=True)
    packets = await captured(capture, server, ends)
    assert audible(packets) == frozenset(TONES)
    assert len(await capture.shown(f"({IN_THE_CLEAR}) && {RTP}")) == len(packets)


@both_ways
async def test_each_lock_closes_as_far_as_the_server(talk: Talk, caller: str, callee: str) -> None:
    for end in await talk(caller, callee):
        report = await end.lock()
        assert (report.state, report.sign) == (LockState.CLOSED, Sign.SERVER)
        (stream,) = report.streams
        assert (stream.srtp, stream.keying) == (True, end.keying)
        assert stream.suite in SRTP_SUITES
        assert end.keying is not None
        evidence = f"{stream.suite}, keys by {end.keying.value.upper()}"
        assert fact(report, "the keys of the voice are agreed").evidence == evidence
        assert evidence in (await end.phone.run("lock", end.call))[0]
        if end.keying is Keying.SDES:
            assert report.end_to_end is None
        else:
            assert report.end_to_end is not None
            assert report.end_to_end.comparison is not None
            assert report.end_to_end.comparison.state is Compared.PENDING


async def test_two_phones_with_dtls_have_different_words(talk: Talk) -> None:
    of_carol, of_bob = [await end.words() for end in await talk("carol", "bob")]
    assert of_carol is not None
    assert of_bob is not None
    assert of_carol != of_bob
