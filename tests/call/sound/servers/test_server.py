"""Changes of a sound server while a call is up, followed without a break."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.call.conftest import NewSoundPhone
from tests.call.sound.test_devices import audible_now, devices, echoed, notice
from tests.support.media import sound
from tests.support.media.pulse import IN_USE, MICROPHONE, RATE, SPEAKER, Ear, Pulse, Samples
from tests.support.phone import Phone
from voip.protocol.calls import HangUp
from voip.protocol.settings import ChangeSettings

_HERTZ = 500
_WINDOW = RATE // 100
_STEADY_S = 2.0
_TRIES = 4

# A machine that computes breaks sound.
pytestmark = pytest.mark.realtime


def breaks(samples: Samples) -> int:
    """Number of windows in which the tone is weak, or turns its phase.

    A click, a gap and a repeated piece do. A resampled tone turns a little.
    """
    count = len(samples) // _WINDOW
    turning = np.exp(-2j * np.pi * _HERTZ * np.arange(count * _WINDOW) / RATE)
    pieces = samples[: count * _WINDOW].astype(float) * turning
    windows = (pieces.reshape(count, _WINDOW) * np.hanning(_WINDOW)).mean(axis=1)
    strength = np.abs(windows)
    weak = strength[1:] < np.median(strength) / 2
    turned = np.abs(np.angle(windows[1:] * np.conj(windows[:-1]))) > 0.35
    return int(np.count_nonzero(weak | turned))


async def unbroken(ear: Ear) -> bool:
    """True if some of the next seconds of the tone have no break, on a busy machine."""
    for _ in range(_TRIES):
        if breaks(await ear.hear(_STEADY_S)) == 0:
            return True
    return False


@pytest.fixture
async def call(
    sound_server: Pulse, new_sound_phone: NewSoundPhone, place: Path
) -> AsyncIterator[tuple[Phone, str]]:
    """A phone in a call whose far end sends a tone."""
    await sound_server.plug_in("headset")
    await sound_server.plug_in_a_microphone("boom", "headset")
    phone = await new_sound_phone(sound_server.client_environment)
    yield phone, await echoed(phone, sound.sine(place / "steady.wav", _HERTZ, seconds=60))


async def test_each_device_is_offered_once_and_alsa_s_names_still_mean_the_default(
    sound_server: Pulse, new_sound_phone: NewSoundPhone
) -> None:
    chosen = 'input = "pulse"\noutput = "default"'
    phone = await new_sound_phone(sound_server.client_environment, chosen)
    report = await devices(phone)
    assert report.in_use == IN_USE
    assert [d.name for d in report.devices if d.driver == "PulseAudio"] == [
        SPEAKER, MICROPHONE, "speaker", "mic",
    ]  # fmt: skip
    assert not {"pulse", "pipewire", "default"} & {d.name for d in report.devices}


async def test_another_default_speaker_is_followed(
    call: tuple[Phone, str], sound_server: Pulse
) -> None:
    phone, ident = call
    async with sound_server.listen("speaker") as speaker, sound_server.listen("headset") as headset:
        await speaker.until(audible_now)
        assert not headset.samples.any()
        position = len(phone.events)
        await sound_server.ask("set-default-sink", "headset")
        await headset.until(audible_now)
        words = f"sound: {MICROPHONE} / Default (headset)"
        assert (await notice(phone, "sound: ", position)).text == words
        assert await unbroken(headset)
    await phone.client.ask(HangUp(call=ident))


async def breaks_of_changes(phone: Phone, sound_server: Pulse, speaker: Ear) -> int:
    """Number of breaks while another microphone becomes the default one, and is chosen."""
    since, position = speaker.position, len(phone.events)
    await sound_server.ask("set-default-source", "boom")
    await notice(phone, "sound: Default (boom)", position)
    await phone.client.ask(ChangeSettings(changes={"audio.input": "boom"}))
    await notice(phone, "sound: boom / Default (speaker)", position)
    await phone.client.ask(ChangeSettings(changes={"audio.input": None}))
    await sound_server.ask("set-default-source", "mic.monitor")
    await notice(phone, f"sound: {IN_USE}", position)
    await speaker.hear(0.5)
    return breaks(speaker.tail(since))


async def test_another_microphone_does_not_break_what_is_heard(
    call: tuple[Phone, str], sound_server: Pulse
) -> None:
    phone, ident = call
    async with sound_server.listen("speaker") as speaker:
        await speaker.until(audible_now)
        await speaker.hear(2)  # until the far end's stream is steady
        found = [await breaks_of_changes(phone, sound_server, speaker) for _ in range(_TRIES)]
        # Each would have broken it before.
        assert 0 in found
    await phone.client.ask(HangUp(call=ident))


async def test_a_chosen_speaker_that_is_unplugged_is_used_again_when_it_is_back(
    call: tuple[Phone, str], sound_server: Pulse
) -> None:
    phone, ident = call
    await phone.client.ask(ChangeSettings(changes={"audio.output": "headset"}))
    async with sound_server.listen("headset") as headset:
        await headset.until(audible_now)
    position = len(phone.events)
    await sound_server.unplug("boom")
    await sound_server.unplug("headset")
    async with sound_server.listen("speaker") as speaker:
        await speaker.until(audible_now)
        words = f"no sound device is called headset: using {IN_USE}"
        assert (await notice(phone, words, position)).level == "warning"
        assert await unbroken(speaker)
    position = len(phone.events)
    await sound_server.plug_in("headset")
    async with sound_server.listen("headset") as headset:
        await headset.until(audible_now)
        assert await unbroken(headset)
    assert (await notice(phone, "sound: ", position)).text == f"sound: {MICROPHONE} / headset"
    assert (await devices(phone)).in_use == f"{MICROPHONE} / headset"
    await phone.client.ask(HangUp(call=ident))


async def test_underruns_are_told_with_the_quality(
    call: tuple[Phone, str], sound_server: Pulse
) -> None:
    phone, ident = call
    async with sound_server.listen("speaker") as speaker:
        await speaker.until(audible_now)
    before = (await phone.until_call(lambda c: c.id == ident)).quality.underruns or 0
    workers = phone.worker_pids()
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    try:
        await asyncio.sleep(0.5)  # longer than any latency
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGCONT)
    position = len(phone.events)
    await phone.until_call(lambda c: (c.quality.underruns or 0) > before, position)
    await phone.client.ask(HangUp(call=ident))


async def test_a_server_that_hangs_is_left_and_used_again(
    call: tuple[Phone, str], sound_server: Pulse
) -> None:
    phone, ident = call
    async with sound_server.listen("speaker") as speaker:
        await speaker.until(audible_now)
        position = len(phone.events)
        with sound_server.asleep():
            assert (await notice(phone, "has stopped working", position)).level == "warning"
            # The phone still answers.
            assert (await phone.status()).calls[0].id == ident
        await notice(phone, f"sound: {IN_USE}", position)
        await speaker.until(audible_now, speaker.position)
    await phone.client.ask(HangUp(call=ident))
