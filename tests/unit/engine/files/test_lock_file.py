"""Tests of the locks: an engine that is refused leaves no mark."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from voip import paths as places
from voip.engine.files import permissions
from voip.engine.files.lock_file import AlreadyRunning, Locks
from voip.engine_lock import Holder, read_holder


@pytest.fixture
def paths(tmp_path: Path) -> places.Paths:
    """Folders of the engine that runs."""
    paths = places.Paths(tmp_path / "config", tmp_path / "state", tmp_path / "run")
    permissions.make_folders(paths)
    return paths


def test_a_refused_engine_does_not_take_a_lock_that_vanished(paths: places.Paths) -> None:
    with Locks(paths) as running, Locks(paths) as second:
        running.take()
        paths.lock.unlink()
        with pytest.raises(AlreadyRunning, match="another engine runs with the settings in"):
            second.take()
        assert not paths.lock.exists()
        running.take()
        assert read_holder(paths.lock).process == os.getpid()


@pytest.mark.parametrize("moved", [("config",), ("config", "state"), ("config", "runtime")])
def test_a_refused_engine_signs_nothing(paths: places.Paths, moved: tuple[str, ...]) -> None:
    beside = paths._replace(**{name: paths.config.parent / f"other-{name}" for name in moved})
    permissions.make_folders(beside)
    with Locks(paths) as running, Locks(beside) as second:
        running.take()
        running.tell_socket(paths.socket)
        with pytest.raises(AlreadyRunning):
            second.take()
        assert read_holder(paths.lock) == Holder(os.getpid(), paths.socket)
        assert "state" not in moved or read_holder(beside.lock) == Holder()


def test_the_engine_that_runs_is_named(paths: places.Paths) -> None:
    with Locks(paths) as running, Locks(paths) as second:
        running.take()
        running.tell_socket(paths.socket)
        named = f"an engine is running already, process {os.getpid()} and listens at"
        with pytest.raises(AlreadyRunning, match=named):
            second.take()
