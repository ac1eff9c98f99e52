"""Every screen at three sizes, as it looked when somebody last agreed."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from tests.tui.scenes import SCENES
from tests.tui.snapshots import (
    COLOURED,
    FOLDER,
    IN_ALL_THEMES,
    SIZES,
    characters_of,
    name,
    names,
    take,
)


@pytest.mark.parametrize("scene", SCENES)
async def test_it_looks_as_it_did(scene: str, place: Path) -> None:
    taken = await take(scene, place / "s")
    assert set(taken) == names(scene)
    differences: list[str] = []
    for file, text in taken.items():
        path = FOLDER / scene / file
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if before != text:
            lines = (before.splitlines(), text.splitlines())
            differences += difflib.unified_diff(*lines, file, "now", lineterm="", n=0)
    assert not differences, "\n".join(
        [*differences[:80], f"if that is meant: python -m tests.tui.regenerate {scene}"]
    )


def test_no_snapshot_is_left_over() -> None:
    kept = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.txt")}
    assert kept == {f"{scene}/{file}" for scene in SCENES for file in names(scene)}


@pytest.mark.parametrize("scene", SCENES)
def test_the_plain_theme_draws_ascii_alone(scene: str) -> None:
    for size in SIZES:
        text = (FOLDER / scene / name(size, "plain")).read_text(encoding="utf-8")
        drawn = characters_of(text)
        assert drawn.isascii(), [line for line in drawn.splitlines() if not line.isascii()]


@pytest.mark.parametrize("scene", SCENES)
def test_the_plain_theme_has_no_colour(scene: str) -> None:
    for size in SIZES:
        text = (FOLDER / scene / name(size, "plain")).read_text(encoding="utf-8")
        styles = text.split("\n---\n")[2]
        assert {line[2:].partition(" on ")[0] for line in styles.splitlines()} == {"default"}
        assert {line.split(" on ")[1].split()[0] for line in styles.splitlines()} == {"default"}


@pytest.mark.parametrize("scene", IN_ALL_THEMES)
def test_nothing_is_told_by_colour_alone(scene: str) -> None:
    """The characters are the same in every theme that has colours."""
    for size in SIZES:
        drawn = {
            characters_of((FOLDER / scene / name(size, theme)).read_text(encoding="utf-8"))
            for theme in COLOURED
        }
        assert len(drawn) == 1
