"""Boxes around one list, alone, with a line of text, or with a search."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.keys.context import Context
from tui.widgets.lines import Lines
from tui.widgets.prose import Prose
from tui.widgets.screens import PhoneModal
from tui.words.phrases import count

_Rows = TypeVar("_Rows", bound=Lines)


class ListBox(PhoneModal[None], Generic[_Rows]):
    """Box as large as the screen allows; `head` holds words above the list."""

    # Textual would look for a bare name beside each subclass.
    CSS_PATH = Path(__file__).with_name("list_box.tcss")
    AUTO_FOCUS = "Lines"

    def __init__(self, rows: _Rows) -> None:
        super().__init__(classes="list-box")
        self.rows = rows
        self.head = Static("", id="head", markup=False)
        self.head.display = False
        rows.add_class("list")

    def contents(self) -> Sequence[Widget]:
        return (self.head, self.rows)

    def list_under_cursor(self) -> Lines:
        return self.rows

    def show_notice(self, text: str) -> None:
        """Show words above the list; empty text hides their line."""
        self.head.update(text)
        self.head.display = bool(text)

    async def choose(self) -> None:
        """Run the action of the row under the cursor."""

    async def restore(self) -> None:
        """Reset the row under the cursor to its default."""

    async def reload(self) -> None:
        """Ask the engine, or the files, again."""

    def on_lines_moved(self) -> None:
        self.show_keys()
        if isinstance(self.rows, Prose):
            self._show_what_is_beneath(self.rows.beneath)

    def _show_what_is_beneath(self, lines: int) -> None:
        # Users overlooked the scroll bar alone, and took the first page for all.
        box = self.query_one("#box")
        more = f"{self.phone.glyphs.down} {count(lines, 'line')} more" if lines else ""
        if box.border_subtitle != more:
            box.border_subtitle = more

    async def on_lines_opened(self) -> None:
        await self.choose()


class LineBox(ListBox[_Rows]):
    """List with a line of text beneath, shown while in use."""

    def __init__(self, rows: _Rows) -> None:
        super().__init__(rows)
        self.line = Input(id="line", compact=True, select_on_focus=False)
        self.line.cursor_blink = False
        self._hint = Static("", id="hint", markup=False)
        self._row = Horizontal(self._hint, self.line, id="line-row")
        self._row.display = False

    def contents(self) -> Sequence[Widget]:
        return (*super().contents(), self._row)

    def context(self) -> Context:
        return msgspec.structs.replace(super().context(), line_open=self._row.display)

    def open_line(self, hint: str, text: str = "") -> None:
        """Show the line with `hint` in front of it, and focus it."""
        self._hint.update(f"{hint} ")
        self.line.value = text
        self.line.cursor_position = len(text)
        self._row.display = True
        self.line.focus()

    def leave_line(self) -> None:
        """Hide and clear the line."""
        self.line.value = ""
        self._row.display = False
        self.rows.focus()
        self.show_keys()


class SearchBox(LineBox[_Rows]):
    """List that the line searches while the user types."""

    def search(self, text: str) -> None:
        """Show the rows that contain `text`; all of them for empty text."""

    def open_search(self) -> None:
        self.open_line("search:", self.line.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.search(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value:
            self.rows.focus()
        else:
            self.leave_line()
