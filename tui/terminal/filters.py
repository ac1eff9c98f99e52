"""Line filters that keep output within the terminal's limits.

Textual's own widgets draw with block elements, and some of their styles have
colours of their own. Each filter sees every line of every widget, so the
limits do not depend on each style sheet.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from rich.cells import cell_len, set_cell_size
from rich.color import Color as RichColor
from rich.color import ColorSystem, ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter, Monochrome, NoColor
from textual.theme import Theme

from tui.terminal.glyphs import Glyphs

COLOURLESS = "offhook-colourless"
"""Variable of a theme whose colours represent text styles."""

MARKS = {"dim": "ansi_bright_black", "bold": "ansi_bright_white", "underline": "ansi_yellow"}
"""Colours that represent a text style in a theme without colour."""

MARKED = "ansi_white"
"""Background that represents reverse video in a theme without colour."""


def filters(given: Sequence[LineFilter], theme: Theme, glyphs: Glyphs) -> list[LineFilter]:
    """The filters for lines drawn in `theme` with `glyphs`.

    `given` are Textual's; the app's `get_line_filters` returns the result.
    """
    chosen = list(given)
    if theme.ansi:
        # Textual chooses its NO_COLOR filter for the first theme, and a grey
        # mixed from a terminal's own colour would be a colour.
        chosen = [NO_COLOURS if isinstance(one, Monochrome | NoColor) else one for one in chosen]
        chosen.append(NO_COLOURS if COLOURLESS in theme.variables else OWN_COLOURS)
    if glyphs.name == "ascii":
        chosen.append(ALL_ASCII if glyphs.folds_text else DRAWN_ASCII)
    return chosen


class _OwnColours(LineFilter):
    """Maps colours to the terminal's default and its sixteen."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(text, style and _own(style), control) for text, style, control in segments]


@lru_cache(maxsize=1024)
def _own(style: Style) -> Style:
    return style + Style.from_color(_nearest(style.color), _nearest(style.bgcolor))


def _nearest(color: RichColor | None) -> RichColor | None:
    if color is None or color.type in (ColorType.DEFAULT, ColorType.STANDARD):
        return None
    return color.downgrade(ColorSystem.STANDARD)


class _NoColours(LineFilter):
    """Removes colours: `MARKS` become styles, a background reverse video."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(text, style and _colourless(style), control)
            for text, style, control in segments
        ]


_DEFAULT_COLOURS = Style.from_color(RichColor.default(), RichColor.default())


_STYLES = {Color.parse(mark).ansi: Style.parse(style) for style, mark in MARKS.items()}


@lru_cache(maxsize=1024)
def _colourless(style: Style) -> Style:
    plain = style + _DEFAULT_COLOURS
    if style.color is not None and style.color.number in _STYLES:
        plain += _STYLES[style.color.number]
    if style.bgcolor is not None and not style.bgcolor.is_default:
        plain += Style(reverse=True)
    return plain


class _Ascii(LineFilter):
    """Replaces characters above 0x7f that the interface draws.

    Folds `text` too where the terminal's locale is not UTF-8: there the bytes of
    a name could be control characters (0x9b is CSI).
    """

    def __init__(self, text: bool) -> None:
        super().__init__()
        self._text = text

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [segment if segment.text.isascii() else self._fold(segment) for segment in segments]

    def _fold(self, segment: Segment) -> Segment:
        text, style, control = segment
        if style is not None and style.reverse and _EDGES.issuperset(text):
            # Textual reverses a block to draw the inner half of an edge; reversing
            # its substitute would reverse the cell.
            style += Style(color=style.bgcolor, bgcolor=style.color, reverse=False)
        folded = text.translate(_DRAWN)
        if self._text:
            folded = "".join(map(_letter, folded))
        if (width := cell_len(text)) != cell_len(folded):
            folded = set_cell_size(folded, width)
        return Segment(folded, style, control)


def _letter(char: str) -> str:
    if char.isascii():
        return char
    width = cell_len(char)
    plain = "".join(one for one in unicodedata.normalize("NFKD", char) if one.isascii())
    return plain[:width].ljust(width, "?") if plain else "?" * width


_EDGES = frozenset("▁▂▃▄▅▆▇▉▊▋▌▍▎▏▐▔▕")


def _drawn() -> dict[int, str]:
    """Substitutes, equally wide, for the interface's non-ASCII characters."""
    table = {chr(code): "+" for code in range(0x2500, 0x2580)}  # box drawing
    table |= dict.fromkeys("─━┄┅┈┉╌╍╴╶╸╺╼╾", "-") | dict.fromkeys("═", "=")
    table |= dict.fromkeys("│┃┆┇┊┋╎╏╵╷╹╻╽╿║", "|")
    table |= {chr(code): "#" for code in range(0x2580, 0x25A0)}  # block elements
    table |= dict.fromkeys("▀▔▁▂▃▄", "-") | dict.fromkeys("▉▊▋▌▍▎▏▐▕", "|")
    table |= dict.fromkeys("▖▗▘▙▚▛▜▝▞▟", "+") | {"░": ".", "▒": ":"}
    table |= {"←": "<", "→": ">", "↑": "^", "↓": "v", "▲": "^", "▼": "v", "▶": ">", "◀": "<"}
    table |= {"▸": ">", "›": ">", "‹": "<", "●": "*", "○": "o", "■": "#", "□": "o", "⭘": "o"}
    table |= {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "−": "-"}
    table |= {"•": "*", "·": "-", "…": ".", "×": "x", "✓": "+", "✗": "x", "⏎": "<", "⌫": "<"}
    table |= {"\N{NO-BREAK SPACE}": " ", "\N{REPLACEMENT CHARACTER}": "?", "🔎": "> "}
    return {ord(char): ascii_ for char, ascii_ in table.items()}


_DRAWN = _drawn()

# One of each: Textual caches filtered lines by filter.
OWN_COLOURS = _OwnColours()
NO_COLOURS = _NoColours()
DRAWN_ASCII = _Ascii(text=False)
ALL_ASCII = _Ascii(text=True)
