"""Wrapping of text with roles into lines of a width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len

from tui.terminal.text import Line, Part

_WIDEST = 2  # in cells, of one character


class Paragraph(NamedTuple):
    """Text of any length; lines after the first are indented `hang` cells."""

    parts: tuple[Part, ...] = ()
    hang: int = 0


def paragraph(*pieces: Part | str, hang: int = 0) -> Paragraph:
    """A paragraph of parts; a plain string has the role `text`."""
    return Paragraph(tuple(Part(p) if isinstance(p, str) else p for p in pieces), hang)


def wrap(text: Paragraph, width: int) -> list[Line]:
    """The lines of a paragraph, none wider than `width` cells.

    Breaks lines between words, and anywhere in a word longer than a line.
    """
    hang = max(0, min(text.hang, width // 2, width - _WIDEST))
    lines: list[Line] = []
    for start, end in _spans("".join(part.text for part in text.parts), max(1, width), hang):
        inner = tuple(_slice(text.parts, start, end))
        lines.append(Line((Part(" " * hang), *inner) if lines and hang else inner))
    return lines


def _spans(text: str, width: int, hang: int) -> Iterator[tuple[int, int]]:
    """Start and end of each line, as character indices."""
    start = end = 0
    room = width
    for word in re.finditer(r"( *)([^ ]+)", text):
        if cell_len(text[start : word.end()]) > room and end > start:
            yield start, end
            start = end = word.start(2)
            room = width - hang
        while cell_len(text[start : word.end()]) > room:
            cut = _fitting(text, start, room)
            yield start, cut
            start, room = cut, width - hang
        end = word.end()
    yield start, end


def _fitting(text: str, start: int, room: int) -> int:
    """End of a line that begins at `start` and breaks inside a word."""
    used = 0
    for place in range(start, len(text)):
        used += cell_len(text[place])
        if used > room:
            return max(place, start + 1)
    return len(text)


def _slice(parts: tuple[Part, ...], start: int, end: int) -> Iterator[Part]:
    place = 0
    for part in parts:
        piece = part.text[max(0, start - place) : max(0, end - place)]
        if piece:
            yield part._replace(text=piece)
        place += len(part.text)
