"""Noise suppression and gain control, as the far end hears them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.call.sound.conftest import TwoPhones
from tests.support.media import sound
from tests.support.media.noises import NOISES
from tests.support.media.pulse import RATE, Pulse, write
from tests.support.peers.kamailio import DOMAIN
from tests.support.phone import Phone
from voip.model import CallState, Outcome
from voip.protocol.calls import AnswerCall, HangUp
from voip.protocol.settings import ChangeSettings

_BEFORE_S, _AFTER_S = 6, 4
_NOISE_ALONE_S, _VOICE_S = (3, 5), (8, 13)
"""Seconds of noise before the voice, which the suppressor learns, and what is compared.

The sound begins up to a second after the recording.
"""
_NOISE_AFTER_S = (1.5, 2.5)
"""Seconds after the voice: the far end has been silent for more than ten by then."""

_NOISE = 0.2
"""Noise beside a voice, 14 dB below it."""

_QUIET = 0.05
"""A voice from across the room."""


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


@pytest.mark.parametrize("kind", ["hiss", "fan", "people"])
async def test_the_far_end_hears_a_voice_above_noise(
    desk: Pulse, two_phones: TwoPhones, place: Path, speech: Path, kind: str
) -> None:
    bob, alice = await two_phones()
    voice = np.repeat(sound.load(speech), RATE // sound.RATE) / 3
    before, after = (np.zeros(seconds * RATE) for seconds in (_BEFORE_S, _AFTER_S))
    clean = np.concatenate([before, voice, voice, after])
    ends_s = (len(clean) - len(after)) / RATE
    noise = await NOISES[kind](place, len(clean) / RATE)
    loud = np.sqrt(np.mean(voice**2)) / np.sqrt(np.mean(noise**2))
    said = write(place / "said.wav", (clean + noise * loud * _NOISE).astype(np.int16))
    heard = []
    for on in (False, True):
        await turn(bob, "audio.noise_suppression", on)
        record = place / f"{on}.wav"
        samples = sound.load(await heard_elsewhere(desk, bob, alice, said, record))
        parts = (_NOISE_ALONE_S, _VOICE_S, [ends_s + second for second in _NOISE_AFTER_S])
        heard.append([_loudness(samples, *times) for times in parts])
    (floor, voice_without, floor_after), (quieter, voice_with, quieter_after) = heard
    assert 0 < quieter < floor / 1.5, heard
    # Many voices are taken for noise less surely once one has spoken.
    assert 0 < quieter_after < floor_after / 1.2, heard
    assert voice_with > 0.6 * voice_without, heard
    assert voice_with / quieter > 1.4 * voice_without / floor, heard


def _loudness(samples: NDArray[np.float64], begin_s: float, end_s: float) -> float:
    piece = samples[int(begin_s * sound.RATE) : int(end_s * sound.RATE)]
    return float(np.sqrt(np.mean(piece**2)))


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
    # The far end is silent for longer than a canceller waits for it.
    before = np.zeros(_BEFORE_S * RATE, dtype=np.int16)
    voice = np.repeat(quiet, RATE // sound.RATE)
    said = write(place / "quiet.wav", np.concatenate([before, voice]))
    loudness = []
    for on in (False, True):
        await turn(bob, "audio.gain_control", on)
        record = place / f"{on}.wav"
        loudness.append(sound.loudness(await heard_elsewhere(desk, bob, alice, said, record)))
    without, with_it = loudness
    assert with_it > 2 * without > 0, loudness
