"""Output to the terminal: only the cells that differ from its contents.

Textual sends whole lines of a widget for one change, and the whole screen when
a box opens or closes. Each text comes with its full style. Over SSH that is
most of a phone's traffic. This keeps each cell as last sent, and sends
differences: a position, the changed part of the style, and the text. Of a blank
only the background is visible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from rich.color import Color, ColorSystem
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

from tui.terminal.text import cells_of

Cell = tuple[str, Style | None]

_NEAR = 5
"""Longest unchanged gap, in cells, that costs no more than a cursor move."""

_ATTRIBUTES = ("bold", "dim", "italic", "underline", "blink", "reverse", "strike")
_ON = dict(zip(_ATTRIBUTES, "1234579", strict=True))
_SYSTEMS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
}
_RESET = "\x1b[0m"
_OFF = {"bold": "22", "dim": "22", "underline": "24", "reverse": "27"}
"""Ends of attributes that every terminal supports; others need a reset."""
_SEEN_ON_BLANKS = ("underline", "reverse", "strike")


class Shown:
    """The terminal's cells, as far as they are known."""

    def __init__(self) -> None:
        self._size = Size()
        self._lines: list[list[Cell | None]] = []

    def forget(self) -> None:
        """Mark all cells to be sent again, after another program has drawn."""
        self._size = Size()

    def fit(self, size: Size) -> None:
        """Adopt a new size, whose cells are unknown."""
        if size != self._size:
            self._size = size
            self._lines = [[None] * size.width for _ in range(size.height)]

    def put(self, x: int, y: int, strip: Strip) -> Iterator[tuple[int, list[Cell]]]:
        """Store a strip and yield the runs of cells to send."""
        if not 0 <= y < self._size.height:
            return
        line = self._lines[y]
        fresh = cells_of(strip)[: max(0, self._size.width - x)]
        # Overwriting half of a wide character leaves a blank.
        end = x + len(fresh)
        if fresh and end < len(line) and (cell := line[end]) and not cell[0]:
            fresh.append((" ", cell[1]))
        if fresh and x > 0 and (cell := line[x]) and not cell[0]:
            fresh.insert(0, (" ", cell[1]))
            x -= 1
        fresh = [(text, _of_blank(style) if text == " " else style) for text, style in fresh]
        for first, end in _runs(line[x : x + len(fresh)], fresh):
            yield x + first, fresh[first:end]
        line[x : x + len(fresh)] = fresh


class Changes(CompositorUpdate):
    """Update of Textual's, reduced to the cells that differ."""

    def __init__(self, update: CompositorUpdate, shown: Shown, size: Size) -> None:
        self._update = update
        self._shown = shown
        self._size = size

    def render_segments(self, console: Console) -> str:
        self._shown.fit(self._size)
        system = _SYSTEMS.get(console.color_system or "")
        sent: list[str] = []
        style: Style | None = None
        drawn = False
        for x, y, strip in _pieces(self._update):
            for place, run in self._shown.put(x, y, strip):
                sent.append(f"\x1b[{y + 1};{place + 1}H")
                for text, cell_style in run:
                    target = _kept(style, cell_style) if drawn and text == " " else cell_style
                    if not drawn or target != style:
                        sent.append(_turn(style if drawn else None, target, system, drawn))
                        style, drawn = target, True
                    sent.append(text)
        return "".join([*sent, _RESET] if drawn else sent)


def _pieces(update: CompositorUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Parts that an update draws: column, row and cells."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in line:
                yield x, y, strip
                x += strip.cell_length
    elif isinstance(update, ChopsUpdate):
        for y, first, end in update.spans:
            for piece_end, (x, piece) in zip(
                update.chop_ends[y], update.chops[y].items(), strict=False
            ):
                left, right = max(x, first), min(piece_end, end)
                if piece is not None and left < right:
                    yield left, y, piece.crop(left - x, right - x)


def _runs(before: list[Cell | None], after: list[Cell]) -> Iterable[tuple[int, int]]:
    """Start and end of runs that differ, joined across short gaps.

    A run ends after a character that is not one plain cell: terminals disagree
    about the width of such characters, so the next run is positioned again.
    """
    runs: list[tuple[int, int]] = []
    for x, (was, now) in enumerate(zip(before, after, strict=True)):
        if was == now:
            continue
        first, end = x, x + 1
        while first > 0 and after[first][0] == "":
            first -= 1
        while end < len(after) and after[end][0] == "":
            end += 1
        if runs and first <= runs[-1][1]:
            runs[-1] = (runs[-1][0], max(end, runs[-1][1]))
        elif runs and first - runs[-1][1] <= _NEAR and _alike(after, runs[-1][1] - 1, first):
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((first, end))
    return [part for first, end in runs for part in _at_odd_ones(after, first, end)]


def _alike(cells: list[Cell], first: int, end: int) -> bool:
    style = cells[first][1]
    blank = _of_blank(style)
    return all(
        cell_style == style or (text == " " and cell_style == blank)
        for text, cell_style in cells[first : end + 1]
    )


def _at_odd_ones(cells: list[Cell], first: int, end: int) -> Iterator[tuple[int, int]]:
    start = first
    for x in range(first, end):
        text = cells[x][0]
        odd = len(text) > 1 or (x + 1 < end and cells[x + 1][0] == "")
        if odd:
            # A wide character must not be split from its second cell.
            stop = x + 1
            while stop < end and cells[stop][0] == "":
                stop += 1
            yield start, stop
            start = stop
    if start < end:
        yield start, end


@lru_cache(maxsize=4096)
def _of_blank(style: Style | None) -> Style | None:
    """The part of a style that is visible on a blank."""
    if style is None or _is_seen(style):
        return style
    return Style(bgcolor=style.bgcolor)


@lru_cache(maxsize=4096)
def _kept(before: Style | None, blank: Style | None) -> Style | None:
    """The style to send a blank in, keeping what is invisible on it."""
    if before is None or blank is None or _is_seen(before) or _is_seen(blank):
        return blank
    return before + Style(bgcolor=blank.bgcolor or Color.default())


def _is_seen(style: Style) -> bool:
    return any(getattr(style, name) for name in _SEEN_ON_BLANKS)


@lru_cache(maxsize=4096)
def _turn(
    before: Style | None, after: Style | None, system: ColorSystem | None, style_known: bool
) -> str:
    """The sequence (ECMA-48 SGR) that turns one style into another."""
    now = after or Style()
    codes: list[str] = []
    was = before or Style()
    changed = [name for name in _ATTRIBUTES if bool(getattr(was, name)) != bool(getattr(now, name))]
    if not style_known or not all(name in _OFF for name in changed):
        codes += ["0", *(_ON[name] for name in _ATTRIBUTES if getattr(now, name))]
        was = Style()
    elif changed:
        ended = dict.fromkeys(_OFF[name] for name in changed if not getattr(now, name))
        begun = (n for n in _OFF if getattr(now, n) and (n in changed or _OFF[n] in ended))
        codes += [*ended, *(_ON[name] for name in begun)]
    codes += _colour(was.color, now.color, True, system)
    codes += _colour(was.bgcolor, now.bgcolor, False, system)
    return f"\x1b[{';'.join(codes)}m" if codes else ""


def _colour(
    before: Color | None, after: Color | None, foreground: bool, system: ColorSystem | None
) -> list[str]:
    if system is None:
        return []
    default = Color.default()
    before, after = before or default, after or default
    if before == after:
        return []
    return list(after.downgrade(system).get_ansi_codes(foreground))
