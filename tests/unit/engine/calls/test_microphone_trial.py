"""Test of the microphone: its stages, its file, and calls in its way."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from tests.support.standin.engine import StandIn
from voip.client.errors import CommandFailed
from voip.engine.calls.microphone_trial import MicrophoneTrial
from voip.model import CallState
from voip.protocol.calls import HangUp, Hold
from voip.protocol.sound import HearMicrophone, MicrophoneEvent, TrialStage, TryMicrophone
from voip.protocol.worker.sound import EndMicrophone, RecordMicrophone


def file(phone: StandIn) -> Path:
    return phone.paths.runtime / "sound" / "microphone.wav"


async def until(phone: StandIn, stage: TrialStage, since: int = 0) -> MicrophoneEvent:
    return await phone.until(MicrophoneEvent, lambda event: event.stage is stage, since)


async def up(phone: StandIn) -> str:
    await phone.add_account("work")
    call = await phone.call("100", account="work")
    phone.remote_answers(call)
    await phone.until_state(call, CallState.ACTIVE)
    return call


async def test_what_is_recorded_is_played_and_not_kept(standin: StandIn) -> None:
    await standin.client.ask(TryMicrophone(seconds=3))
    await until(standin, TrialStage.LISTENING)
    (order,) = standin.script.of_kind(RecordMicrophone)
    assert (order.path, order.seconds) == (str(file(standin)), 3)
    assert stat.S_IMODE(file(standin).stat().st_mode) == 0o600
    await standin.client.ask(HearMicrophone())
    assert (await until(standin, TrialStage.PLAYING)).peak == 0.25
    assert not file(standin).exists()
    await standin.client.ask(HearMicrophone())
    done = await until(standin, TrialStage.DONE)
    assert (done.peak, done.problem) == (0.25, None)
    with pytest.raises(CommandFailed, match="the microphone is not being tested"):
        await standin.client.ask(HearMicrophone())


async def test_one_test_at_a_time(standin: StandIn) -> None:
    await standin.client.ask(TryMicrophone())
    with pytest.raises(CommandFailed, match="the microphone is being tested already"):
        await standin.client.ask(TryMicrophone())


async def test_a_call_has_the_microphone_unless_it_is_on_hold(standin: StandIn) -> None:
    call = await up(standin)
    words = f"call {call} has the microphone: end it, or put it on hold"
    with pytest.raises(CommandFailed, match=re.escape(words)):
        await standin.client.ask(TryMicrophone())
    assert not standin.script.of_kind(RecordMicrophone)
    await standin.client.ask(Hold(call=call))
    await standin.client.ask(TryMicrophone())
    await until(standin, TrialStage.LISTENING)
    await standin.client.ask(HangUp(call=call))
    await standin.client.ask(HearMicrophone())
    await until(standin, TrialStage.PLAYING)


async def test_a_call_that_rings_needs_it(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.incoming("work")
    words = f"call {call} needs the microphone: end it, or put it on hold"
    with pytest.raises(CommandFailed, match=re.escape(words)):
        await standin.client.ask(TryMicrophone())


async def test_a_call_that_comes_ends_the_test(standin: StandIn) -> None:
    await standin.add_account("work")
    await standin.client.ask(TryMicrophone())
    await until(standin, TrialStage.LISTENING)
    await standin.incoming("work")
    done = await until(standin, TrialStage.DONE)
    assert done.problem == "a call needs the microphone"
    (order,) = await standin.script.until(EndMicrophone)
    assert order.at_once
    assert not file(standin).exists()


async def test_a_worker_that_dies_ends_the_test(standin: StandIn) -> None:
    await standin.client.ask(TryMicrophone())
    await until(standin, TrialStage.LISTENING)
    standin.worker_dies()
    done = await until(standin, TrialStage.DONE)
    assert done.problem
    assert not file(standin).exists()
    since = len(standin.events)
    await standin.client.ask(TryMicrophone())
    await until(standin, TrialStage.LISTENING, since)


async def test_without_a_device_it_is_refused(place: Path) -> None:
    async with StandIn(place / "s", audio="null") as phone:
        with pytest.raises(CommandFailed, match="there is no microphone to test: sound is"):
            await phone.client.ask(TryMicrophone())
        assert not file(phone).exists()


async def test_a_file_of_an_engine_that_was_killed_is_removed(
    standin: StandIn, place: Path
) -> None:
    left = place / "microphone.wav"
    left.write_bytes(b"a voice")
    engine = standin.engine
    MicrophoneTrial(engine.hub, engine.book, engine.workers, place).close()
    assert not left.exists()
