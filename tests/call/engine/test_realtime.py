"""Real-time priority of the threads that carry voice, by RealtimeKit."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.call.conftest import NewPulse, NewSoundPhone
from tests.support.desktop.realtimekit import RealtimeKit
from tests.support.parts import Parts
from tests.support.phone import Phone
from voip.model import CallState, Outcome
from voip.protocol.calls import HangUp

_VOICE = {"media", "threaded-ml"}
_GRANTED = os.SCHED_RR | os.SCHED_RESET_ON_FORK


@pytest.fixture
async def kit(place: Path) -> AsyncIterator[RealtimeKit]:
    async with Parts() as parts:
        yield await parts.begin(RealtimeKit(place))


def granted(worker: int) -> dict[str, int]:
    """Priorities of a worker's threads that have one."""
    threads = {
        int(task.name): (task / "comm").read_text().strip()
        for task in Path(f"/proc/{worker}/task").iterdir()
    }
    return {
        name: os.sched_getparam(thread).sched_priority
        for thread, name in threads.items()
        if os.sched_getscheduler(thread) == _GRANTED
    }


async def priority(phone: Phone) -> str:
    out, _ = await phone.run("doctor")
    (line,) = [line for line in out.splitlines() if "priority of sound: " in line]
    return line.partition("priority of sound: ")[2]


async def test_threads_of_voice_get_it_and_lose_it_when_they_take_too_long(
    kit: RealtimeKit, new_pulse: NewPulse, new_sound_phone: NewSoundPhone
) -> None:
    desk = await new_pulse("desk")
    bus = {"DBUS_SYSTEM_BUS_ADDRESS": kit.address}
    phone = await new_sound_phone({**desk.client_environment, **bus})
    assert await priority(phone) == "real-time, by RealtimeKit"
    (worker,) = phone.worker_pids()
    assert granted(worker) == dict.fromkeys(_VOICE, 4)
    call = await phone.call("echo")
    await phone.until_state(call, CallState.ACTIVE)
    # The system's own signal for a thread that has not paused for a tenth of a second.
    os.kill(worker, signal.SIGXCPU)
    while granted(worker):
        await phone.until_call(lambda c: c.id == call, len(phone.events))
    await phone.client.ask(HangUp(call=call))
    assert (await phone.until_logged(call)).outcome is Outcome.ANSWERED


async def test_without_it_calls_have_the_usual_one(
    new_pulse: NewPulse, new_sound_phone: NewSoundPhone
) -> None:
    desk = await new_pulse("desk")
    phone = await new_sound_phone(desk.client_environment)
    assert await priority(phone) == "usual: no system bus (D-Bus) answers on this machine"
    (worker,) = phone.worker_pids()
    assert granted(worker) == {}
    call = await phone.call("echo", hangup_after_s=0.5)
    assert (await phone.until_logged(call)).outcome is Outcome.ANSWERED
