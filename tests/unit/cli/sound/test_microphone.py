"""`offhook microphone`."""

from __future__ import annotations

import asyncio
import json

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import Typed, typed
from voip.protocol.sound import HearMicrophone, MicrophoneEvent, TrialStage
from voip.protocol.worker.base import Role


async def run(standin: StandIn, *words: str, level: float) -> Typed:
    """Type the command, and let its test hear something."""
    since = len(standin.events)
    typing = asyncio.create_task(typed("microphone", *words))
    await standin.until(MicrophoneEvent, lambda e: e.stage is TrialStage.LISTENING, since)
    standin.script.worker(Role.SECURE).report_microphone(TrialStage.LISTENING, level)
    for _ in range(2):
        await standin.client.ask(HearMicrophone())
    return await typing


async def test_the_test_goes_on_to_its_end(standin: StandIn) -> None:
    status, out, err = await run(standin, "--seconds", "2", level=0.5)
    assert (status, err) == (0, "Speak now.\nThis is what was heard.\n")
    assert out == "The microphone works: its loudest sound was 0.500 of 1.\n"
    status, out, err = await run(standin, "--json", level=0.5)
    assert json.loads(out) == {"heard": True, "peak": 0.5}


async def test_its_end_by_a_call_is_said(standin: StandIn) -> None:
    await standin.add_account("work")
    since = len(standin.events)
    typing = asyncio.create_task(typed("microphone"))
    await standin.until(MicrophoneEvent, lambda e: e.stage is TrialStage.LISTENING, since)
    await standin.incoming("work")
    status, out, err = await typing
    assert (status, out) == (1, "")
    assert "the test has ended: a call needs the microphone" in err


async def test_it_is_refused_while_a_call_has_the_microphone(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.incoming("work")
    status, out, err = await typed("microphone")
    assert (status, out) == (1, "")
    assert f"call {call} needs the microphone: end it, or put it on hold" in err
