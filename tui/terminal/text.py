"""Lines of text with roles, cut to a width, from which panes are drawn.

A theme gives each role a colour; the text always says what the colour says.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from textual.strip import Strip

Role = Literal[
    "text", "strong", "muted", "accent", "secure", "insecure", "success", "warning", "error"
]

_JOINING = frozenset("\N{ZERO WIDTH JOINER}\N{VARIATION SELECTOR-16}")


class Part(NamedTuple):
    """A piece of a line in one role; a click on it does `action`, if any."""

    text: str
    role: Role = "text"
    action: str | None = None


class Line(NamedTuple):
    """A line; `left` is cut first when both sides do not fit."""

    left: tuple[Part, ...] = ()
    right: tuple[Part, ...] = ()


def line(*left: Part | str, right: tuple[Part | str, ...] = ()) -> Line:
    """A line of parts; a plain string has the role `text`."""
    return Line(tuple(map(_part, left)), tuple(map(_part, right)))


def _part(piece: Part | str) -> Part:
    return Part(piece) if isinstance(piece, str) else piece


def fit(drawn: Line, width: int, ellipsis: str = "…") -> list[Part]:
    """The parts of a line that is exactly `width` cells wide.

    Cuts the left side, ending it with `ellipsis`, so that the right side stays
    whole; drops a right side that leaves less than a third.
    """
    right = list(drawn.right)
    right_width = sum(cell_len(part.text) for part in right)
    left_width = sum(cell_len(part.text) for part in drawn.left)
    if right and left_width + 1 + right_width > width and right_width > width * 2 // 3:
        right, right_width = [], 0
    room = width - right_width - (1 if right_width else 0)
    left = cut(drawn.left, room, ellipsis)
    gap = width - right_width - sum(cell_len(part.text) for part in left)
    return [*left, *([Part(" " * gap)] if gap > 0 else []), *right]


def cut(parts: tuple[Part, ...], room: int, ellipsis: str) -> list[Part]:
    """`parts` in at most `room` cells."""
    if sum(cell_len(part.text) for part in parts) <= room:
        return list(parts)
    kept: list[Part] = []
    left = max(0, room - cell_len(ellipsis))
    for part in parts:
        size = cell_len(part.text)
        if size <= left:
            kept.append(part)
            left -= size
            continue
        kept.append(part._replace(text=set_cell_size(part.text, left).rstrip()))
        break
    if room >= cell_len(ellipsis):
        role = kept[-1].role if kept else "text"
        kept.append(Part(ellipsis, role))
    return kept


def cells_of(strip: Strip) -> list[tuple[str, Style | None]]:
    """The cells of a strip; the second one of a wide character is empty.

    As many as `strip.cell_length`: a character without width joins the one before.
    """
    cells: list[tuple[str, Style | None]] = []
    for text, style, _ in strip:
        # A joiner or selector changes the width of the characters around it.
        joined = not _JOINING.isdisjoint(text)
        before = 0
        for end, char in enumerate(text, 1):
            after = cell_len(text[:end]) if joined else before + cell_len(char)
            if cells and (after == before or char in _JOINING):
                place = -1 - _second_half(cells)
                cells[place] = (cells[place][0] + char, cells[place][1])
                cells.extend([("", cells[place][1])] * (after - before))
            elif after > before:
                cells.append((char, style))
                cells.extend([("", style)] * (after - before - 1))
            before = after
    return cells


def _second_half(cells: list[tuple[str, Style | None]]) -> bool:
    return len(cells) > 1 and cells[-1][0] == ""
