"""Every cell of whole screens has the theme file's colour of its role."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from rich.color import Color
from rich.style import Style

from tests.support.clock import standing_still
from tests.support.screen.pilot import Screen, screen
from tests.support.standin.engine import StandIn
from tests.tui.scenes import SCENES, Stage
from tests.tui.snapshots import MIXED, Cell, drawn, worn_by_role
from tui.terminal.text import cells_of
from tui.themes.colours import DEFAULT
from tui.themes.file import ThemeFile, read
from voip.protocol.settings import Glyphs
from voip.protocol.settings import Screen as ScreenSettings

_THEMES: Final = sorted((Path(__file__).parents[3] / "themes").iterdir())
_WITHOUT_COLOUR: Final[dict[str, set[str]]] = {
    "muted": {"dim"}, "primary": {"bold"}, "accent": {"bold"}, "success": {"bold"},
    "warning": {"bold"}, "error": {"bold"}, "secure": {"bold"}, "border-focus": {"bold"},
    "insecure": {"underline"},
}  # fmt: skip
_OF_TEXTUAL: Final[dict[str, set[str]]] = {"ansi16": {"dim"}}
"""Styles that Textual adds to the words in an empty line, by theme."""

Drawn = list[list[tuple[str, Style]]]


@pytest.mark.parametrize("scene", ["main-active", "main-incoming", "lock-of-a-call"])
async def test_a_role_looks_as_the_theme_says(scene: str, place: Path) -> None:
    with standing_still() as clock, pytest.MonkeyPatch.context() as patch:
        worn_by_role(patch)
        async with StandIn(place / "s") as engine, screen(clock=clock) as phone:
            await SCENES[scene](Stage(phone, engine, clock))
            roles: dict[Glyphs, list[list[Cell]]] = {"unicode": await drawn(phone)}
            phone.app.wear(ScreenSettings(glyphs="ascii"))
            roles["ascii"] = await drawn(phone)
            patch.undo()
            phone.app.load_themes()
            for path in _THEMES:
                theme, _ = read(path)
                assert theme is not None
                expected = roles["ascii" if theme.ascii_only else "unicode"]
                for cells, seen in zip(expected, await _worn(phone, theme.name), strict=True):
                    for cell, (text, style) in zip(cells, seen, strict=True):
                        assert text == cell.text
                        _check(cell, style, theme)


async def _worn(phone: Screen, theme: str) -> Drawn:
    phone.app.wear(ScreenSettings(theme=theme))
    await drawn(phone)
    return [[(text, style or Style()) for text, style in cells_of(row)] for row in phone.strips]


def _check(cell: Cell, style: Style, theme: ThemeFile) -> None:
    words = f"{theme.name}: {cell} is drawn as {style}"
    seen = bool(cell.text.strip())
    styles = set(cell.styles)
    if theme.name == "plain":
        styles |= _WITHOUT_COLOUR.get(cell.colour, set())
        styles |= {"reverse"} if cell.behind == "selection" else set()
    drawn_as = {name for name in ("bold", "dim", "underline", "reverse") if getattr(style, name)}
    if seen:
        assert drawn_as - _OF_TEXTUAL.get(theme.name, set()) == styles, words
        assert _is_drawn(cell.colour, style.color, theme), words
    assert ("reverse" in drawn_as) is ("reverse" in styles), words
    assert _is_drawn(cell.behind, style.bgcolor, theme), words


def _is_drawn(role: str, colour: Color | None, theme: ThemeFile) -> bool:
    if role == MIXED:
        return True
    given = theme.colors[role]
    if given == DEFAULT:
        return colour is None or colour.is_default
    assert colour is not None
    written = Color.parse(given.replace(" ", "_"))
    if written.triplet is None or colour.triplet is None:
        return colour.number == written.number
    parts = zip(colour.triplet, written.triplet, strict=True)
    return all(abs(part - meant) <= 1 for part, meant in parts)
