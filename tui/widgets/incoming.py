"""Ringing calls, at the top of every screen."""

from __future__ import annotations

from collections.abc import Sequence

from tui.keys.actions import BY_ID
from tui.state import ShownCall, State
from tui.terminal.text import Line
from tui.widgets.lines import Lines
from tui.words import rows

_MOST = 3


class Incoming(Lines, can_focus=False):
    """Ringing calls; hidden while there are none."""

    height = 2
    shows_cursor = False

    def __init__(self) -> None:
        super().__init__()
        self.display = False
        self._calls: tuple[ShownCall, ...] = ()

    def show(self, state: State) -> None:
        self._calls = state.incoming[:_MOST]
        rows_seen = len(self._calls) * self.height
        self.display = bool(rows_seen)
        if self.styles.height is None or self.styles.height.value != rows_seen:
            self.styles.height = rows_seen
        self.redraw()

    def count(self) -> int:
        return len(self._calls)

    def draw(self, index: int) -> Sequence[Line]:
        phone = self.phone
        keys = []
        for action in ("call.answer", "call.decline", "call.busy"):
            key = phone.shown_key(action)
            words = BY_ID[action].words
            if action == "call.answer" and len(phone.state.live) > 1:
                words = "answer, hold the other"
            keys.append(f"{key} {words}")
        text = "   ".join(keys) if index == 0 else "after the call above"
        shown = self._calls[index]
        country = phone.state.country(shown.call.account)
        return rows.incoming(shown, phone.glyphs, text, self.width, country)
