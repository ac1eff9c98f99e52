"""The sound of an incoming call: what rings, and where."""

from __future__ import annotations

from pathlib import Path

from tests.call.sound.conftest import TwoPhones
from tests.support.media import sound
from tests.support.media.pulse import RATE, Pulse, Samples, audible
from tests.support.media.voice import tones_in
from tests.support.peers.kamailio import DOMAIN
from tests.support.phone import Phone
from voip.model import CallState
from voip.protocol.calls import AnswerCall
from voip.protocol.settings import ChangeSettings

BELL, OURS, VOICE = 800, 480, 1300
"""Hertz of the user's ring sound, of one of the phone's own notes, and of a far end."""

_WINDOW = RATE // 8


def bell(folder: Path) -> Path:
    return sound.sine(folder / "bell.wav", BELL, seconds=1)


def has(samples: Samples, hertz: int) -> bool:
    """True if there is a tone in the latest sound."""
    latest = samples[-_WINDOW:].astype(float) / 32768
    return len(latest) == _WINDOW and hertz in tones_in(latest, RATE, (BELL, OURS, VOICE))


def rung(samples: Samples) -> bool:
    """True if the phone's own notes are in a part of the sound, a click apart."""
    pieces = [samples[at : at + _WINDOW] for at in range(0, len(samples), _WINDOW)]
    return sum(has(piece, OURS) for piece in pieces) > 2


def bursts(samples: Samples) -> int:
    """Number of times that a sound begins after a second of silence."""
    loud = [audible(samples[at : at + _WINDOW]) for at in range(0, len(samples), _WINDOW)]
    return sum(is_loud and not any(loud[max(i - 8, 0) : i]) for i, is_loud in enumerate(loud))


async def change(phone: Phone, **audio: str | bool | None) -> None:
    changes = {f"audio.{name}": value for name, value in audio.items()}
    await phone.client.ask(ChangeSettings(changes={**changes}))


async def rings(bob: Phone, alice: Phone) -> str:
    """Have alice call bob; return his call."""
    since = len(bob.events)
    await alice.call(f"bob@{DOMAIN}")
    return (await bob.until_call(lambda c: c.state is CallState.INCOMING, since)).id


async def test_a_file_rings_again_and_again_until_the_call_is_answered(
    desk: Pulse, two_phones: TwoPhones, place: Path
) -> None:
    bob, alice = await two_phones()
    await bob.run("settings", "audio.ring_sound", str(bell(place)))
    async with desk.listen() as ear:
        call = await rings(bob, alice)
        await ear.until(lambda heard: has(heard, BELL))
        await ear.until(lambda heard: bursts(heard) == 3)
        assert not has(ear.samples, OURS)
        await bob.client.ask(AnswerCall(call=call))
        await bob.until_state(call, CallState.ACTIVE)
        await ear.until(lambda heard: len(heard) > 6 * RATE and not heard[-5 * RATE :].any())


async def test_another_sound_is_used_while_it_rings(
    desk: Pulse, two_phones: TwoPhones, place: Path
) -> None:
    bob, alice = await two_phones()
    async with desk.listen() as ear:
        await rings(bob, alice)
        await ear.until(lambda heard: has(heard, OURS))
        await change(bob, ring_sound=str(bell(place)))
        await ear.until(lambda heard: has(heard, BELL))
        await change(bob, ring_sound=None)
        await ear.until(lambda heard: has(heard, OURS), ear.position)


async def test_without_its_file_the_phone_rings_by_its_own_sound(
    desk: Pulse, two_phones: TwoPhones, place: Path
) -> None:
    bob, alice = await two_phones()
    await change(bob, ring_sound=str(bell(place)))
    # The engine's copy goes, unnoticed, behind its back.
    for copy in Path(bob.environment["OFFHOOK_RUNTIME_DIR"], "sound").iterdir():
        copy.unlink()
    async with desk.listen() as ear:
        await rings(bob, alice)
        await ear.until(lambda heard: has(heard, OURS))
        assert not has(ear.samples, BELL)
