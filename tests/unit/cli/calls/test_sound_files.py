"""`offhook play` and `offhook record`: files in a running call."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed


@pytest.fixture
async def call(standin: StandIn) -> str:
    call = await standin.call("echo")
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.state.answered)
    return call


async def test_a_file_is_played_until_it_is_stopped(
    standin: StandIn, call: str, speech_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(speech_file.parent)
    assert await typed("play", call, speech_file.name) == (0, "", "")
    await standin.reaches_call(call, lambda c: c.playing)
    assert await typed("play", call, "--stop") == (0, "", "")
    await standin.reaches_call(call, lambda c: not c.playing)


async def test_a_call_is_recorded_until_it_is_stopped(
    standin: StandIn, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert await typed("record", call, "far.wav") == (0, "", "")
    await standin.reaches_call(call, lambda c: c.recording)
    assert (tmp_path / "far.wav").exists()
    assert await typed("record", call, "--stop") == (0, "", "")
    await standin.reaches_call(call, lambda c: not c.recording)


@pytest.mark.parametrize("command", ["play", "record"])
async def test_a_file_or_a_stop_is_named_and_not_both(
    standin: StandIn, call: str, command: str
) -> None:
    for words in ((), ("a.wav", "--stop")):
        status, _, err = await typed(command, call, *words)
        assert status == 2
        assert "name a FILE.wav, or --stop, and not both" in err


async def test_a_file_that_is_not_there_is_refused(standin: StandIn, call: str) -> None:
    status, out, err = await typed("play", call, "/nonexistent/a.wav")
    assert (status, out) == (1, "")
    assert err == "offhook: there is no file /nonexistent/a.wav\n"


async def test_no_engine_is_started_for_a_call_that_cannot_be(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("CONFIG", "STATE", "RUNTIME"):
        monkeypatch.setenv(f"OFFHOOK_{folder}_DIR", str(place / folder))
    for words in (("play", "1", "--stop"), ("record", "1", "--stop"), ("busy", "1")):
        assert await typed(*words) == (3, "", "offhook: the engine is not running\n")
