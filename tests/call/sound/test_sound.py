"""The microphone and the speaker: their owner, and calls without them."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import numpy as np
import pytest

from tests.call.conftest import NewPulse, NewSoundPhone
from tests.conftest import NewPhone
from tests.support.media import sound
from tests.support.media.pulse import IN_USE, RATE, Ear, Forward, Pulse, Samples, audible, lonely
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from voip.model import Call, CallState, Outcome
from voip.protocol.accounts import EditAccount
from voip.protocol.calls import AnswerCall, DeclineCall, HangUp, Hold
from voip.protocol.phone import NoticeEvent


def talks(call: Call) -> bool:
    """True once voice of the far end has arrived and was measured."""
    return call.state is CallState.ACTIVE and call.quality.jitter_ms is not None


async def talk_to_the_echo_line(phone: Phone, desk: Pulse, speech: Path, ear: Ear) -> Path:
    """Speak into the microphone; return a recording of the speaker's echo."""
    assert (await phone.json("doctor"))["sound"] == IN_USE
    out = await phone.call("echo")
    await phone.until_call(lambda c: c.id == out and talks(c))
    since = ear.position
    await desk.speak(speech)
    await ear.hear(1.5)
    heard = ear.save(phone.folder / "heard.wav", since)
    await phone.client.ask(HangUp(call=out))
    assert (await phone.until_logged(out)).outcome is Outcome.ANSWERED
    return heard


async def test_the_microphone_is_heard_and_the_speaker_speaks(
    new_pulse: NewPulse, new_sound_phone: NewSoundPhone, speech: Path
) -> None:
    desk = await new_pulse("desk")
    phone = await new_sound_phone(desk.client_environment)
    async with desk.listen() as ear:
        heard = await talk_to_the_echo_line(phone, desk, speech, ear)
    assert sound.piecewise(speech, heard) > 0.9


@pytest.mark.parametrize(("driver", "count"), [("threaded-ml", 1), ("alsasound", 2)])
async def test_no_sound_thread_outranks_the_sound_server(
    new_pulse: NewPulse, new_sound_phone: NewSoundPhone, driver: str, count: int
) -> None:
    desk = await new_pulse("desk")
    (desk.home / ".asoundrc").write_text("pcm.old { type pulse hint { show on } }\n")
    chosen = 'input = "old"\noutput = "old"' if driver == "alsasound" else ""
    phone = await new_sound_phone(desk.client_environment, chosen)
    out = await phone.call("echo")
    await phone.until_call(lambda c: c.id == out and talks(c))
    threads = _threads(phone, driver)
    assert len(threads) == count
    # PJMEDIA asks for the highest priority, which root gets: see patch 0104.
    assert {os.sched_getscheduler(int(t.name)) for t in threads} == {os.SCHED_OTHER}
    await phone.client.ask(HangUp(call=out))


@pytest.mark.parametrize("through", ["port", "socket"])
async def test_a_headset_on_the_desk_is_used_by_the_phone_on_the_server(
    new_pulse: NewPulse,
    new_sound_phone: NewSoundPhone,
    speech: Path,
    place: Path,
    through: str,
) -> None:
    desk, server = await new_pulse("desk"), await new_pulse("server")
    forward = Forward(desk.socket)
    address = await (forward.port() if through == "port" else forward.socket(place / "forwarded"))
    try:
        # A program without PULSE_SERVER would use the server's own daemon.
        phone = await new_sound_phone({**server.client_environment, "PULSE_SERVER": address})
        async with desk.listen() as ear, server.listen() as ear_on_the_server:
            heard = await talk_to_the_echo_line(phone, desk, speech, ear)
            on_the_server = ear_on_the_server.samples
            used = await server.ask("list", "short", "sink-inputs")
        assert forward.connections > 0
        assert sound.piecewise(speech, heard) > 0.9
        assert len(on_the_server) > RATE
        assert not on_the_server.any()
        assert used == ""
    finally:
        await forward.stop()


@pytest.mark.parametrize("server", [None, "unix:/nonexistent/native"])
async def test_without_a_sound_server_calls_work_and_are_said_to_be_silent(
    new_sound_phone: NewSoundPhone, place: Path, server: str | None
) -> None:
    surroundings = lonely(place / "nowhere")
    if server is not None:
        surroundings["PULSE_SERVER"] = server
    phone = await new_sound_phone(surroundings)
    report = await phone.json("doctor")
    assert report["ok"] is True
    assert report["sound"] == "there is no sound device: calls are silent"
    words = f"sound: {report['sound']}"
    assert {"ok": True, "text": words, "warning": False} in report["findings"]
    call = await phone.json("call", "echo", "--wait", "--hangup-after", "1")
    assert call["outcome"] == "answered"
    assert call["lock"]["state"] == "closed"


@pytest.mark.parametrize("direction", ["input", "output"])
async def test_another_device_takes_the_place_of_a_chosen_one_that_is_not_there(
    new_pulse: NewPulse, new_sound_phone: NewSoundPhone, direction: str
) -> None:
    desk = await new_pulse("desk")
    phone = await new_sound_phone(desk.client_environment, f'{direction} = "Blue headset"')
    words = f"no sound device is called Blue headset: using {IN_USE}"
    assert (await phone.json("doctor"))["sound"] == words
    call = await phone.json("call", "echo", "--wait", "--hangup-after", "1")
    assert (call["outcome"], call["lock"]["state"]) == ("answered", "closed")


async def test_a_device_that_is_not_there_is_named_in_a_notice(
    new_sound_phone: NewSoundPhone, place: Path
) -> None:
    phone = await new_sound_phone(lonely(place / "nowhere"), 'output = "Blue headset"')
    # Everything about the sound has been reported when a call is over.
    out = await phone.call("echo", hangup_after_s=0)
    await phone.until_logged(out)
    notices = [e.event for e in phone.events if isinstance(e.event, NoticeEvent)]
    assert [n.text for n in notices] == ["no sound device is called Blue headset: calls are silent"]


async def open_account(phone: Phone, user: str, server: Kamailio) -> None:
    await phone.add_open(user, LOOPBACK, server.port)
    await phone.until_registered(user)


async def at_a_desk(
    kamailio: Kamailio, new_phone: NewPhone, new_pulse: NewPulse, new_sound_phone: NewSoundPhone
) -> tuple[Pulse, Phone, Phone]:
    """Return a desk with bob's phone, and alice's phone elsewhere."""
    desk = await new_pulse("desk")
    bob, alice = await new_sound_phone(desk.client_environment), await new_phone("alice")
    await open_account(bob, "bob", kamailio)
    await open_account(alice, "alice", kamailio)
    return desk, bob, alice


def has_ring(samples: Samples) -> bool:
    """True if more than half of the power is at ringing's 440 and 480 Hz."""
    if not audible(samples):
        return False
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / RATE)
    tones = sum(power[abs(frequency - tone) < 10].sum() for tone in (440, 480))
    return bool(tones > power.sum() / 2)


async def test_an_incoming_call_rings_and_stops_when_it_is_declined(
    kamailio: Kamailio, new_phone: NewPhone, new_pulse: NewPulse, new_sound_phone: NewSoundPhone
) -> None:
    desk, bob, alice = await at_a_desk(kamailio, new_phone, new_pulse, new_sound_phone)
    async with desk.listen() as ear:
        assert not (await ear.hear(0.2)).any()
        out = await alice.call(f"bob@{DOMAIN}")
        ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
        await ear.until(has_ring)
        await bob.client.ask(DeclineCall(call=ringing.id))
        await alice.until_logged(out)
        since = ear.position
        # A ring is silent for 2.2 s between two bursts: that is not its end.
        await ear.until(lambda heard: len(heard) > 4 * RATE and not heard[-3 * RATE :].any(), since)


def has_waiting_tone(samples: Samples) -> bool:
    """True if more than half of the power is at 440 Hz alone."""
    if not audible(samples):
        return False
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / RATE)
    tone, ring = (power[abs(frequency - hertz) < 10].sum() for hertz in (440, 480))
    return bool(tone > power.sum() / 2 and ring < tone / 10)


async def test_a_second_call_has_a_tone_of_its_own_until_it_is_alone(
    kamailio: Kamailio, new_phone: NewPhone, new_pulse: NewPulse, new_sound_phone: NewSoundPhone
) -> None:
    desk, bob, alice = await at_a_desk(kamailio, new_phone, new_pulse, new_sound_phone)
    first = await alice.call(f"bob@{DOMAIN}")
    call = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=call.id))
    await bob.until_state(call.id, CallState.ACTIVE)
    async with desk.listen() as ear:
        await alice.client.ask(Hold(call=first))
        second = await alice.call(f"bob@{DOMAIN}")
        await bob.until_call(lambda c: c.id != call.id and c.state is CallState.INCOMING)
        await ear.until(has_waiting_tone, ear.position)
        await bob.client.ask(HangUp(call=call.id))
        await ear.until(has_ring, ear.position)
    await alice.client.ask(HangUp(call=second))


def has_beep(samples: Samples) -> bool:
    """True if most of the power is at the two notes of the beep."""
    if not audible(samples):
        return False
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / RATE)
    notes = [power[abs(frequency - note) < 15].sum() for note in (660, 880)]
    return bool(min(notes) > power.sum() / 8 and sum(notes) > power.sum() / 2)


async def test_a_call_that_is_answered_by_itself_beeps_before_the_microphone_opens(
    kamailio: Kamailio,
    new_phone: NewPhone,
    new_pulse: NewPulse,
    new_sound_phone: NewSoundPhone,
    speech: Path,
    place: Path,
) -> None:
    desk = await new_pulse("desk")
    bob, alice = await new_sound_phone(desk.client_environment, "ring = false"), await new_phone()
    await open_account(alice, "alice", kamailio)
    await bob.add_open("bob", LOOPBACK, kamailio.port, "tcp")
    await bob.until_registered("bob")
    callers = f"alice@{DOMAIN}"
    edit = EditAccount("bob", {"auto_answer": "always", "auto_answer_from": callers})
    await bob.client.ask(edit)
    heard = place / "heard.wav"
    async with desk.listen() as ear:
        out = await alice.call(f"bob@{DOMAIN}", record=str(heard))
        await ear.until(has_beep)
        await bob.until_call(lambda c: c.state is CallState.ACTIVE)
        await desk.speak(speech)
        await ear.hear(1.0)
    await alice.client.ask(HangUp(call=out))
    assert (await alice.until_logged(out)).outcome is Outcome.ANSWERED
    assert sound.piecewise(speech, heard) > 0.9


async def test_a_call_that_is_placed_sounds_its_ringing_until_it_is_answered(
    kamailio: Kamailio, new_phone: NewPhone, new_pulse: NewPulse, new_sound_phone: NewSoundPhone
) -> None:
    desk = await new_pulse("desk")
    alice, bob = await new_sound_phone(desk.client_environment), await new_phone("bob")
    await open_account(alice, "alice", kamailio)
    await open_account(bob, "bob", kamailio)
    async with desk.listen() as ear:
        await alice.call(f"bob@{DOMAIN}")
        ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
        await ear.until(has_ring)
        await bob.client.ask(AnswerCall(call=ringing.id))
        await alice.until_call(talks)
        since = ear.position
        await ear.until(
            lambda heard: len(heard) > 5 * RATE and not audible(heard[-4 * RATE :]), since
        )


async def test_with_ring_off_the_speaker_is_silent_until_somebody_speaks(
    kamailio: Kamailio,
    new_phone: NewPhone,
    new_pulse: NewPulse,
    new_sound_phone: NewSoundPhone,
    speech: Path,
) -> None:
    desk = await new_pulse("desk")
    bob = await new_sound_phone(desk.client_environment, "ring = false")
    alice = await new_phone("alice")
    await open_account(bob, "bob", kamailio)
    await open_account(alice, "alice", kamailio)
    async with desk.listen() as ear:
        await alice.call(f"bob@{DOMAIN}", play=str(speech))
        ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
        assert not (await ear.hear(3)).any()
        await bob.client.ask(AnswerCall(call=ringing.id))
        await ear.until(audible)


async def test_no_clock_runs_without_a_call(new_phone: NewPhone) -> None:
    phone = await new_phone()
    await phone.add("work", user="me", domain="pbx.test", server=f"{LOOPBACK}:9")
    await phone.until_failed("work")
    await _until_clocks(phone, 0)
    for _ in range(2):
        call = await phone.call("echo")
        await phone.until_state(call, CallState.ACTIVE)
        await _until_clocks(phone, 2)
        await phone.client.ask(HangUp(call=call))
        await phone.until_logged(call)
        await _until_clocks(phone, 0)


async def _until_clocks(phone: Phone, count: int) -> None:
    """Wait until so many workers keep the time of their bridge."""
    async with asyncio.timeout(20):
        while len(_threads(phone, "clock")) != count:
            await phone.status()


def _threads(phone: Phone, name: str) -> list[Path]:
    """Threads of a phone's workers whose names begin so."""
    found = []
    for worker in phone.worker_pids():
        for thread in Path(f"/proc/{worker}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if (thread / "comm").read_text().startswith(name):
                    found.append(thread)
    return found
