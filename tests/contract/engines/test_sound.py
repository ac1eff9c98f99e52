"""Both engines: the microphone, which a call or a test of it has."""

from __future__ import annotations

from tests.contract.engines.sides import Side
from tests.contract.engines.test_phone import refusal
from voip.model import CallState
from voip.protocol.calls import HangUp
from voip.protocol.sound import HearMicrophone, TryMicrophone


async def test_a_call_keeps_the_microphone_from_a_test(side: Side) -> None:
    call = await side.echo()
    assert await refusal(side, TryMicrophone()) == "busy"
    assert await refusal(side, HearMicrophone()) == "not_tested"
    await side.engine.client.ask(HangUp(call=call))
    await side.engine.until_state(call, CallState.ENDED)
    # Neither has a sound device.
    assert await refusal(side, TryMicrophone()) == "no_microphone"
    assert await refusal(side, HearMicrophone()) == "not_tested"
