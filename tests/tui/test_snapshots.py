"""Every screen at three sizes equals its last accepted picture."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from tests.tui.scenes import SCENES
from tests.tui.snapshots import FOLDER, IN_ASCII, ascii_file_of, files_of, take


@pytest.mark.parametrize("scene", SCENES)
async def test_it_looks_as_it_did(scene: str, pictured: Path) -> None:
    taken = await take(scene, pictured / "s")
    assert set(taken) == files_of(scene)
    differences: list[str] = []
    for path, text in taken.items():
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if before != text:
            lines = (before.splitlines(), text.splitlines())
            differences += difflib.unified_diff(*lines, path.name, "now", lineterm="", n=1)
    assert not differences, "\n".join(
        [*differences[:80], f"if that is meant: python -m tests.tui.regenerate {scene}"]
    )


def test_no_snapshot_is_left_over() -> None:
    assert set(FOLDER.rglob("*.txt")) == {path for scene in SCENES for path in files_of(scene)}


@pytest.mark.parametrize("scene", IN_ASCII)
def test_the_plain_theme_draws_ascii_alone(scene: str) -> None:
    drawn = ascii_file_of(scene).read_text(encoding="utf-8")
    assert drawn.isascii(), [line for line in drawn.splitlines() if not line.isascii()]
