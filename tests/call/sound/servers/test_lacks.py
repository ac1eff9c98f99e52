"""A sound server without a microphone, or without a speaker."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.call.conftest import NewSoundPhone
from tests.call.sound.test_devices import (
    audible_now,
    devices,
    echoed,
    notice,
)
from tests.conftest import NewPhone
from tests.support.media import g711
from tests.support.media.pulse import MICROPHONE, RATE, Pulse, Samples, audible
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from voip.model import CallState, Outcome
from voip.protocol.calls import AnswerCall, HangUp

_HERTZ = 500
_HEARD = 0.5

# A machine that computes breaks sound.
pytestmark = pytest.mark.realtime


def nothing_for_a_second(samples: Samples) -> bool:
    """True if nothing but the chime of the echo line was heard."""
    return len(samples) > RATE and not audible(samples[-RATE:])


@contextlib.asynccontextmanager
async def said(server: Pulse, tone: Path, sink: str) -> AsyncIterator[None]:
    """Play a tone into a sink, again and again."""
    speaking = asyncio.create_task(server.speak(tone, sink))
    try:
        yield
    finally:
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)


async def test_without_a_microphone_the_other_side_is_heard_and_hears_nothing(
    sound_server: Pulse, new_sound_phone: NewSoundPhone, tone: Path
) -> None:
    await sound_server.plug_in("headset")
    phone = await new_sound_phone(sound_server.client_environment, 'output = "headset"')
    call = await echoed(phone, tone)
    async with sound_server.listen("headset") as headset:
        await headset.until(audible_now)
        position = len(phone.events)
        await sound_server.unplug("mic")
        words = "there is no microphone, so nobody hears you: using no microphone / headset"
        assert (await notice(phone, words, position)).level == "warning"
        await headset.until(audible_now, headset.position)
        assert all(device.inputs == 0 for device in (await devices(phone)).devices if
                   device.driver == "PulseAudio")  # fmt: skip
        await phone.client.ask(HangUp(call=call))
        # What the default speaker plays is now the server's default microphone.
        async with said(sound_server, tone, "speaker"), sound_server.listen() as speaker:
            await speaker.until(audible_now)
            call = await phone.call("echo")
            await phone.until_call(
                lambda c: c.id == call and (c.duration_s or 0) > 1 and c.quality.mos is not None
            )
            await headset.until(nothing_for_a_second, headset.position)
        position = len(phone.events)
        await sound_server.plug_in("room")
        await sound_server.plug_in_a_microphone("boom", "room")
        assert (await notice(phone, "sound: ", position)).text == "sound: Default (boom) / headset"
        async with said(sound_server, tone, "room"):
            await headset.until(audible_now, headset.position)
    await phone.client.ask(HangUp(call=call))
    assert (await phone.until_logged(call)).outcome is Outcome.ANSWERED


async def test_without_a_speaker_the_other_side_hears_and_is_not_heard(
    sound_server: Pulse,
    kamailio: Kamailio,
    new_phone: NewPhone,
    new_sound_phone: NewSoundPhone,
    place: Path,
) -> None:
    await sound_server.plug_in_a_tone("line", _HERTZ)
    for sink in ("speaker", "mic"):
        await sound_server.unplug(sink)
    bob, alice = (
        await new_sound_phone(sound_server.client_environment),
        await new_phone("alice"),
    )
    report = await devices(bob)
    (line,) = (d.name for d in report.devices if d.driver == "PulseAudio" and "(" not in d.name)
    lack = f"there is no speaker, so you hear nobody: using Default ({line}) / no speaker"
    assert report.in_use == lack
    for phone, user in ((bob, "bob"), (alice, "alice")):
        await phone.add_open(user, LOOPBACK, kamailio.port)
        await phone.until_registered(user)
    heard = place / "heard.wav"
    out = await alice.call(f"bob@{DOMAIN}", record=str(heard))
    call = (await bob.until_call(lambda c: c.state is CallState.INCOMING)).id
    await bob.client.ask(AnswerCall(call=call))
    await until_heard(alice, out, heard)
    # A speaker that comes is used at once, and the microphone stays.
    position = len(bob.events)
    await sound_server.plug_in("headset")
    words = f"sound: Default ({line}) / Default (headset)"
    assert (await notice(bob, "sound: ", position)).text == words
    await until_heard(alice, out, heard)
    await sound_server.unplug("headset")
    assert (await notice(bob, lack, position)).level == "warning"
    await until_heard(alice, out, heard)
    await bob.client.ask(HangUp(call=call))
    await alice.until_logged(out)


async def until_heard(phone: Phone, call: str, recording: Path) -> None:
    """Wait until a recording's new end is the tone."""
    size = recording.stat().st_size if recording.exists() else 0
    while not recording.exists() or (
        recording.stat().st_size < size + 2 * RATE or g711.share(recording, _HERTZ) < _HEARD
    ):
        position = len(phone.events)
        await phone.until_call(lambda c: c.id == call, position)


async def test_a_server_without_anything_is_silent_until_something_comes(
    sound_server: Pulse, new_sound_phone: NewSoundPhone, tone: Path
) -> None:
    for sink in ("speaker", "mic"):
        await sound_server.unplug(sink)
    phone = await new_sound_phone(sound_server.client_environment)
    assert (await devices(phone)).in_use == "there is no sound device: calls are silent"
    call = await echoed(phone, tone)
    position = len(phone.events)
    await sound_server.plug_in("headset")
    words = "there is no microphone, so nobody hears you: using no microphone / Default (headset)"
    await notice(phone, words, position)
    async with sound_server.listen("headset") as headset:
        await headset.until(audible_now)
    await phone.client.ask(HangUp(call=call))
    assert MICROPHONE not in (await devices(phone)).in_use
