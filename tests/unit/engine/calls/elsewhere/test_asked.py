"""Questions of far ends end with their call, whatever has ended it."""

from __future__ import annotations

import pytest

from tests.support.standin.engine import StandIn
from voip.client.errors import CommandFailed
from voip.model import CallState
from voip.protocol.calls import AnswerCall, RefuseTransfer
from voip.protocol.phone import NoticeEvent


@pytest.mark.parametrize("how", ["far end", "worker"])
async def test_a_question_ends_with_its_call(standin: StandIn, how: str) -> None:
    await standin.add_account("work")
    call = await standin.incoming("work")
    await standin.client.ask(AnswerCall(call=call))
    await standin.until_state(call, CallState.ACTIVE)
    standin.remote_asks_for_transfer(call, "<sip:carol@pbx.example.com>")
    await standin.until_call(lambda shown: shown.asked is not None)
    if how == "worker":
        standin.worker_dies()
    else:
        standin.remote_hangs_up(call)
    await standin.until_logged(call)
    await standin.until(
        NoticeEvent, lambda e: e.text.endswith("wanted you to call carol@pbx.example.com")
    )
    with pytest.raises(CommandFailed, match="there is no call"):
        await standin.client.ask(RefuseTransfer(call=call))
    assert standin.engine.calls.asked._timers == {}
