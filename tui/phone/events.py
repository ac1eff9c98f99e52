"""Events of the engine, as they arrive."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from tui.terminal.text import Line, Part, line
from tui.terminal.wrapping import paragraph
from tui.widgets.lines import Lines
from tui.widgets.list_box import ListBox, SearchBox
from tui.widgets.prose import Prose
from tui.widgets.screens import bindings_of
from tui.words import events as event_words
from voip.protocol.client import NumberedEvent

_KIND = 18
_MOST = 2000


class EventRows(Lines):
    """Events, the newest last; follows them while the cursor is at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._events: deque[NumberedEvent] = deque(maxlen=_MOST)

    @property
    def selected(self) -> NumberedEvent | None:
        return self._events[self.cursor] if self.cursor < len(self._events) else None

    def show(self, events: Iterable[NumberedEvent]) -> None:
        """Replace the events, and go to the last."""
        self._events.clear()
        self._events.extend(events)
        self.redraw()
        self.go(len(self._events) - 1)

    def add(self, event: NumberedEvent) -> None:
        """Add an event, dropping the oldest when full."""
        follows = self.cursor >= len(self._events) - 1
        full = len(self._events) == _MOST
        self._events.append(event)
        self.redraw()
        if follows:
            self.go(len(self._events) - 1)
        elif full:
            self.go(self.cursor - 1)

    def count(self) -> int:
        return len(self._events)

    def draw(self, index: int) -> Sequence[Line]:
        numbered = self._events[index]
        moment = datetime.fromisoformat(numbered.at).astimezone(self.phone.now().tzinfo)
        return (
            line(
                Part(f"{moment:%H:%M:%S}  ", "muted"),
                Part(f"{event_words.kind(numbered.event):<{_KIND}}", "accent"),
                event_words.describe(numbered.event),
            ),
        )

    def empty(self) -> Sequence[Line]:
        return (line(Part("No events yet, or none that match.", "muted")),)


class Events(SearchBox[EventRows]):
    """The events kept since the screen was opened."""

    name_of_screen = "events"
    BINDINGS = bindings_of("events")
    title_of_box = "The engine's events"

    def __init__(self) -> None:
        super().__init__(EventRows())
        self._query = ""

    def on_mount(self) -> None:
        self.search("")

    def happened(self, numbered: NumberedEvent) -> None:
        if self._matches(numbered):
            self.rows.add(numbered)

    def search(self, text: str) -> None:
        self._query = text.casefold()
        self.rows.show(filter(self._matches, self.phone.events))

    async def choose(self) -> None:
        if self.rows.selected is not None:
            self.phone.push_screen(EventDetails(self.rows.selected))

    def _matches(self, numbered: NumberedEvent) -> bool:
        event = numbered.event
        return self._query in f"{event_words.kind(event)} {event_words.describe(event)}".casefold()


class EventDetails(ListBox[Prose]):
    """One event as the engine sends it to clients."""

    name_of_screen = "event"
    BINDINGS = bindings_of("event")

    def __init__(self, numbered: NumberedEvent) -> None:
        super().__init__(Prose())
        self.title_of_box = f"Event {numbered.seq}"
        self._text = msgspec.json.format(msgspec.json.encode(numbered), indent=2).decode()

    def on_mount(self) -> None:
        self.rows.show(
            paragraph(text, hang=len(text) - len(text.lstrip()) + 2)
            for text in self._text.splitlines()
        )
