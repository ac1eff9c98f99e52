"""The lock of an ended call."""

from __future__ import annotations

from tui.state import State
from tui.widgets.list_box import ListBox
from tui.widgets.prose import Prose
from tui.widgets.screens import bindings_of
from tui.words import past_lock as past_lock_words
from voip.model import LogEntry


class PastLock(ListBox[Prose]):
    """Shows the lock as logged; the engine no longer has the call."""

    name_of_screen = "lock"
    BINDINGS = bindings_of("lock")
    title_of_box = "The lock as it was"

    def __init__(self, entry: LogEntry) -> None:
        super().__init__(Prose())
        self._entry = entry

    def show(self, state: State) -> None:
        super().show(state)
        self.rows.show(past_lock_words.describe(self._entry, self.phone.glyphs))
