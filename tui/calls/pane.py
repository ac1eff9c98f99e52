"""The pane of calls."""

from __future__ import annotations

from collections.abc import Sequence

from tui.calls.conference import grouped
from tui.keys.actions import BY_ID
from tui.state import ShownCall, State
from tui.terminal.text import Line, Part, line
from tui.widgets.lines import Lines
from tui.words import rows
from voip.model import CallState


class Calls(Lines):
    """Live calls, and briefly those that have ended."""

    height = 3

    def __init__(self) -> None:
        super().__init__(id="calls")
        self._calls: tuple[ShownCall, ...] = ()
        self._selected: str | None = None

    def show(self, state: State) -> None:
        before = {shown.call.id: shown.call.state for shown in self._calls}
        self._calls = grouped(state)
        followed = [s for s in state.live if _takes_over(before.get(s.call.id), s.call.state)]
        if followed:
            self._selected = followed[-1].call.id
        elif self._place(self._selected) is None:
            chosen = next(iter([*state.live, *state.calls]), None)
            self._selected = chosen.call.id if chosen else None
        place = self._place(self._selected)
        if place is not None and place != self.cursor:
            self.go(place)
        self.redraw()

    def _place(self, call_id: str | None) -> int | None:
        return next((i for i, s in enumerate(self._calls) if s.call.id == call_id), None)

    @property
    def selected(self) -> ShownCall | None:
        return self._calls[self.cursor] if self.cursor < len(self._calls) else None

    def select(self, call_id: str) -> None:
        """Put the cursor on a call, if it is there."""
        place = self._place(call_id)
        if place is not None:
            self.go(place)

    def watch_cursor(self) -> None:
        selected = self.selected
        self._selected = selected.call.id if selected else None
        super().watch_cursor()

    def count(self) -> int:
        return len(self._calls)

    def draw(self, index: int) -> Sequence[Line]:
        phone = self.phone
        marked = len(self._calls) > 1 and index == self.cursor
        shown = self._calls[index]
        return rows.call(
            shown, phone.glyphs, phone.clock(), phone.state.settings.screen.meters, marked,
            self.width, phone.keymap.shown("lock.details"), phone.state.country(shown.call.account),
            phone.state.conference_of(shown.call.id),
        )  # fmt: skip

    def empty(self) -> Sequence[Line]:
        phone = self.phone
        key = phone.keymap.shown("dial.open")
        return (
            line(
                " ",
                Part("No calls. ", "muted"),
                Part(key, "accent", "dial.open"),
                Part(f" {BY_ID['dial.open'].words}s; or just type digits.", "muted"),
            ),
        )


def _takes_over(before: CallState | None, now: CallState) -> bool:
    """True if the call was just dialled or just became active."""
    if before is None:
        return now is not CallState.INCOMING
    return now is CallState.ACTIVE and before is not CallState.ACTIVE
