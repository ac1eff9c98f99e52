"""Who rings: the device for it, or each worker by the speaker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.examples import WORKER_COMMANDS
from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from voip.engine.supervisor import Supervisor, WorkerRefused
from voip.engine.workers.processes import start_process
from voip.protocol.calls import AnswerCall, HangUp
from voip.protocol.phone import NoticeEvent
from voip.protocol.settings import Audio, ChangeSettings
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import Ring
from voip.protocol.worker.process import Configure, Quit, Ready
from voip.protocol.worker.sound import (
    LookUpDevices,
    PlayRing,
    RingHere,
    RingingEvent,
    SoundEvent,
    UseAudio,
)


async def choose(phone: StandIn, device: str | None) -> None:
    await phone.client.ask(ChangeSettings(changes={"audio.ring_device": device}))


@pytest.fixture
async def phone(standin: StandIn) -> StandIn:
    """A phone with a worker of each kind, and a device for ringing."""
    await standin.add_account("work")
    await standin.add_account("home", transport="udp")
    await choose(standin, "usb")
    return standin


def ring(phone: StandIn, role: Role, on: bool = True) -> None:
    """Have a worker report that its calls begin or cease to ring."""
    phone.script.worker(role).send(RingingEvent(on=on))


def is_ringer_up(phone: StandIn) -> bool:
    return any(w.role is Role.RINGER and w.returncode is None for w in phone.script.started)


async def test_the_device_rings_as_long_as_a_call_of_any_worker_does(phone: StandIn) -> None:
    ring(phone, Role.SECURE)
    await phone.script.until(PlayRing)
    ring(phone, Role.OPEN)
    ring(phone, Role.SECURE, on=False)
    await phone.read_workers()
    assert phone.script.of_kind(PlayRing) == [PlayRing(on=True)]
    ring(phone, Role.OPEN, on=False)
    played = await phone.script.until(PlayRing, 2)
    assert played == [PlayRing(on=True), PlayRing(on=False)]
    assert phone.script.of_kind(RingHere) == []


async def test_a_device_that_refuses_leaves_it_to_the_worker(phone: StandIn) -> None:
    phone.script.refused[PlayRing] = "no sound device is called usb"
    ring(phone, Role.OPEN)
    await phone.script.until(RingHere)
    # The next call tries again.
    ring(phone, Role.OPEN, on=False)
    del phone.script.refused[PlayRing]
    ring(phone, Role.OPEN)
    assert (await phone.script.until(PlayRing, 2))[-1] == PlayRing(on=True)
    await phone.read_workers()
    assert len(phone.script.of_kind(RingHere)) == 1


async def test_a_device_that_fails_is_told_and_leaves_it_to_the_workers(phone: StandIn) -> None:
    ring(phone, Role.SECURE)
    ring(phone, Role.OPEN)
    await phone.script.until(PlayRing)
    words = "the sound device usb has stopped working: it rings on the speaker"
    phone.script.worker(Role.RINGER).send(
        SoundEvent(devices=facts.DEVICES, sound=words, sound_ok=False)
    )
    await phone.script.until(RingHere, 2)
    notice = await phone.until(NoticeEvent, lambda e: e.text == words)
    assert notice.level == "warning"


async def test_a_ringer_that_dies_leaves_it_to_the_workers(phone: StandIn) -> None:
    ring(phone, Role.SECURE)
    await phone.script.until(PlayRing)
    phone.script.worker(Role.RINGER).kill()
    await phone.script.until(RingHere)


async def test_a_worker_that_dies_does_not_ring_on(phone: StandIn) -> None:
    ring(phone, Role.OPEN)
    await phone.script.until(PlayRing)
    phone.script.worker(Role.OPEN).kill()
    assert (await phone.script.until(PlayRing, 2))[-1] == PlayRing(on=False)


async def test_the_ringer_runs_only_where_it_is_wanted(phone: StandIn) -> None:
    assert is_ringer_up(phone)
    ring(phone, Role.SECURE)
    await phone.script.until(PlayRing)
    await phone.client.ask(ChangeSettings(changes={"audio.ring": False}))
    assert not is_ringer_up(phone)
    assert len(phone.script.of_kind(RingHere)) == 1
    await phone.client.ask(ChangeSettings(changes={"audio.ring": True}))
    assert is_ringer_up(phone)
    await phone.stop()
    assert not is_ringer_up(phone)
    await phone.start()
    await phone.read_workers()
    assert is_ringer_up(phone)
    await choose(phone, None)
    assert not is_ringer_up(phone)


async def test_without_sound_there_is_no_ringer(place: Path) -> None:
    async with StandIn(place / "s", audio="null") as phone:
        await choose(phone, "usb")
        assert not is_ringer_up(phone)
        assert phone.engine.ringer.text is None


async def test_a_call_that_rings_in_another_worker_waits_for_the_one_that_was_answered(
    phone: StandIn,
) -> None:
    first, second = await phone.incoming("work"), await phone.incoming("home")
    call = phone.engine.book.find(first)
    assert call is not None
    await phone.client.ask(AnswerCall(call=second))
    assert (await phone.script.until(Ring, 3))[-1] == Ring(call=call.number, waiting=True)
    await phone.client.ask(HangUp(call=second))
    assert (await phone.script.until(Ring, 4))[-1] == Ring(call=call.number, waiting=False)


async def test_the_real_ringer_takes_no_account_and_no_call() -> None:
    """No voice gets into the process that has the device for ringing."""
    known = (Configure, Quit, UseAudio, LookUpDevices, PlayRing)
    audio = Audio(ring_device="a device that nobody has")
    worker = Supervisor(
        lambda: Configure(role=Role.RINGER, user_agent="t", audio=audio),
        lambda event: None,
        _nothing,
        lambda reason: None,
        start_process,
    )
    worker.start()
    try:
        await worker.wait_up()
        others = [c for c in WORKER_COMMANDS.values() if not isinstance(c, known)]
        assert len(others) > 20
        for command in others:
            with pytest.raises(WorkerRefused, match="this worker rings, and does nothing else"):
                await worker.ask(command)
        with pytest.raises(WorkerRefused, match="no sound device is called a device that nobody"):
            await worker.ask(PlayRing(on=True))
    finally:
        await worker.stop()


async def _nothing(ready: Ready) -> None:
    del ready
