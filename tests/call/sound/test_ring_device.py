"""Incoming calls ring on a device of its own, and nothing else is heard there."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.call.conftest import NewPulse
from tests.call.sound.conftest import TwoPhones
from tests.call.sound.test_devices import listeners, notice
from tests.call.sound.test_ringing import (
    BELL,
    OURS,
    VOICE,
    bell,
    change,
    has,
    rings,
    rung,
)
from tests.support.media import sound
from tests.support.media.pulse import IN_USE, RATE, Pulse, Samples, audible
from tests.support.peers.kamailio import DOMAIN
from voip.model import CallState
from voip.protocol.calls import AnswerCall, DeclineCall, HangUp, Hold
from voip.protocol.sound import Devices, GetDevices


def silent_for(seconds: float, samples: Samples) -> bool:
    return len(samples) > seconds * RATE and not samples[-int(seconds * RATE) :].any()


async def test_it_rings_there_and_the_voice_is_on_the_speaker_alone(
    desk: Pulse, two_phones: TwoPhones, place: Path
) -> None:
    await desk.plug_in("loud")
    voice = sound.sine(place / "voice.wav", VOICE, seconds=60)
    bob, alice = await two_phones()
    await bob.run("settings", "audio.ring_device", "loud")
    out, _ = await bob.run("devices")
    assert out.splitlines()[:2] == [f"in use: {IN_USE}", "ringing: loud"]
    async with desk.listen("loud") as loud, desk.listen("speaker") as speaker:
        standing = await listeners(desk)
        since = len(bob.events)
        await alice.call(f"bob@{DOMAIN}", play=str(voice))
        call = (await bob.until_call(lambda c: c.state is CallState.INCOMING, since)).id
        await loud.until(lambda heard: has(heard, OURS))
        # Its rings come again, and no microphone is open for them.
        await loud.until(lambda heard: silent_for(1.5, heard))
        await loud.until(lambda heard: has(heard, OURS), loud.position)
        assert await listeners(desk) == standing
        assert not speaker.samples.any()
        await bob.client.ask(AnswerCall(call=call))
        since = speaker.position
        await speaker.until(lambda heard: has(heard, VOICE))
        await loud.until(lambda heard: silent_for(4, heard), loud.position)
        await speaker.until(lambda heard: has(heard, VOICE), speaker.position)
        assert not rung(speaker.tail(since))
        assert await listeners(desk) == standing + 1


async def test_a_second_call_is_told_in_the_ear(desk: Pulse, two_phones: TwoPhones) -> None:
    await desk.plug_in("loud")
    bob, alice = await two_phones()
    await change(bob, ring_device="loud")
    async with desk.listen("loud") as loud, desk.listen("speaker") as speaker:
        first = await rings(bob, alice)
        await loud.until(lambda heard: has(heard, OURS))
        await bob.client.ask(AnswerCall(call=first))
        await bob.until_state(first, CallState.ACTIVE)
        await loud.until(lambda heard: silent_for(0.5, heard), loud.position)
        since = loud.position
        (held,) = (await alice.status()).calls
        await alice.client.ask(Hold(call=held.id))
        second = await rings(bob, alice)
        await speaker.until(audible, speaker.position)
        await loud.until(lambda heard: silent_for(3, heard), since)
        assert not loud.tail(since).any()
        # Alone, it rings aloud again.
        await bob.client.ask(HangUp(call=first))
        await loud.until(lambda heard: has(heard, OURS), loud.position)
        await bob.client.ask(DeclineCall(call=second))


async def test_ringback_is_heard_on_the_speaker(desk: Pulse, two_phones: TwoPhones) -> None:
    await desk.plug_in("loud")
    bob, _alice = await two_phones()
    await change(bob, ring_device="loud")
    async with desk.listen("loud") as loud, desk.listen("speaker") as speaker:
        await bob.call(f"alice@{DOMAIN}")
        await speaker.until(lambda heard: has(heard, OURS))
        assert not loud.samples.any()


async def test_a_file_rings_there(desk: Pulse, two_phones: TwoPhones, place: Path) -> None:
    await desk.plug_in("loud")
    bob, alice = await two_phones()
    await change(bob, ring_device="loud", ring_sound=str(bell(place)))
    async with desk.listen("loud") as loud, desk.listen("speaker") as speaker:
        call = await rings(bob, alice)
        await loud.until(lambda heard: has(heard, BELL))
        # Another choice while it rings takes it to the speaker, and back.
        await change(bob, ring_device=None)
        await speaker.until(lambda heard: has(heard, BELL))
        await change(bob, ring_device="loud")
        await loud.until(lambda heard: has(heard, BELL), loud.position)
        await speaker.until(lambda heard: silent_for(5, heard), speaker.position)
        await bob.client.ask(DeclineCall(call=call))


async def test_without_the_device_it_rings_on_the_speaker_until_it_is_back(
    desk: Pulse, two_phones: TwoPhones, new_pulse: NewPulse, place: Path
) -> None:
    socket = place / "other" / "pulse" / "native"
    (desk.home / ".asoundrc").write_text(
        f'pcm.loud {{ type pulse server "unix:{socket}" hint {{ show on }} }}\n'
    )
    bob, alice = await two_phones()
    await change(bob, ring_device="loud")
    words = "no sound device is called loud: it rings on the speaker"
    assert (await notice(bob, words)).level == "warning"
    async with desk.listen("speaker") as speaker:
        call = await rings(bob, alice)
        await speaker.until(lambda heard: has(heard, OURS))
        await bob.client.ask(DeclineCall(call=call))
        # It comes back: the next call rings there, without any command.
        other = await new_pulse("other")
        await speaker.until(lambda heard: silent_for(3, heard), speaker.position)
        since = speaker.position
        async with other.listen("speaker") as loud:
            call = await rings(bob, alice)
            await loud.until(lambda heard: has(heard, OURS))
            assert not speaker.tail(since).any()
            # And it goes while it rings.
            position = len(bob.events)
            await other.die()
            await speaker.until(lambda heard: has(heard, OURS), since)
            await notice(bob, "loud has stopped working: it rings on the speaker", position)
            await bob.client.ask(DeclineCall(call=call))
    told = (await bob.client.get(GetDevices(), Devices)).rings_on
    assert told == words
    assert (await bob.run("settings", "audio.ring_device"))[0] == "loud\n"


async def test_a_sink_that_is_unplugged_leaves_no_call_silent(
    desk: Pulse, two_phones: TwoPhones
) -> None:
    await desk.plug_in("loud")
    bob, alice = await two_phones()
    await change(bob, ring_device="loud")
    await desk.unplug("loud")
    async with desk.listen("speaker") as speaker:
        call = await rings(bob, alice)
        await speaker.until(lambda heard: has(heard, OURS))
        await bob.client.ask(DeclineCall(call=call))


async def test_a_device_that_hangs_delays_no_call_and_the_speaker_rings(
    desk: Pulse, two_phones: TwoPhones, new_pulse: NewPulse
) -> None:
    other = await new_pulse("other")
    (desk.home / ".asoundrc").write_text(
        f'pcm.loud {{ type pulse server "unix:{other.socket}" hint {{ show on }} }}\n'
    )
    bob, alice = await two_phones()
    await change(bob, ring_device="loud")
    async with desk.listen("speaker") as speaker:
        with other.asleep():
            call = await rings(bob, alice)
            await speaker.until(lambda heard: has(heard, OURS))
            await notice(bob, "the device for ringing does not answer: it rings on the speaker")
            await bob.client.ask(AnswerCall(call=call))
            await bob.until_state(call, CallState.ACTIVE)


async def test_a_ringer_that_dies_leaves_no_call_silent(desk: Pulse, two_phones: TwoPhones) -> None:
    await desk.plug_in("loud")
    bob, alice = await two_phones()
    before = set(bob.worker_pids())
    await change(bob, ring_device="loud")
    (ringer,) = set(bob.worker_pids()) - before
    async with desk.listen("loud") as loud, desk.listen("speaker") as speaker:
        await rings(bob, alice)
        await loud.until(lambda heard: has(heard, OURS))
        os.kill(ringer, signal.SIGKILL)
        await speaker.until(lambda heard: has(heard, OURS))
