"""Real-time text at the screen: each key is sent, and both sides' lines are shown."""

from __future__ import annotations

import pytest

from tests.support.clock import Clock
from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.scenes import Stage, writing
from tui.calls.realtime_text import RealtimeTextBox
from voip.model import CallState
from voip.protocol.calls import Hold
from voip.protocol.worker.calls import TypeText


@pytest.fixture
async def stage(phone: Screen, standin: StandIn, clock: Clock) -> Stage:
    stage = Stage(phone, standin, clock)
    await stage.phone.to_main()
    return stage


def _sent(stage: Stage) -> list[str]:
    return [order.text for order in stage.engine.script.of_kind(TypeText)]


async def _opened(stage: Stage) -> str:
    call = await writing(stage)
    await stage.phone.press("K")
    await stage.phone.until(lambda: isinstance(stage.phone.app.screen, RealtimeTextBox))
    await stage.phone.sees("you: _")
    return call


async def test_each_key_is_sent_when_it_is_typed(stage: Stage) -> None:
    await _opened(stage)
    # Letters that are keys of calls elsewhere, and of boxes.
    for key, sent in (("e", "e"), ("question_mark", "?"), ("space", " "), ("q", "q")):
        await stage.phone.press(key)
        assert _sent(stage)[-1] == sent
    await stage.phone.press("backspace", "enter")
    assert _sent(stage) == ["e", "?", " ", "q", "\b", "\n"]
    await stage.phone.sees("you: e?")


async def test_what_is_pasted_is_sent_without_characters_that_act(stage: Stage) -> None:
    await _opened(stage)
    await stage.phone.paste("a\tb\x1b[31m\nsecond")
    assert "".join(_sent(stage)) == "a b[31m\nsecond"
    await stage.phone.paste("x" * 2500)
    assert [len(text) for text in _sent(stage)[1:]] == [1000, 1000, 500]


async def test_the_far_end_is_shown_as_it_types_and_what_was_lost(stage: Stage) -> None:
    call = await _opened(stage)
    stage.engine.remote_types(call, b"Hallp")
    await stage.phone.sees("Hallp")
    stage.engine.remote_types(call, b"\x08o\xef\xbf\xbd!")
    await stage.phone.sees("lost]!")
    assert "Hallp" not in stage.phone.text


async def test_text_that_imitates_the_phone_stays_in_its_line(stage: Stage) -> None:
    call = await _opened(stage)
    stage.engine.remote_types(call, "\x1b[2J\u202e🔒 [closed]\u2028you: yes".encode())
    await stage.phone.sees("? [closed]")
    # A line of theirs begins with their name, whatever they write in it.
    assert "(100): you: yes" in stage.phone.text
    assert "🔒" not in stage.phone.text


async def test_what_came_before_is_shown_when_the_box_opens(stage: Stage) -> None:
    call = await writing(stage)
    stage.engine.remote_types(call, b"Are you there?")
    await stage.phone.sees("(100): K shows it")
    await stage.phone.press("K")
    await stage.phone.sees("Are you there?")


async def test_a_hold_stops_the_keys_and_the_end_leaves_the_text(stage: Stage) -> None:
    call = await _opened(stage)
    stage.engine.remote_types(call, b"Wait")
    await stage.phone.sees("Wait")
    await stage.engine.client.ask(Hold(call=call))
    await stage.phone.sees("write when it is resumed")
    await stage.phone.press("x")
    assert _sent(stage) == []
    stage.engine.remote_hangs_up(call)
    await stage.phone.until(lambda: stage.state_of(call) is CallState.ENDED)
    await stage.phone.sees("The call has ended.")
    assert "Wait" in stage.phone.text
    await stage.phone.press("escape")
    await stage.phone.until(lambda: not isinstance(stage.phone.app.screen, RealtimeTextBox))


async def test_a_call_without_text_offers_no_key(stage: Stage) -> None:
    await stage.accounts()
    await stage.active()
    await stage.phone.press("K")
    assert not isinstance(stage.phone.app.screen, RealtimeTextBox)
