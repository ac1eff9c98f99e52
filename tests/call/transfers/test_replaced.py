"""A far end is replaced by another (RFC 3891): who hears whom, before and after."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.call.conftest import NewPulse, NewSoundPhone
from tests.call.transfers.hearing import until_heard
from tests.support.media.pulse import RATE, Ear
from tests.support.media.voice import tones_in
from tests.support.parts import Parts
from tests.support.peers.hostile import own_host
from tests.support.peers.kamailio import DOMAIN
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import Call, CallState, Outcome
from voip.protection import Transport
from voip.protocol.calls import HangUp, Hold, Mute, Record, Resume

MICROPHONE, BOB, CAROL = 500, 900, 1100
TONES = (MICROPHONE, BOB, CAROL)
NOBODY: frozenset[int] = frozenset()
_LATELY_S = 0.12
_LOOK_S = 0.05


@dataclass
class Scene:
    """A call with Bob; Carol is at the same server, and calls in his place."""

    phone: Phone
    ear: Ear
    bob: Party
    carol: Party
    call: str

    async def hears(self, me: set[int], bob: set[int], carol: set[int]) -> None:
        """Wait until each hears these tones alone, and see that it stays so."""
        wanted = {"me": frozenset(me), "bob": frozenset(bob), "carol": frozenset(carol)}
        await until_heard(
            wanted,
            lambda: {"me": self._speaker(), "bob": _of(self.bob), "carol": _of(self.carol)},
            between=lambda: self.ear.hear(_LOOK_S),
        )

    async def replaced(self) -> Call:
        """Have Carol take the place of Bob; returns her call."""
        since = len(self.phone.events)
        answer = await self.carol.calls_in_place_of(self.bob, '"Carol" ')
        assert answer.status == 200
        entry = await self.phone.until_logged(self.call)
        assert entry.outcome is Outcome.TRANSFERRED
        assert "took the place of" in entry.reason
        new = await self.phone.until_call(
            lambda c: c.remote.name == "Carol" and c.state.answered and c.in_place_of is not None,
            since,
        )
        (left,) = (await self.phone.status()).calls
        assert left.id == new.id
        return left

    def _speaker(self) -> frozenset[int]:
        length = int(_LATELY_S * RATE)
        samples = self.ear.tail(self.ear.position - length).astype(np.float64)
        return tones_in(samples[-length:] / 32768, RATE, TONES)


def _of(party: Party) -> frozenset[int]:
    since = time.time_ns() - int(_LATELY_S * 1e9)
    frames = party.voice.frames
    return NOBODY.union(*(frame.tones for frame in frames[-50:] if frame.at >= since))


@pytest.fixture
async def scene(
    new_pulse: NewPulse,
    new_sound_phone: NewSoundPhone,
    transport: Transport,
    authority: Authority,
) -> AsyncIterator[Scene]:
    pulse = await new_pulse("pulse")
    await pulse.ask("load-module", "module-sine", "sink=mic", f"frequency={MICROPHONE}")
    phone = await new_sound_phone(pulse.client_environment)
    host = own_host()
    leaf = authority.issue("party", addresses=[host])
    async with Parts() as parts, pulse.listen() as ear:
        bob = await parts.begin(Party(host, transport, leaf, BOB, TONES))
        fields: dict[str, object] = {"transport": transport.value}
        if transport is Transport.TLS:
            fields["ca_file"] = str(authority.file)
        await phone.add(
            "work", password="secret", user="reception", domain=DOMAIN,
            server=f"{host}:{bob.server.port}", **fields,
        )  # fmt: skip
        await phone.until_registered("work")
        call = await phone.call("bob", account="work")
        await bob.take()
        await phone.until_state(call, CallState.ACTIVE)
        carol = Party(host, transport, leaf, CAROL, TONES)
        carol.shares_server_of(bob)
        yield Scene(phone, ear, bob, carol, call)
        for left in (await phone.status()).calls:
            await phone.client.ask(HangUp(call=left.id))
            await phone.until_logged(left.id)
        await bob.leave()
        await carol.leave()


def _check(scene: Scene, transport: Transport) -> None:
    secure = transport is Transport.TLS
    for party in (scene.bob, scene.carol):
        assert not secure or party.voice.clear == 0
        assert party.profiles == {"RTP/SAVP" if secure else "RTP/AVP"}


@pytest.mark.realtime
async def test_the_user_talks_with_the_one_who_has_come(scene: Scene, transport: Transport) -> None:
    await scene.hears({BOB}, {MICROPHONE}, set())
    new = await scene.replaced()
    await scene.bob.until_received("BYE")
    scene.bob.voice.speaks = False
    await scene.hears({CAROL}, set(), {MICROPHONE})
    assert new.lock.closed is (transport is Transport.TLS)
    scene.phone.check_lock_evidence(new.id)
    # The one who has left had the voice before, and nobody at the same time.
    said = [f.at for f in scene.bob.voice.frames if MICROPHONE in f.tones]
    then = [f.at for f in scene.carol.voice.frames if MICROPHONE in f.tones]
    assert max(said) < min(then)
    _check(scene, transport)


@pytest.mark.realtime
async def test_a_muted_user_stays_muted(scene: Scene, transport: Transport) -> None:
    await scene.phone.client.ask(Mute(call=scene.call))
    await scene.hears({BOB}, set(), set())
    new = await scene.replaced()
    assert new.muted
    scene.bob.voice.speaks = False
    await scene.hears({CAROL}, set(), set())
    await scene.phone.client.ask(Mute(call=new.id, on=False))
    await scene.hears({CAROL}, set(), {MICROPHONE})
    _check(scene, transport)


@pytest.mark.realtime
async def test_a_call_on_hold_stays_on_hold(scene: Scene, transport: Transport) -> None:
    await scene.phone.client.ask(Hold(call=scene.call, wait=True))
    await scene.hears(set(), set(), set())
    new = await scene.replaced()
    await scene.phone.until_state(new.id, CallState.HELD)
    scene.bob.voice.speaks = False
    await scene.hears(set(), set(), set())
    assert not any(MICROPHONE in frame.tones for frame in scene.carol.voice.frames)
    await scene.phone.client.ask(Resume(call=new.id, wait=True))
    await scene.hears({CAROL}, set(), {MICROPHONE})
    _check(scene, transport)


@pytest.mark.realtime
async def test_a_recording_ends_with_the_one_who_leaves(scene: Scene, place: Path) -> None:
    path = place / "bob.wav"
    await scene.phone.client.ask(Record(call=scene.call, path=str(path)))
    await scene.hears({BOB}, {MICROPHONE}, set())
    new = await scene.replaced()
    size = path.stat().st_size
    scene.bob.voice.speaks = False
    await scene.hears({CAROL}, set(), {MICROPHONE})
    assert not new.recording
    assert path.stat().st_size == size


@pytest.mark.realtime
async def test_an_account_without_tls_names_no_call_of_one_with_it(
    scene: Scene, transport: Transport, authority: Authority
) -> None:
    """And the other way round: neither worker knows the calls of the other."""
    other = Transport.UDP if transport is Transport.TLS else Transport.TLS
    host = own_host()
    leaf = authority.issue("outsider", addresses=[host])
    async with Parts() as parts:
        outsider = await parts.begin(Party(host, other, leaf, CAROL, TONES))
        fields: dict[str, object] = {"transport": other.value}
        if other is Transport.TLS:
            fields["ca_file"] = str(authority.file)
        await scene.phone.add(
            "other", password="secret", user="other", domain=DOMAIN,
            server=f"{host}:{outsider.server.port}", **fields,
        )  # fmt: skip
        await scene.phone.until_registered("other")
        second = await scene.phone.call("x", account="other")
        await outsider.take()
        await scene.phone.until_state(second, CallState.ACTIVE)
        assert (await outsider.calls_in_place_of(scene.bob)).status == 481
        await scene.phone.client.ask(HangUp(call=second))
        await scene.phone.until_logged(second)
        assert scene.call in [c.id for c in (await scene.phone.status()).calls]
        await outsider.leave()
