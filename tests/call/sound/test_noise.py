"""Noise suppression and gain control, as the far end hears them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.call.sound.conftest import TwoPhones
from tests.support.media import sound
from tests.support.media.pulse import RATE, Pulse, Samples, write
from tests.support.peers.kamailio import DOMAIN
from tests.support.phone import Phone
from voip.model import CallState, Outcome
from voip.protocol.calls import AnswerCall, HangUp
from voip.protocol.settings import ChangeSettings

_SETTLED_S = 3
"""Seconds that the suppressor needs to learn a noise."""

_QUIET = 0.05
"""A voice from across the room."""


def noise(seconds: float) -> Samples:
    """A hiss like that of a fan, 40 dB below full scale."""
    return np.random.default_rng(1).normal(0, 327, int(seconds * RATE)).astype(np.int16)


async def turn(phone: Phone, setting: str, on: bool) -> None:
    """Turn the canceller on, and a part of it on or off.

    This takes another worker, which has to register again.
    """
    since = len(phone.events)
    changes: dict[str, str | int | bool | None] = {"audio.echo_cancel": True, setting: on}
    await phone.client.ask(ChangeSettings(changes=changes))
    await phone.until_registered("bob", since)


async def heard_elsewhere(desk: Pulse, bob: Phone, alice: Phone, said: Path, record: Path) -> Path:
    """Record what alice hears while a sound is played into bob's microphone."""
    since = len(bob.events)
    out = await alice.call(f"bob@{DOMAIN}", record=str(record))
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING, since)
    await bob.client.ask(AnswerCall(call=ringing.id))
    await alice.until_state(out, CallState.ACTIVE)
    await desk.speak(said)
    await alice.client.ask(HangUp(call=out))
    assert (await alice.until_logged(out)).outcome is Outcome.ANSWERED
    return record


async def test_the_far_end_hears_less_noise(
    desk: Pulse, two_phones: TwoPhones, place: Path
) -> None:
    bob, alice = await two_phones()
    said = write(place / "noise.wav", noise(_SETTLED_S + 3))
    floors = []
    for on in (False, True):
        await turn(bob, "audio.noise_suppression", on)
        record = place / f"{on}.wav"
        heard = sound.load(await heard_elsewhere(desk, bob, alice, said, record))
        settled = heard[_SETTLED_S * sound.RATE :][: 2 * sound.RATE]
        floors.append(float(np.sqrt(np.mean(settled**2))))
    without, with_it = floors
    assert without > 200, floors
    assert 0 < with_it < without / 2, floors


async def test_speech_is_no_noise(
    desk: Pulse, two_phones: TwoPhones, place: Path, speech: Path
) -> None:
    bob, alice = await two_phones()
    await turn(bob, "audio.noise_suppression", True)
    heard = await heard_elsewhere(desk, bob, alice, speech, place / "heard.wav")
    assert sound.piecewise(speech, heard) > 0.8


async def test_a_quiet_voice_is_sent_louder(
    desk: Pulse, two_phones: TwoPhones, place: Path, speech: Path
) -> None:
    bob, alice = await two_phones()
    quiet = (sound.load(speech) * _QUIET).astype(np.int16)
    said = write(place / "quiet.wav", np.repeat(quiet, RATE // sound.RATE))
    loudness = []
    for on in (False, True):
        await turn(bob, "audio.gain_control", on)
        record = place / f"{on}.wav"
        loudness.append(sound.loudness(await heard_elsewhere(desk, bob, alice, said, record)))
    without, with_it = loudness
    assert with_it > 2 * without > 0, loudness
