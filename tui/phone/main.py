"""Main screen: accounts, calls, call log, and the dial line."""

from __future__ import annotations

from datetime import datetime

import msgspec
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from tui.accounts.pane import Accounts
from tui.calls.conference import joins
from tui.calls.dial import Dial
from tui.calls.pane import Calls
from tui.keys.context import Context, Pane
from tui.keys.keymap import DIALLED_AT_ONCE
from tui.log.pane import CallLog
from tui.state import State
from tui.terminal.text import Part
from tui.widgets.footer import Footer
from tui.widgets.header import Banner, Header
from tui.widgets.incoming import Incoming
from tui.widgets.lines import Lines
from tui.widgets.screens import PhoneScreen, bindings_of
from tui.words.trust import is_about_trust
from voip.model import AccountStatus, LogEntry

_NARROW_CELLS = 80
_WIDE_CELLS = 110


class MainScreen(PhoneScreen):
    """The main screen, beneath all boxes."""

    BINDINGS = bindings_of("main")

    def __init__(self) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrower"), (_WIDE_CELLS, "-wide")]
        self.header = Header()
        self.banner = Banner()
        self.incoming = Incoming()
        self.accounts = Accounts()
        self.calls = Calls()
        self.log_pane = CallLog()
        self.dial = Dial(self.leave_line)
        self.footer = Footer()
        self._right = Vertical(id="right")
        self.accounts.border_title = "Accounts"
        self.calls.border_title = "Calls"

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.banner
        yield self.incoming
        with Horizontal(id="body"):
            yield self.accounts
            with self._right:
                yield self.calls
                yield self.log_pane
        yield self.dial
        yield self.footer

    def on_mount(self) -> None:
        self.dial.dress()
        self.set_focus(self.log_pane.rows)
        self.show(self.phone.state)

    # Display

    def show(self, state: State) -> None:
        self.header.show(state)
        self.banner.show(state)
        self.incoming.show(state)
        self.accounts.show(state)
        self.calls.show(state)
        self._give_calls_room(len(state.calls))
        self.show_keys()

    def show_levels(self, state: State) -> None:
        """Redraw only the sound levels."""
        self.calls.show(state)

    def tick(self) -> None:
        """Update the note; called each second."""
        self.dial.note.tick(self.phone.now())

    def note(self, entry: LogEntry) -> None:
        """Add a row to the log, or replace it."""
        self.log_pane.note(entry)

    def dress(self) -> None:
        """Use the current symbols and keys."""
        self.dial.dress()
        self.log_pane.rows.redraw()
        self.show(self.phone.state)

    def _give_calls_room(self, count: int) -> None:
        # One line while there are no calls; at most half of the screen.
        most = max(self.calls.height, (self.size.height - 6) // 2)
        height = min(max(1, count * self.calls.height), most) + 2
        if self.calls.styles.height is None or self.calls.styles.height.value != height:
            self.calls.styles.height = height

    def on_resize(self) -> None:
        self._give_calls_room(len(self.phone.state.calls))
        self._share_room(accounts_first=self.pane is Pane.ACCOUNTS)

    # Focus

    @property
    def pane(self) -> Pane | None:
        panes: dict[Widget, Pane] = {
            self.accounts: Pane.ACCOUNTS,
            self.calls: Pane.CALLS,
            self.log_pane.rows: Pane.LOG,
            self.dial.input: Pane.DIAL,
            self.log_pane.search: Pane.SEARCH,
        }
        return panes.get(self.focused) if self.focused is not None else None

    def context(self) -> Context:
        selected, state = self.calls.selected, self.phone.state
        return msgspec.structs.replace(
            super().context(),
            pane=self.pane,
            call=selected,
            conference=state.conference_of(selected.call.id) if selected else None,
            joins=joins(state, selected),
            account=self._account_in_question(),
            entry=self.log_pane.rows.selected,
            filtered=self.log_pane.rows.book.selection.active,
            dialling=self.dial.has_somebody,
        )

    def _account_in_question(self) -> AccountStatus | None:
        selected = self.accounts.selected
        if self.pane is Pane.ACCOUNTS:
            return selected
        return next((a for a in self.phone.state.accounts if is_about_trust(a)), selected)

    def list_under_cursor(self) -> Lines | None:
        """The list in which the arrow keys move the cursor."""
        if self.pane is Pane.DIAL:
            return self.dial.suggestions
        return self.focused if isinstance(self.focused, Lines) else None

    # Focus changes at once: the next key may already be queued.

    def next_pane(self, by: int) -> None:
        """Focus the next pane, and show it where a narrow screen hid it."""
        order = [self.log_pane.rows, self.dial.input, self.accounts, self.calls]
        place = order.index(self.focused) if self.focused in order else 0
        after = order[(place + by) % len(order)]
        self._share_room(accounts_first=after is self.accounts)
        self.set_focus(after)

    def leave_line(self) -> None:
        """Leave a line of text for the lists."""
        if not self.log_pane.search.value:
            self.log_pane.search.display = False
        self._share_room(accounts_first=False)
        self.set_focus(self.calls if self.phone.state.live else self.log_pane.rows)

    def _share_room(self, accounts_first: bool) -> None:
        # On a narrow screen, accounts and the rest do not fit together.
        narrow = self.size.width < _NARROW_CELLS
        self.accounts.display = accounts_first or not narrow
        self.accounts.styles.width = "1fr" if narrow else None
        self._right.display = not (accounts_first and narrow)

    def tell(self, part: Part, until: datetime) -> None:
        """Show a message until `until`."""
        self.dial.note.tell(part, until)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.show_keys()
        self.incoming.redraw()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if event.widget is self.dial.input:
            self.dial.leave()

    def on_lines_moved(self) -> None:
        self.show_keys()

    def on_screen_suspend(self) -> None:
        self.show_keys()

    def on_screen_resume(self) -> None:
        self.show_keys()

    def show_keys(self) -> None:
        # A box over this screen has keys of its own.
        self.footer.show(self.context() if self.phone.screen is self else Context(screen="covered"))

    async def on_lines_opened(self, event: Lines.Opened) -> None:
        action = {
            self.accounts: "account.edit",
            self.calls: "lock.details",
            self.log_pane.rows: "log.call",
        }.get(event.lines)
        if action is not None:
            await self.phone.do(action)

    def on_key(self, event: events.Key) -> None:
        # Typing a number dials it, whatever pane is focused.
        typed = event.character
        if typed in DIALLED_AT_ONCE and self.pane not in (Pane.DIAL, Pane.SEARCH):
            event.stop()
            self.dial.open(typed)

    def on_paste(self, event: events.Paste) -> None:
        if self.pane not in (Pane.DIAL, Pane.SEARCH) and event.text.strip():
            event.stop()
            self.dial.paste(event.text)
