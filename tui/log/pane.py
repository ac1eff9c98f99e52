"""Call log with search and filters, fetched page by page."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from tui.host import WidgetHost, host_of
from tui.log.window import Filter, LogBook, Question
from tui.terminal.text import Line, Part, line
from tui.widgets.lines import Lines
from tui.words import phrases, rows
from voip.client.errors import CommandFailed, NoEngine
from voip.model import LogEntry, Party
from voip.protocol.calls import HistoryPage

_FILTERS: tuple[tuple[str, dict[str, bool | None]], ...] = (
    ("", {"missed": False, "secure": None}),
    ("missed", {"missed": True, "secure": None}),
    ("secure", {"missed": False, "secure": True}),
    ("not secure", {"missed": False, "secure": False}),
)


class LogRows(Lines):
    """Rows of the log; fetches those that scroll into view."""

    def __init__(self) -> None:
        super().__init__(id="log")
        self.book = LogBook()
        self._fetching = False

    @property
    def selected(self) -> LogEntry | None:
        return self.book.get(self.cursor)

    def count(self) -> int:
        return self.book.total

    def draw(self, index: int) -> Sequence[Line]:
        phone = self.phone
        entry = self.book.get(index)
        if entry is None:
            return (line(Part(f" {phone.glyphs.ellipsis}", "muted")),)
        country = phone.state.country(entry.account)
        return (rows.entry(entry, phone.glyphs, phone.now(), self.size.width, country),)

    def empty(self) -> Sequence[Line]:
        if not self.book.loaded:
            return ()
        if self.book.selection.active:
            key = self.phone.keymap.shown("log.clear")
            return (
                line(
                    " ",
                    Part("No matching calls. ", "muted"),
                    Part(key, "accent", "log.clear"),
                    Part(" shows all.", "muted"),
                ),
            )
        return (line(" ", Part("No calls yet. They are kept here.", "muted")),)

    def scrolled(self) -> None:
        self.fetch()

    def on_resize(self) -> None:
        super().on_resize()
        self.fetch()

    def fetch(self) -> None:
        """Fetch the visible rows that are missing."""
        top = self.scroll_offset.y
        asked = self.book.missing(top, top + max(1, self.size.height) - 1)
        if asked is not None and not self._fetching:
            self._fetching = True
            self.run_worker(self._fetch(asked), group="log", exit_on_error=False)

    async def _fetch(self, asked: Question) -> None:
        try:
            page = await host_of(self).bridge.get(asked.command, HistoryPage)
        except (CommandFailed, NoEngine):
            # The banner reports the lost engine; its return fetches again.
            self._fetching = False
            return
        self._fetching = False
        before, here = self.book.total, self.selected
        self.book.put(asked, page)
        self._keep_row(here, self.book.total - before if before else 0)
        self.redraw()
        self.post_message(self.Moved(self))
        # The user may have scrolled during the fetch.
        self.fetch()

    def _keep_row(self, here: LogEntry | None, added: int) -> None:
        # The cursor keeps its row, except at the newest, where it follows.
        if self.cursor == 0:
            return
        place = self.book.place_of(here.id) if here is not None else None
        if place is not None:
            self.go(place)
        elif added > 0:
            # New rows come in above.
            self.go(self.cursor + added)


class CallLog(Vertical):
    """The log with its search line and filters."""

    def __init__(self) -> None:
        super().__init__(id="log-pane")
        self.border_title = "Call log"
        self.rows = LogRows()
        self.search = Input(
            placeholder="name, number, account or outcome", id="search", compact=True,
            select_on_focus=False,
        )  # fmt: skip
        self.search.cursor_blink = False
        self.search.display = False
        self._subtitle = ""

    def compose(self) -> ComposeResult:
        yield self.search
        yield self.rows

    def on_mount(self) -> None:
        self._show_subtitle()

    @property
    def phone(self) -> WidgetHost:
        return host_of(self)

    def open_search(self) -> None:
        self.search.display = True
        self.screen.set_focus(self.search)

    def search_for(self, text: str) -> None:
        """Show the calls with this text in them, and go to them."""
        self.clear()
        self.search.display = True
        self.search.value = text
        self.screen.set_focus(self.rows)

    def next_filter(self) -> None:
        """Select the next filter: all, missed, secure, not secure."""
        selection = self.rows.book.selection
        now = next(
            i for i, (_, kept) in enumerate(_FILTERS)
            if kept == {"missed": selection.missed, "secure": selection.secure}
        )  # fmt: skip
        _, after = _FILTERS[(now + 1) % len(_FILTERS)]
        self._choose(missed=bool(after["missed"]), secure=after["secure"])

    def next_account(self, names: list[str]) -> None:
        """Show the next account's calls, or after the last those of all."""
        order: list[str | None] = [None, *names]
        current = self.rows.book.selection.account
        place = order.index(current) if current in order else 0
        self._choose(account=order[(place + 1) % len(order)])

    def only_with(self, person: Party) -> None:
        """Show the calls with one person."""
        self._choose(person=person)

    def clear(self) -> None:
        """Clear the search and the filters."""
        self.search.value = ""
        self.search.display = False
        self.screen.set_focus(self.rows)
        self.rows.book.choose(Filter())
        self._again()

    def note(self, changed: LogEntry) -> None:
        """Add or replace a row."""
        stays = self.rows.cursor
        total = self.rows.book.total
        if self.rows.book.note(changed):
            self.reload()
            return
        # The cursor keeps its row, except at the newest, where it follows.
        if self.rows.book.total > total and stays > 0:
            self.rows.go(stays + 1)
        self.rows.redraw()
        self._show_subtitle()

    def drop_rows(self, deleted: Sequence[str] = ()) -> None:
        """Remove rows; without any, it is unknown which are gone or back."""
        places = self.rows.book.remove(deleted)
        if places is None:
            self.reload()
            return
        # The cursor keeps its row, or goes on to the next older one.
        cursor = self.rows.cursor
        self.rows.go(cursor - sum(place < cursor for place in places))
        self.rows.redraw()
        self.rows.fetch()
        self._show_subtitle()

    def reload(self) -> None:
        """Fetch the visible rows again, showing the old ones until then."""
        self.rows.book.reload()
        self.rows.fetch()

    def restart(self) -> None:
        """Fetch the visible rows of an engine that was just connected."""
        self.rows.book.restart()
        self.rows.fetch()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._choose(search=event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.set_focus(self.rows)

    def on_lines_moved(self) -> None:
        self._show_subtitle()

    def _choose(self, **changes: str | bool | Party | None) -> None:
        selection = msgspec.structs.replace(self.rows.book.selection, **changes)
        if selection != self.rows.book.selection:
            self.rows.book.choose(selection)
            self._again()

    def _again(self) -> None:
        self.rows.go(0)
        self.rows.fetch()
        self._show_subtitle()

    def _show_subtitle(self) -> None:
        book = self.rows.book
        selection = book.selection
        name = next(
            name for name, kept in _FILTERS
            if kept == {"missed": selection.missed, "secure": selection.secure}
        )  # fmt: skip
        person = f"with {phrases.who(selection.person)}" if selection.person else ""
        parts = [name, selection.account or "", person, selection.search]
        keymap = self.phone.keymap
        count = phrases.count(book.total, "call") if book.loaded else ""
        hint = "" if selection.active else f"{keymap.shown('log.search')} searches"
        dot = f" {self.phone.glyphs.dot} "
        text = dot.join(piece for piece in [*parts, hint, count] if piece)
        # Textual redraws the whole pane even for an equal subtitle.
        if text != self._subtitle:
            self._subtitle = text
            self.border_subtitle = Content(text)
