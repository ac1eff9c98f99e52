"""Sound devices that change, come, go and die while a call is up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.call.conftest import NewPulse, NewSoundPhone
from tests.conftest import NewPhone
from tests.support.media.pulse import (
    IN_USE,
    MICROPHONE,
    PATIENCE_S,
    RATE,
    Pulse,
    Samples,
    audible,
)
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from voip.model import CallState, Outcome
from voip.protocol.calls import DeclineCall, HangUp
from voip.protocol.phone import NoticeEvent, WorkerEvent
from voip.protocol.settings import ChangeSettings
from voip.protocol.sound import Devices, GetDevices


def audible_now(samples: Samples) -> bool:
    return audible(samples[-RATE // 4 :])


def silent_for_a_second(samples: Samples) -> bool:
    return len(samples) > RATE and not samples[-RATE:].any()


async def devices(phone: Phone) -> Devices:
    return await phone.client.get(GetDevices(), Devices)


async def notice(phone: Phone, words: str, since: int = 0) -> NoticeEvent:
    return await phone.until(NoticeEvent, lambda e: words in e.text, since)


async def echoed(phone: Phone, tone: Path) -> str:
    """A call in which the far end sends the tone."""
    call = await phone.call("echo", play=str(tone))
    await phone.until_state(call, CallState.ACTIVE)
    return call


async def test_another_speaker_is_used_at_once_in_a_call(
    new_pulse: NewPulse, new_sound_phone: NewSoundPhone, tone: Path
) -> None:
    desk = await new_pulse("desk")
    await desk.plug_in("headset")
    phone = await new_sound_phone(desk.client_environment)
    assert (await devices(phone)).in_use == IN_USE
    async with desk.listen("speaker") as speaker, desk.listen("headset") as headset:
        call = await echoed(phone, tone)
        await speaker.until(audible_now)
        assert not headset.samples.any()
        pids = phone.worker_pids()
        await phone.client.ask(ChangeSettings(changes={"audio.output": "headset"}))
        await headset.until(audible_now)
        await speaker.until(silent_for_a_second, speaker.position)
        assert (await notice(phone, "sound: ")).text == f"sound: {MICROPHONE} / headset"
        assert (await devices(phone)).in_use == f"{MICROPHONE} / headset"
        await phone.client.ask(ChangeSettings(changes={"audio.output": None}))
        await speaker.until(audible_now, speaker.position)
    assert phone.worker_pids() == pids
    await phone.client.ask(HangUp(call=call))
    assert not (await phone.until_logged(call)).lock_was_open


async def test_another_microphone_is_used_at_once_in_a_call(
    new_pulse: NewPulse, new_sound_phone: NewSoundPhone, tone: Path
) -> None:
    desk = await new_pulse("desk")
    await desk.plug_in("headset")
    await desk.plug_in_a_microphone("boom", "headset")
    phone = await new_sound_phone(desk.client_environment)
    call = await phone.call("echo")
    await phone.until_state(call, CallState.ACTIVE)
    async with desk.listen("speaker") as speaker:
        speaking = asyncio.create_task(desk.speak(tone, "headset"))
        try:
            since = speaker.position
            await speaker.until(lambda heard: len(heard) > RATE and not audible_now(heard), since)
            await phone.client.ask(ChangeSettings(changes={"audio.input": "boom"}))
            await speaker.until(audible_now, speaker.position)
        finally:
            speaking.cancel()
    await phone.client.ask(HangUp(call=call))
    await phone.until_logged(call)


async def test_a_device_that_comes_in_a_call_is_found_and_can_be_chosen(
    new_pulse: NewPulse, new_sound_phone: NewSoundPhone, tone: Path, place: Path
) -> None:
    desk = await new_pulse("desk")
    socket = place / "other" / "pulse" / "native"
    (desk.home / ".asoundrc").write_text(
        f'pcm.headset {{ type pulse server "unix:{socket}" hint {{ show on }} }}\n'
    )
    phone = await new_sound_phone(desk.client_environment)
    call = await echoed(phone, tone)
    async with desk.listen("speaker") as speaker:
        await speaker.until(audible_now)
        assert "headset" not in [d.name for d in (await devices(phone)).devices]
        other = await new_pulse("other")
        report = await devices(phone)
        assert "headset" in [d.name for d in report.devices]
        assert report.in_use == IN_USE
        await speaker.until(audible_now, speaker.position)
        async with other.listen("speaker") as headset:
            await phone.client.ask(ChangeSettings(changes={"audio.output": "headset"}))
            await headset.until(audible_now)
    await phone.client.ask(HangUp(call=call))
    assert (await phone.until_logged(call)).outcome is Outcome.ANSWERED


async def test_a_sound_server_that_dies_in_a_call_is_told_and_the_call_stays_up(
    sound_server: Pulse, new_sound_phone: NewSoundPhone, tone: Path, place: Path
) -> None:
    phone = await new_sound_phone(sound_server.client_environment)
    record = place / "record.wav"
    call = await phone.call("echo", play=str(tone), record=str(record))
    async with sound_server.listen("speaker") as speaker:
        await speaker.until(audible_now)
    position = len(phone.events)
    await sound_server.die()
    told_of = await notice(phone, "has stopped working", position)
    assert told_of.level == "warning"
    assert IN_USE in told_of.text
    assert "choose a device in the settings" in told_of.text
    # Voice still flows both ways: the far end's packets are counted on.
    position = len(phone.events)
    first = await phone.until_call(lambda c: c.id == call, position)
    later = await phone.until_call(lambda c: c.duration_s > first.duration_s + 2, position)
    assert (later.state, later.lock.closed) == (CallState.ACTIVE, True)
    size = record.stat().st_size
    await phone.until_call(lambda c: c.duration_s > later.duration_s + 2, position)
    assert record.stat().st_size > size, "the recording stands still"

    # The voice comes back without any command.
    await sound_server.start()
    async with sound_server.listen("speaker") as speaker:
        await speaker.until(audible_now)
    assert (await devices(phone)).in_use == IN_USE
    await phone.client.ask(HangUp(call=call))
    assert not (await phone.until_logged(call)).lock_was_open


async def test_a_sound_server_that_died_between_calls_costs_no_call(
    new_pulse: NewPulse, new_sound_phone: NewSoundPhone, tone: Path
) -> None:
    desk = await new_pulse("desk")
    phone = await new_sound_phone(desk.client_environment)
    first = await phone.call("echo", hangup_after_s=0.5)
    await phone.until_logged(first)
    await desk.die()
    call = await echoed(phone, tone)
    assert (await notice(phone, "so calls are silent")).level == "warning"
    await phone.client.ask(HangUp(call=call))
    assert (await phone.until_logged(call)).outcome is Outcome.ANSWERED
    # The next one has sound again, without any command.
    await desk.start()
    call = await echoed(phone, tone)
    async with desk.listen("speaker") as speaker:
        await speaker.until(audible_now)
    await phone.client.ask(HangUp(call=call))
    await phone.until_logged(call)


async def register_all(server: Kamailio, **phones: Phone) -> None:
    """Register a phone for each user, over UDP."""
    for user, phone in phones.items():
        await phone.add_open(user, LOOPBACK, server.port)
        await phone.until_registered(user)


async def test_no_call_leaves_the_microphone_open(
    kamailio: Kamailio, new_pulse: NewPulse, new_phone: NewPhone, new_sound_phone: NewSoundPhone
) -> None:
    desk = await new_pulse("desk")
    bob, alice = await new_sound_phone(desk.client_environment), await new_phone("alice")
    await register_all(kamailio, bob=bob, alice=alice)
    standing = await listeners(desk)
    await alice.call(f"bob@{DOMAIN}")
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await until(lambda: listeners(desk), lambda count: count > standing)
    await bob.client.ask(DeclineCall(call=ringing.id))
    await until(lambda: listeners(desk), lambda count: count == standing)


async def listeners(desk: Pulse) -> int:
    """Number of programs that record."""
    return len((await desk.ask("list", "short", "source-outputs")).splitlines())


async def until(look: Callable[[], Awaitable[int]], condition: Callable[[int], bool]) -> None:
    """Look again until `condition` is true: no event reports a stream's opening."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition(await look()):
            pass  # each look is a program that runs


async def test_the_ring_is_switched_off_while_it_rings(
    kamailio: Kamailio, new_pulse: NewPulse, new_phone: NewPhone, new_sound_phone: NewSoundPhone
) -> None:
    desk = await new_pulse("desk")
    bob, alice = await new_sound_phone(desk.client_environment), await new_phone("alice")
    await register_all(kamailio, bob=bob, alice=alice)
    async with desk.listen("speaker") as speaker:
        await alice.call(f"bob@{DOMAIN}")
        await bob.until_call(lambda c: c.state is CallState.INCOMING)
        await speaker.until(audible_now)
        await bob.client.ask(ChangeSettings(changes={"audio.ring": False}))
        # Between two bursts of a ring are 2.2 s of silence.
        await speaker.until(
            lambda heard: len(heard) > 4 * RATE and not heard[-3 * RATE :].any(), speaker.position
        )
        await bob.client.ask(ChangeSettings(changes={"audio.ring": True}))
        await speaker.until(audible_now, speaker.position)


async def test_what_takes_a_new_worker_waits_for_the_calls(new_phone: NewPhone) -> None:
    phone = await new_phone()
    call = await phone.call("echo")
    await phone.until_state(call, CallState.ACTIVE)
    position = len(phone.events)
    await phone.client.ask(ChangeSettings(changes={"audio.jitter_ms": 60}))
    await notice(phone, "take effect when the calls that are up have ended", position)
    pids = phone.worker_pids()
    assert (await phone.status()).calls[0].state is CallState.ACTIVE
    await phone.client.ask(HangUp(call=call))
    down = await phone.until(WorkerEvent, lambda e: not e.up, position)
    assert down.detail == "the sound settings have changed"
    await phone.until(WorkerEvent, lambda e: e.up, position)
    assert phone.worker_pids() != pids
    # Without a call the change is made at once.
    position = len(phone.events)
    await phone.client.ask(ChangeSettings(changes={"audio.jitter_ms": 80}))
    await phone.until(WorkerEvent, lambda e: not e.up, position)
    await phone.until(WorkerEvent, lambda e: e.up, position)
    notices = [e.event for e in phone.events[position:] if isinstance(e.event, NoticeEvent)]
    assert notices == []
    again = await phone.call("echo", hangup_after_s=0.5)
    assert (await phone.until_logged(again)).outcome is Outcome.ANSWERED
