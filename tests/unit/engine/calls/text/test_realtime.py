"""Real-time text in the engine: checked, cleaned, kept, and only from where it is secret."""

from __future__ import annotations

import pytest

from tests.support.standin.engine import StandIn
from voip.client.errors import CommandFailed
from voip.model import CallState
from voip.protocol.calls import AnswerCall
from voip.protocol.people import (
    GetRealtimeText,
    RealtimeText,
    RealtimeTextEvent,
    SendRealtimeText,
)
from voip.protocol.worker.calls import TypeText

_BOB = '"Bob" <sip:bob@example.com>'


def _shown(typed: RealtimeText) -> list[tuple[bool, str, bool]]:
    return [(line.ours, line.text, line.ended) for line in typed.lines]


async def _talking(standin: StandIn) -> str:
    await standin.add_account("work", realtime_text=True)
    call = await standin.incoming("work", _BOB)
    await standin.client.ask(AnswerCall(call=call))
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE and c.realtime_text)
    return call


async def test_both_sides_are_told_and_kept(standin: StandIn) -> None:
    call = await _talking(standin)
    await standin.client.ask(SendRealtimeText(call=call, text="Hu\bi\n"))
    standin.remote_types(call, "Gr\u00fc".encode()[:3])
    standin.remote_types(call, "\u00fc".encode()[1:] + "\u202e\x1b\u2028".encode())
    event = await standin.until(RealtimeTextEvent, lambda e: e.text.endswith("\n") and not e.ours)
    assert event.piece == 3
    typed = await standin.client.get(GetRealtimeText(call=call), RealtimeText)
    assert _shown(typed) == [(True, "Hi", True), (False, "Gr\u00fc", True)]
    assert (typed.pieces, typed.first) == (3, 0)
    assert [order.text for order in standin.script.of_kind(TypeText)] == ["Hu\bi\n"]


@pytest.mark.parametrize(
    "text", ["", "x" * 1001, "a\x1bb", "a\u202eb", "a\x00"],
    ids=["nothing", "too long", "an escape", "a change of direction", "a zero"],
)  # fmt: skip
async def test_what_cannot_be_sent_is_refused_whole(standin: StandIn, text: str) -> None:
    call = await _talking(standin)
    with pytest.raises(CommandFailed) as refused:
        await standin.client.ask(SendRealtimeText(call=call, text=text))
    assert refused.value.kind == "bad_text"
    assert f"call {call}" in str(refused.value)
    assert standin.script.of_kind(TypeText) == []


async def test_text_that_lost_its_encryption_is_not_heard(standin: StandIn) -> None:
    call = await _talking(standin)
    standin.remote_types(call, b"safe")
    await standin.until(RealtimeTextEvent, lambda e: e.text == "safe")
    standin.remote_stops_encrypting(call)
    await standin.reaches_call(call, lambda c: not c.realtime_text)
    standin.remote_types(call, b"forged")
    with pytest.raises(CommandFailed) as refused:
        await standin.client.ask(SendRealtimeText(call=call, text="secret"))
    assert refused.value.kind == "no_realtime_text"
    typed = await standin.client.get(GetRealtimeText(call=call), RealtimeText)
    assert [line.text for line in typed.lines] == ["safe"]


async def test_the_text_of_an_ended_call_is_forgotten(standin: StandIn) -> None:
    call = await _talking(standin)
    standin.remote_types(call, b"gone")
    await standin.until(RealtimeTextEvent, lambda e: e.text == "gone")
    standin.remote_hangs_up(call)
    await standin.until_logged(call)
    assert standin.engine.calls.realtime_texts._conversations == {}
