"""Changes of a file are seen while the phone runs."""

from __future__ import annotations

import os
from pathlib import Path

from voip.engine.files.watched import Watched


def test_nothing_changes_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert not Watched(path).changed
    path.write_text("a")
    assert not Watched(path).changed


def test_made_changed_replaced_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    watched = Watched(path)
    path.write_text("a")
    assert watched.changed
    watched.mark_read()
    os.utime(path, ns=(1, 1))
    assert watched.changed
    watched.mark_read()
    other = tmp_path / "other"
    other.write_text("b")
    os.utime(other, ns=(1, 1))
    other.replace(path)
    assert watched.changed
    watched.mark_read()
    path.unlink()
    assert watched.changed
