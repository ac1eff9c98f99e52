"""Test of the microphone: what it hears comes back on the speaker, without any call."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.call.conftest import NewSoundPhone
from tests.support.media import sound
from tests.support.media.pulse import Pulse, audible
from voip.model import CallState
from voip.protocol.calls import Hold
from voip.protocol.phone import Subscribe
from voip.protocol.sound import (
    HearMicrophone,
    MicrophoneEvent,
    MicrophoneLevelEvent,
    TrialStage,
    TryMicrophone,
)


async def test_what_was_spoken_is_heard_again(
    desk: Pulse, new_sound_phone: NewSoundPhone, place: Path, speech: Path
) -> None:
    phone = await new_sound_phone(desk.client_environment)
    await phone.client.ask(Subscribe(levels=True))
    async with desk.listen() as ear:
        await phone.client.ask(TryMicrophone(seconds=30))
        await phone.until(MicrophoneEvent, lambda e: e.stage is TrialStage.LISTENING)
        await desk.speak(speech)
        assert not audible(ear.samples), "heard before it was to be played"
        since = ear.position
        await phone.client.ask(HearMicrophone())
        playing = await phone.until(MicrophoneEvent, lambda e: e.stage is TrialStage.PLAYING)
        assert playing.peak > 0.05
        await phone.until(MicrophoneEvent, lambda e: e.stage is TrialStage.DONE)
        heard = ear.save(place / "heard.wav", since)
    assert sound.piecewise(speech, heard) > 0.9
    levels = [e.event.level for e in phone.events if isinstance(e.event, MicrophoneLevelEvent)]
    assert max(levels) > 0.05
    assert not list((phone.folder / "run").rglob("*.wav")), "the voice is kept"


async def test_a_script_can_do_it(
    desk: Pulse, new_sound_phone: NewSoundPhone, speech: Path
) -> None:
    phone = await new_sound_phone(desk.client_environment)
    since = len(phone.events)
    typing = asyncio.create_task(phone.run("microphone", "--seconds", "3", "--json"))
    await phone.until(MicrophoneEvent, lambda e: e.stage is TrialStage.LISTENING, since)
    async with desk.listen() as ear:
        await desk.speak(speech)
        out, _ = await typing
        assert audible(ear.samples)
    assert json.loads(out)["heard"] is True
    _, err = await phone.run("microphone", "--seconds", "1", status=1)
    assert "the microphone heard nothing" in err


async def test_a_call_has_the_microphone_until_it_is_on_hold(
    desk: Pulse, new_sound_phone: NewSoundPhone, speech: Path
) -> None:
    phone = await new_sound_phone(desk.client_environment)
    call = await phone.call("echo")
    await phone.until_state(call, CallState.ACTIVE)
    _, err = await phone.run("microphone", status=1)
    assert f"call {call} has the microphone: end it, or put it on hold" in err
    await phone.client.ask(Hold(call=call, wait=True))
    await phone.client.ask(TryMicrophone(seconds=30))
    await phone.until(MicrophoneEvent, lambda e: e.stage is TrialStage.LISTENING)
    await phone.run("resume", call)
    done = await phone.until(MicrophoneEvent, lambda e: e.stage is TrialStage.DONE)
    assert done.problem == "a call needs the microphone"
