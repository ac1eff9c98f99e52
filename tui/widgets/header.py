"""The first lines: the phone at a glance, and what is wrong with the engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tui.state import Link, State
from tui.terminal.text import Line, Part, line
from tui.widgets.lines import Lines
from tui.words import rows


class Header(Lines, can_focus=False):
    """One line; the clock in it tells minutes."""

    shows_cursor = False

    def __init__(self) -> None:
        super().__init__()
        self._state = State()

    def show(self, state: State) -> None:
        self._state = state
        self.redraw()

    def count(self) -> int:
        return 1

    def draw(self, index: int) -> Sequence[Line]:
        phone = self.phone
        return (rows.header(self._state, phone.glyphs, phone.now()),)


class Banner(Lines, can_focus=False):
    """Warnings that must not be missed: no engine, or speaking on the open call of several."""

    shows_cursor = False

    def __init__(self) -> None:
        super().__init__()
        self.display = False
        self._state = State()

    def show(self, state: State) -> None:
        self._state = state
        self.display = self._is_gone or state.speaks_in_the_open
        self.redraw()

    @property
    def _is_gone(self) -> bool:
        return self._state.link in (Link.LOST, Link.STOPPED)

    def count(self) -> int:
        return 1

    def draw(self, index: int) -> Sequence[Line]:
        phone = self.phone
        if not self._is_gone:
            words = "You speak on an UNPROTECTED call: others can listen"
            return (line(Part(f" {phone.glyphs.failed} {words}", "error")),)
        key = phone.keymap.shown("phone.connect")
        what = "starts it" if self._state.link is Link.STOPPED else "tries now"
        return (
            line(
                Part(f" {phone.glyphs.failed} {self._state.link_text}", "error"),
                right=(Part(f"{key} {what} ", "accent", "phone.connect"),),
            ),
        )


class Note(Lines, can_focus=False):
    """The line over the dial line: what would be called, or the last message."""

    shows_cursor = False

    def __init__(self) -> None:
        super().__init__()
        self._message: Part | None = None
        self._until: datetime | None = None
        self._preview: Part | None = None

    def tell(self, message: Part, until: datetime) -> None:
        """Show a message until a moment has come."""
        self._message, self._until = message, until
        self.redraw()

    def preview(self, part: Part | None) -> None:
        """Show what the dial line would do; a message goes before it."""
        self._preview = part
        if part is not None:
            self._message = None
        self.redraw()

    def tick(self, now: datetime) -> None:
        if self._until is not None and now >= self._until:
            self._message = self._until = None
            self.redraw()

    def count(self) -> int:
        return 1

    def draw(self, index: int) -> Sequence[Line]:
        part = self._message or self._preview
        return (line(" ", part) if part else Line(),)
