"""What the terminal shows, written so that a person can read the difference.

A file holds the characters of the screen, then a letter a cell for its style,
then what each letter means. Blanks at the end of a line are left away; so is
all but the first of the letters that end one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from string import ascii_letters, digits

from rich.cells import cell_len
from rich.color import Color, ColorType
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tests.support.clock import standing_still
from tests.support.screen import screen
from tests.support.standin import StandIn
from tests.tui.scenes import SCENES, Stage
from voip.protocol.settings import Screen

FOLDER = Path(__file__).parent / "snapshots"
SIZES = ((60, 20), (80, 24), (120, 40))
THEMES = ("dark", "light", "high-contrast", "plain")
COLOURED = ("dark", "light", "high-contrast")
IN_ALL_THEMES = ("main-active", "main-incoming", "lock-of-a-call")
"""Scenes that are drawn in each theme: what a theme makes of a role is the same in
all of them, and unit/test_themes.py has it. The others are drawn in two."""

_LETTERS = ascii_letters + digits + "!%&/()=?+*~#<>|-_:;,."
_ATTRIBUTES = ("bold", "dim", "italic", "underline", "reverse", "strike")
_OWN_FOLDER = re.compile(r"(?<=/tmp/oh-)[a-z0-9_]{1,8}")


def name(size: tuple[int, int], theme: str) -> str:
    return f"{size[0]}x{size[1]}.{theme}.txt"


def themes_of(scene: str) -> tuple[str, ...]:
    """The themes that a scene is drawn in: one with colours, and the one without."""
    return THEMES if scene in IN_ALL_THEMES else ("dark", "plain")


def names(scene: str) -> set[str]:
    """The files of a scene's snapshots."""
    return {name(size, theme) for size in SIZES for theme in themes_of(scene)}


async def take(scene: str, place: Path) -> dict[str, str]:
    """The scene in each size and each of its themes, by the name of its file."""
    taken: dict[str, str] = {}
    with standing_still() as clock:
        async with StandIn(place) as engine, screen(clock=clock) as phone:
            await SCENES[scene](Stage(phone, engine, clock))
            for theme in themes_of(scene):
                phone.app.wear(Screen(theme=theme))
                for size in SIZES:
                    await phone.resize(*size)
                    # What lies beneath a box is drawn anew when Textual comes to it.
                    for beneath in phone.app.screen_stack:
                        beneath.refresh()
                    await phone.settle()
                    taken[name(size, theme)] = as_text(phone.strips)
    return taken


def as_text(strips: Sequence[Strip]) -> str:
    legend: dict[str, str] = {}
    characters: list[str] = []
    styles: list[str] = []
    for strip in strips:
        characters.append(_mask(strip.text).rstrip())
        letters = "".join(_letter(segment, legend) * cell_len(segment.text) for segment in strip)
        styles.append(letters.rstrip(letters[-1:]) + letters[-1:])
    meanings = [f"{letter} {style}" for style, letter in legend.items()]
    return "\n".join([*characters, "---", *styles, "---", *meanings, ""])


def characters_of(snapshot: str) -> str:
    """The part of a snapshot that is the screen's text."""
    return snapshot.split("\n---\n")[0]


def _mask(text: str) -> str:
    # The folder of a test has a name by chance.
    return _OWN_FOLDER.sub(lambda match: "0" * len(match[0]), text)


def _letter(segment: Segment, legend: dict[str, str]) -> str:
    meaning = _words(segment.style or Style())
    return legend.setdefault(meaning, _LETTERS[len(legend)] if meaning not in legend else "")


def _words(style: Style) -> str:
    attributes = [name for name in _ATTRIBUTES if getattr(style, name)]
    return " ".join([_color(style.color), "on", _color(style.bgcolor), *attributes])


def _color(color: Color | None) -> str:
    if color is None or color.is_default:
        return "default"
    if color.type is ColorType.TRUECOLOR and color.triplet is not None:
        return color.triplet.hex
    return color.name
