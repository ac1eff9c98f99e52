"""Pictures of the screens: each line's text, and the roles below it.

A file holds one scene in one size. A line that begins with `|` is text. Below it
`c` has a letter of `LETTERS` for the colour of each character, a capital where it
is bold. `b` has one for the background, `s` one of `STYLES`. Blank means plain:
text in `foreground` on `background`, or a frame that continues its colour from
above or from the left. The last line is the legend.

Roles are those of `tui.themes.colours`, read from a theme that gives each a colour
of its own; `mixed` is a shade between them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from rich.color import Color, parse_rgb_hex
from rich.color_triplet import ColorTriplet
from rich.style import Style
from textual.strip import Strip
from textual.theme import Theme

from tests.support.clock import standing_still
from tests.support.screen.pilot import Screen, screen
from tests.support.standin.engine import StandIn
from tests.tui.scenes import SCENES, Stage
from tui.terminal.text import cells_of
from tui.themes import choice
from tui.themes.colours import ROLES, textual_theme
from tui.widgets.header import Header
from voip.protocol.settings import Screen as ScreenSettings

FOLDER = Path(__file__).parent / "snapshots"
FIRST_SIZE: Final = (80, 24)
"""Size in which a scene is set up."""
SIZES: Final = (FIRST_SIZE, (120, 40), (60, 20))
IN_ASCII: Final = (
    "main-log", "main-many-calls", "account-edit", "account-test", "keypad", "palette", "themes",
    "devices", "settings", "welcome", "lock-of-a-dtls-call",
)  # fmt: skip
"""Scenes drawn in the plain theme too, last size: each symbol once."""

MIXED: Final = "mixed"
LETTERS: Final = {
    "foreground": "t", "muted": "m", "primary": "p", "accent": "a", "success": "g",
    "warning": "w", "error": "e", "secure": "s", "insecure": "i", "selection-text": "h",
    "border": "r", "border-focus": "f", "background": "k", "surface": "u", "panel": "n",
    "selection": "c", MIXED: "x",
}  # fmt: skip
STYLES: Final = {"dim": "d", "italic": "/", "underline": "_", "reverse": "!", "strike": "-"}

# Any colours that are distinct, with no shade between two equal to a third.
COLOURS: Final = {
    role: f"#{(37 * n + 20) % 256:02x}{(101 * n + 60) % 256:02x}{(173 * n + 90) % 256:02x}"
    for n, role in enumerate(ROLES)
}
_ROUNDED: Final = 2
"""Largest rounding error of Textual in a component of a colour."""

_OWN_FOLDER = re.compile(r"(?<=/tmp/oh-)[a-z0-9_]{1,8}")


class Cell(NamedTuple):
    """A character with the role of its colour and background, and its style."""

    text: str
    colour: str
    behind: str
    styles: frozenset[str]


def file_of(scene: str, size: tuple[int, int]) -> Path:
    return FOLDER / scene / f"{size[0]}x{size[1]}.txt"


def ascii_file_of(scene: str) -> Path:
    return file_of(scene, SIZES[-1]).with_suffix(".ascii.txt")


def files_of(scene: str) -> set[Path]:
    """Return the files of a scene."""
    ascii_files = {ascii_file_of(scene)} if scene in IN_ASCII else set()
    return {file_of(scene, size) for size in SIZES} | ascii_files


def worn_by_role(patch: pytest.MonkeyPatch) -> None:
    """Give the theme `dark` a colour for each role while the patch lasts."""

    def by_role(name: str, dark: bool, colors: Mapping[str, str]) -> Theme:
        return textual_theme(name, dark, COLOURS if name == choice.DEFAULT else colors)

    patch.setattr(choice, "textual_theme", by_role)


async def take(scene: str, place: Path) -> dict[Path, str]:
    """Draw the pictures of a scene, by file."""
    taken: dict[Path, str] = {}
    with standing_still() as clock, pytest.MonkeyPatch.context() as patch:
        worn_by_role(patch)
        async with StandIn(place) as engine, screen(FIRST_SIZE, clock) as phone:
            await SCENES[scene](Stage(phone, engine, clock))
            for size in SIZES:
                if size != FIRST_SIZE:
                    await phone.resize(*size)
                taken[file_of(scene, size)] = as_text(await drawn(phone))
            if scene in IN_ASCII:
                phone.app.wear(ScreenSettings(theme=choice.PLAIN))
                taken[ascii_file_of(scene)] = characters(await drawn(phone))
    return taken


async def drawn(phone: Screen) -> list[list[Cell]]:
    """Return the cells of each line, once everything is drawn."""
    # The clock's second may or may not have passed since the scene was set up.
    for header in phone.app.main.query(Header):
        header.redraw()
    # Textual may otherwise redraw what is beneath a box later.
    for beneath in phone.app.screen_stack:
        beneath.refresh()
    await phone.settle()
    return cells(phone.strips)


def cells(strips: Sequence[Strip]) -> list[list[Cell]]:
    return [[_cell(text, style or Style()) for text, style in cells_of(strip)] for strip in strips]


def _cell(text: str, style: Style) -> Cell:
    styles = frozenset(name for name in ("bold", *STYLES) if getattr(style, name))
    return Cell(text, _role(style.color), _role(style.bgcolor), styles)


def _role(colour: Color | None) -> str:
    if colour is None or colour.triplet is None:
        return "foreground"  # blanks alone: our themes colour everything visible
    return _role_of(colour.triplet)


@cache
def _role_of(colour: ColorTriplet) -> str:
    for role, written in COLOURS.items():
        parts = zip(colour, parse_rgb_hex(written[1:]), strict=True)
        if all(abs(part - meant) <= _ROUNDED for part, meant in parts):
            return role
    return MIXED


def characters(lines: Sequence[Sequence[Cell]]) -> str:
    """Return the text alone."""
    rows = (_mask("".join(cell.text for cell in line)) for line in lines)
    return "\n".join([*(f"|{row}".rstrip() for row in rows), ""])


def as_text(lines: Sequence[Sequence[Cell]]) -> str:
    written: list[str] = []
    lines = [list(map(_blanks_the_right_way_round, line)) for line in lines]
    for y, line in enumerate(lines):
        above = lines[y - 1] if y else []
        text = "".join(cell.text for cell in line)
        written.append(f"|{_mask(text)}".rstrip())
        rows = {
            "c": "".join(_colour(cell, _plain(line, x, above)) for x, cell in enumerate(line)),
            "b": "".join(" " if c.behind == "background" else LETTERS[c.behind] for c in line),
            "s": "".join(map(_styles, line)),
        }
        written += [f"{kind}{row}".rstrip() for kind, row in rows.items() if row.strip()]
    return "\n".join([*written, _legend(written), ""])


def _mask(text: str) -> str:
    # The name of a test's folder is random.
    return _OWN_FOLDER.sub(lambda match: "0" * len(match[0]), text)


def _blanks_the_right_way_round(cell: Cell) -> Cell:
    """Turn blanks in reverse video around: scroll bars are made of them."""
    if cell.text.strip() or "reverse" not in cell.styles:
        return cell
    return cell._replace(behind=cell.colour, styles=cell.styles - {"reverse"})


def _plain(line: Sequence[Cell], x: int, above: Sequence[Cell]) -> str:
    """Return the colour of a cell that needs no letter."""
    if not _is_frame(line[x]):
        return "foreground"
    around = [*above[x : x + 1], *line[max(0, x - 1) : x]]
    return next((cell.colour for cell in around if _is_frame(cell)), "border")


def _is_frame(cell: Cell) -> bool:
    return "─" <= cell.text[:1] <= "╿"


def _colour(cell: Cell, plain: str) -> str:
    bold = "bold" in cell.styles
    if not cell.text.strip() or (cell.colour == plain and not bold):
        return " "
    letter = LETTERS[cell.colour]
    return letter.upper() if bold else letter


def _styles(cell: Cell) -> str:
    (letter, *others) = [STYLES[name] for name in STYLES if name in cell.styles] or [" "]
    assert not others, f"{cell}: there is one letter for each cell"
    return letter


def _legend(written: Sequence[str]) -> str:
    colours = {c.lower() for line in written if line[0] in "cb" for c in line[1:]}
    styles = {c for line in written if line[0] == "s" for c in line[1:]}
    meanings = [
        *(f"{letter} {role}" for role, letter in LETTERS.items() if letter in colours),
        *(f"{letter} {style}" for style, letter in STYLES.items() if letter in styles),
    ]
    return f"= {', '.join(meanings)}"
