"""Files that are played into a call and recorded from it, by keys."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tui.widgets.ask import AskText
from voip.model import CallState
from voip.protocol.worker.calls import PlayFile, RecordFile


async def _up(main: Screen, standin: StandIn) -> None:
    call = await standin.call("100", account="work")
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    await main.sees("active")


async def _name(main: Screen, key: str, file: Path) -> None:
    """Press the key, and type the name of a file in its box."""
    await main.press(key)
    await main.until(lambda: isinstance(main.app.screen, AskText))
    main.app.screen.query_one(Input).clear()
    await main.paste(str(file))
    await main.press("enter")


async def test_a_call_is_recorded_until_the_key_is_pressed_again(
    main: Screen, standin: StandIn, tmp_path: Path
) -> None:
    await _up(main, standin)
    file = tmp_path / "far.wav"
    await _name(main, "r", file)
    await main.sees("you are recording")
    await main.press("r")
    await main.until(lambda: "you are recording" not in main.text)
    begun, ended = await standin.script.until(RecordFile, 2)
    assert (begun.path, ended.path) == (str(file), None)


async def test_a_file_is_played_until_the_key_is_pressed_again(
    main: Screen, standin: StandIn, speech_file: Path
) -> None:
    await _up(main, standin)
    await _name(main, "p", speech_file)
    await main.sees("playing a file")
    await main.press("p")
    await main.until(lambda: "playing a file" not in main.text)
    begun, ended = await standin.script.until(PlayFile, 2)
    assert begun.path is not None
    assert ended.path is None
