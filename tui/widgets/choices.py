"""Rows to choose from, with headings and notes that the cursor skips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from textual.geometry import Region

from tui.terminal.text import Line
from tui.terminal.wrapping import Paragraph, wrap
from tui.widgets.lines import Lines

_What = TypeVar("_What")


class Row(NamedTuple, Generic[_What]):
    """Line with a note beneath; its value `what` is None for a heading."""

    line: Line
    what: _What | None = None
    note: Paragraph | None = None


class _Drawn(NamedTuple, Generic[_What]):
    line: Line
    what: _What | None = None


class Choices(Lines, Generic[_What]):
    """Rows to choose from; the cursor keeps its value when rows change."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._rows: tuple[Row[_What], ...] = ()
        self._drawn: list[_Drawn[_What]] = []
        self._kept: _What | None = None

    @property
    def selected(self) -> _What | None:
        """The value of the row under the cursor."""
        return self._drawn[self.cursor].what if self.cursor < len(self._drawn) else None

    def show(self, rows: Iterable[Row[_What]]) -> None:
        """Replace the rows."""
        rows = tuple(rows)
        if rows == self._rows:
            return
        note = self._note
        self._rows = rows
        self._lay_out()
        if self._note != note:
            self.keep_cursor_in_view()

    def select(self, what: _What) -> None:
        """Put the cursor on the row of `what`, now or once there is one."""
        self._kept = what
        self._find()

    @property
    def _note(self) -> Paragraph | None:
        return next((row.note for row in self._rows if row.what == self._kept), None)

    def count(self) -> int:
        return len(self._drawn)

    def draw(self, index: int) -> Sequence[Line]:
        return (self._drawn[index].line,)

    def move(self, by: int) -> None:
        self._settle(self.cursor + by, 1 if by > 0 else -1)

    def go(self, index: int) -> None:
        self._settle(index, 1 if index <= self.cursor else -1)

    def on_resize(self) -> None:
        self._lay_out()

    def keep_cursor_in_view(self) -> None:
        first, last = self.cursor, self.cursor + 1
        # Scroll a row's heading and note into view where there is room.
        while first > 0 and self._drawn[first - 1].what is None:
            first -= 1
        while last < len(self._drawn) and self._drawn[last].what is None:
            last += 1
        last = min(last, first + max(1, self.size.height))
        region = Region(0, first, max(1, self.width), max(last, self.cursor + 1) - first)
        self.scroll_to_region(region, animate=False, force=True, immediate=True)

    def _settle(self, index: int, direction: int) -> None:
        """Put the cursor on `index`, or on the nearest row, ahead first."""
        places = [i for i, row in enumerate(self._drawn) if row.what is not None]
        if not places:
            return
        index = max(0, min(index, len(self._drawn) - 1))
        ahead = [i for i in places if (i - index) * direction >= 0]
        super().go(min(ahead or places, key=lambda place: abs(place - index)))
        self._kept = self.selected

    def _find(self) -> None:
        if self._kept is not None and self.selected == self._kept:
            return  # settling again would scroll
        place = next((i for i, row in enumerate(self._drawn) if row.what == self._kept), None)
        self._settle(self.cursor if place is None or self._kept is None else place, 1)

    def _lay_out(self) -> None:
        if not self.width:
            return
        self._drawn = []
        for row in self._rows:
            self._drawn.append(_Drawn(row.line, row.what))
            for line in wrap(row.note, self.width) if row.note else ():
                self._drawn.append(_Drawn(line))
        self.redraw()
        if self._drawn:
            self._find()
