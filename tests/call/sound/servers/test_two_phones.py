"""Two phones on one sound server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.call.conftest import NewSoundPhone
from tests.call.sound.test_devices import audible_now, devices, echoed
from tests.support.media import sound
from tests.support.media.pulse import IN_USE, RATE, Ear, Forward, Pulse, Samples
from tests.support.media.voice import tones_in
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from voip.model import CallState
from voip.protocol.calls import AnswerCall, HangUp

LOW, HIGH = 500, 1300
"""Hertz of what is said or played."""

_WINDOW = RATE // 4

# A machine that computes breaks sound.
pytestmark = pytest.mark.realtime


def tones(samples: Samples) -> frozenset[int]:
    latest = samples[-_WINDOW:].astype(float) / 32768
    return frozenset(tones_in(latest, RATE, (LOW, HIGH)))


async def plays(ear: Ear, *hertz: int) -> None:
    """Wait until these tones alone are heard."""
    since = ear.position
    await ear.until(lambda heard: len(heard) > _WINDOW and tones(heard) == frozenset(hertz), since)


async def test_both_use_the_same_devices_and_each_is_heard(
    sound_server: Pulse, new_sound_phone: NewSoundPhone, place: Path
) -> None:
    surroundings = sound_server.client_environment
    bob = await new_sound_phone(surroundings, name="bob")
    alice = await new_sound_phone(surroundings, name="alice")
    async with sound_server.listen() as speaker:
        bobs = await echoed(bob, sound.sine(place / "bob.wav", LOW, seconds=60))
        await plays(speaker, LOW)
        alices = await echoed(alice, sound.sine(place / "alice.wav", HIGH, seconds=60))
        await plays(speaker, LOW, HIGH)
        await bob.client.ask(HangUp(call=bobs))
        await plays(speaker, HIGH)
        await alice.client.ask(HangUp(call=alices))
        await plays(speaker)
    assert [(await devices(phone)).in_use for phone in (bob, alice)] == [IN_USE, IN_USE]


async def test_each_uses_devices_of_its_own_and_hears_the_other_there(
    sound_server: Pulse, kamailio: Kamailio, new_sound_phone: NewSoundPhone, place: Path
) -> None:
    await sound_server.plug_in("headset")
    await sound_server.plug_in("room")
    await sound_server.plug_in_a_microphone("boom", "room")
    surroundings = sound_server.client_environment
    bob = await new_sound_phone(surroundings, name="bob")
    own = 'input = "boom"\noutput = "headset"'
    alice = await new_sound_phone(surroundings, own, name="alice")
    assert (await devices(alice)).in_use == "boom / headset"
    for phone, user in ((bob, "bob"), (alice, "alice")):
        await phone.add_open(user, LOOPBACK, kamailio.port)
        await phone.until_registered(user)
    out = await alice.call(f"bob@{DOMAIN}")
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=ringing.id))
    await alice.until_state(out, CallState.ACTIVE)
    speaking = [
        asyncio.create_task(sound_server.speak(sound.sine(place / f"{sink}.wav", hertz, 60), sink))
        for sink, hertz in (("mic", LOW), ("room", HIGH))
    ]
    try:
        async with sound_server.listen() as speaker, sound_server.listen("headset") as headset:
            await plays(speaker, HIGH)
            await plays(headset, LOW)
            # What one of them uses goes, and the other notices nothing.
            since = speaker.position
            await sound_server.unplug("boom")
            await plays(headset, LOW)
            await plays(speaker, LOW)  # her microphone is the default one now, which is his
            assert (await devices(bob)).in_use == IN_USE
            assert audible_now(speaker.tail(since))
    finally:
        for task in speaking:
            task.cancel()
        await asyncio.gather(*speaking, return_exceptions=True)
    await alice.client.ask(HangUp(call=out))
    await bob.until_logged(ringing.id)


async def test_one_here_and_one_by_a_forwarded_socket(
    sound_server: Pulse, new_sound_phone: NewSoundPhone, place: Path
) -> None:
    forward = Forward(sound_server.socket)
    address = await forward.socket(place / "forwarded")
    surroundings = sound_server.client_environment
    try:
        here = await new_sound_phone(surroundings, name="here")
        there = await new_sound_phone({**surroundings, "PULSE_SERVER": address}, name="there")
        async with sound_server.listen() as speaker:
            await echoed(here, sound.sine(place / "here.wav", LOW, seconds=60))
            call = await there.call("echo")
            await there.until_state(call, CallState.ACTIVE)
            await plays(speaker, LOW)
            # Each phone's far end returns what the microphone hears; one plays a file.
            speaking = asyncio.create_task(
                sound_server.speak(sound.sine(place / "said.wav", HIGH, seconds=60))
            )
            try:
                await plays(speaker, LOW, HIGH)
            finally:
                speaking.cancel()
                await asyncio.gather(speaking, return_exceptions=True)
        assert forward.connections > 0
    finally:
        await forward.stop()
