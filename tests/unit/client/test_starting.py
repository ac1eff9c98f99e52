"""Engines that clients start at the same moment."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from voip import engine_lock
from voip.client import starting
from voip.client.errors import NoEngine
from voip.engine_lock import Holder


@pytest.fixture
def slow_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file where an engine that never comes up writes its process."""
    for name in ("CONFIG", "STATE", "RUNTIME"):
        monkeypatch.setenv(f"OFFHOOK_{name}_DIR", str(tmp_path / name))
    pid, program = tmp_path / "pid", tmp_path / "python"
    program.write_text(f"#!/bin/sh\necho $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 300\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    # The engine of another client is there as soon as ours has begun to start.
    monkeypatch.setattr(starting, "_answers", lambda socket: pid.exists())
    return pid


def test_an_engine_that_another_was_faster_than_ends(
    slow_engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_lock, "read_holder", lambda path: Holder(os.getpid()))
    starting.reach(start=True)
    with pytest.raises(ProcessLookupError):
        os.kill(int(slow_engine.read_text()), 0)


@pytest.mark.parametrize("is_signed", [True, False])
def test_the_engine_that_answers_goes_on(
    slow_engine: Path, monkeypatch: pytest.MonkeyPatch, is_signed: bool
) -> None:
    """A full disk leaves the lock unsigned."""

    def holder(path: Path) -> Holder:
        return Holder(int(slow_engine.read_text()) if is_signed else None)

    monkeypatch.setattr(engine_lock, "read_holder", holder)
    starting.reach(start=True)
    engine = int(slow_engine.read_text())
    assert os.waitpid(engine, os.WNOHANG) == (0, 0)
    os.kill(engine, signal.SIGKILL)
    os.waitpid(engine, 0)


@pytest.mark.parametrize("reports", [True, False])
def test_an_engine_that_reports_long_work_is_waited_for(
    slow_engine: Path, monkeypatch: pytest.MonkeyPatch, reports: bool
) -> None:
    program = Path(sys.executable)
    words = "echo offhook: the call log gets another form >&2\n" if reports else ""
    program.write_text(program.read_text().replace("echo $$", f"{words}echo $$", 1))
    asked = 0

    def answers(socket: Path) -> bool:
        nonlocal asked
        # The report is there before the process is.
        asked += slow_engine.exists()
        return asked > 5

    monkeypatch.setattr(starting, "_answers", answers)
    monkeypatch.setattr(engine_lock, "read_holder", lambda path: Holder())
    times = iter(range(0, 100_000, 1000))
    begun = next(times)

    def clock() -> float:
        # Time passes only once the engine could have reported.
        return next(times) / 100 if slow_engine.exists() else begun

    monkeypatch.setattr("voip.client.starting.time.monotonic", clock)
    if reports:
        starting.reach(start=True)
    else:
        with pytest.raises(NoEngine, match="did not come up"):
            starting.reach(start=True)
    engine = int(slow_engine.read_text())
    os.kill(engine, signal.SIGKILL)
    os.waitpid(engine, 0)
