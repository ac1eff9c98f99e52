"""First lines of the screen: the phone at a glance, and warnings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tui.state import Link, State
from tui.terminal.text import Line, Part, line
from tui.widgets.lines import Lines
from tui.words import rows


class Header(Lines, can_focus=False):
    """The phone at a glance, in one line; its clock shows minutes."""

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
    """Warnings: no engine, or speaking on the unprotected call of several."""

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
    """Line above the dial line: its preview, or the last message."""

    shows_cursor = False

    def __init__(self) -> None:
        super().__init__()
        self._message: Part | None = None
        self._until: datetime | None = None
        self._preview: Part | None = None

    def tell(self, message: Part, until: datetime) -> None:
        """Show a message until `until`."""
        self._message, self._until = message, until
        self.redraw()

    def preview(self, part: Part | None) -> None:
        """Show the effect of the dial line; replaces a message."""
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
