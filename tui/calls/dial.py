"""Dial line, with suggestions and the account to call with."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from tui.host import Host, host_of
from tui.terminal.text import Line, Part
from tui.widgets.directory import DirectorySearch
from tui.widgets.header import Note
from tui.widgets.lines import Lines
from tui.words import people, phrases
from voip.client.errors import CommandFailed, NoEngine
from voip.model import NameFrom
from voip.protocol.calls import PlaceCall
from voip.protocol.people import DirectoryPage, LookedUp, LookUp, Suggestion

_MOST = 6
_LONGEST = 255
_LINE_ENDS = re.compile("[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]")


class Suggestions(Lines, can_focus=False):
    """Suggestions for the text typed; the dial line moves the cursor."""

    def __init__(self) -> None:
        super().__init__(id="suggestions")
        self.display = False
        self._suggestions: tuple[Suggestion, ...] = ()
        self.chosen = False
        self.account: str | None = None

    def show(self, suggestions: Sequence[Suggestion], account: str | None = None) -> None:
        """Replace them; their lamps are those of `account`, if it has any."""
        self.account = account
        self.chosen = False
        self._put(suggestions)
        self.cursor = 0
        self.redraw()
        self.post_message(self.Moved(self))

    def add(self, suggestions: Sequence[Suggestion]) -> None:
        """Show more behind those that are there; the cursor stays."""
        self._put((*self._suggestions, *suggestions))
        self.redraw()

    def _put(self, suggestions: Sequence[Suggestion]) -> None:
        self._suggestions = tuple(suggestions[:_MOST])
        self.display = bool(self._suggestions)
        self.styles.height = max(1, len(self._suggestions))

    @property
    def selected(self) -> Suggestion | None:
        return self._suggestions[self.cursor] if self.chosen and self._suggestions else None

    @property
    def _marks_cursor(self) -> bool:
        return self.chosen

    def move(self, by: int) -> None:
        """Choose on the first step; a step up from the first row unselects."""
        if not self._suggestions:
            return
        if not self.chosen:
            self.chosen = True
            self.go(0 if by > 0 else len(self._suggestions) - 1)
        elif self.cursor + by < 0:
            self.chosen = False
        else:
            self.go(self.cursor + by)
        self.redraw()

    def count(self) -> int:
        return len(self._suggestions)

    def draw(self, index: int) -> Sequence[Line]:
        offer, phone = self._suggestions[index], host_of(self)
        lamp = phone.state.lamp(offer.target, self.account)
        return (people.suggestion(offer, lamp, phone.glyphs),)


class DialInput(Input):
    """Input of the dial line; hands pasted text to `paste`."""

    def __init__(self, paste: Callable[[str], None]) -> None:
        super().__init__(
            placeholder="number, name or SIP address", id="dial", compact=True,
            select_on_focus=False, max_length=_LONGEST,
        )  # fmt: skip
        self._paste = paste

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # Input submits on Enter by itself, so dialling would ignore the key of `dial.call`.
        return action != "submit" and super().check_action(action, parameters)

    def _on_paste(self, event: events.Paste) -> None:
        # Textual silently keeps the first line only.
        event.prevent_default()
        event.stop()
        self._paste(event.text)


class Dial(Vertical):
    """Suggestions, a note, and the input.

    `placed` runs once a call has started.
    """

    def __init__(self, placed: Callable[[], None]) -> None:
        super().__init__(id="dial-pane")
        self.suggestions = Suggestions()
        self.note = Note()
        self.input = DialInput(self.paste)
        self.input.cursor_blink = False
        self._prompt = Static("", id="prompt", markup=False)
        self._with = Static("", id="with", markup=False)
        self._placed = placed
        self._directory = DirectorySearch(self._show_directory)
        self._calling = False
        self._unread: str | None = None
        self.account: str | None = None

    def compose(self) -> ComposeResult:
        yield self.suggestions
        yield self.note
        with Horizontal(id="dial-line"):
            yield self._prompt
            yield self.input
            yield self._with

    def dress(self) -> None:
        """Show the current symbols."""
        self._prompt.update(f" {self._phone.glyphs.prompt} ")

    def open(self, text: str = "") -> None:
        """Focus the input; `text` replaces its contents."""
        if text:
            self.input.value = text
        self.screen.set_focus(self.input)
        self.input.cursor_position = len(self.input.value)
        self._look_up()

    def open_link(self, text: str) -> None:
        """Open the line with the text of a link."""
        self._unread = text
        self.open(text)

    def paste(self, text: str) -> None:
        """Insert a pasted number or address; refuse several lines or an excess."""
        pieces = list(filter(None, map(str.strip, _LINE_ENDS.split(text))))
        if len(pieces) > 1:
            self._phone.tell("several lines were pasted: paste one number at a time", "warning")
        elif pieces and len(self.input.value) + len(pieces[0]) > _LONGEST:
            self._phone.tell("what was pasted is longer than any number or address", "warning")
        elif pieces:
            self.input.replace(pieces[0], *self.input.selection)
            self.open()

    def leave(self) -> None:
        """Keep the text and hide the suggestions."""
        self.suggestions.show(())
        if not self.input.value:
            self.note.preview(None)
            self._with.update("")

    def next_account(self) -> None:
        """Select the next enabled account, or after the last the default."""
        names: list[str | None] = [None]
        names += [a.name for a in self._phone.state.accounts if a.enabled]
        place = names.index(self.account) if self.account in names else 0
        self.account = names[(place + 1) % len(names)]
        self._with.update(f"with {self.account} " if self.account else "")
        self._look_up()

    async def call(self) -> None:
        """Call the selected suggestion or the typed text; ignore repeats."""
        if self._calling:
            return
        if self.input.value == self._unread:
            # An Enter that was meant for another window would call whom a link names.
            self._look_up()
            return
        self._calling = True
        try:
            await self._call()
        finally:
            self._calling = False

    async def _call(self) -> None:
        chosen = self.suggestions.selected
        target = chosen.target if chosen else self.input.value.strip()
        if not target:
            self.suggestions.move(1)
            return
        if await self._phone.place(PlaceCall(target=target, account=self.account)):
            self.input.value = ""
            self.account = None
            self._with.update("")
            self.leave()
            self._placed()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._look_up()

    async def on_lines_opened(self) -> None:
        self.suggestions.chosen = True
        await self.call()

    @property
    def has_somebody(self) -> bool:
        """True if there is text or a suggestion to dial."""
        return bool(self.input.value.strip()) or self.suggestions.count() > 0

    @property
    def _phone(self) -> Host:
        return host_of(self)

    def _look_up(self) -> None:
        text = self.input.value
        if self.input.has_focus:
            # An earlier look-up must not answer after a later one.
            ask: Callable[[], Awaitable[None]] = partial(self._ask, text)
            self.run_worker(ask, group="look-up", exclusive=True, exit_on_error=False)

    def _show_directory(self, text: str, page: DirectoryPage) -> None:
        if self.input.has_focus and self.input.value == text:
            self.suggestions.add(
                [
                    Suggestion(contact.name, number.target, "directory", NameFrom.CLAIM)
                    for contact in page.contacts
                    for number in contact.numbers
                ]
            )

    async def _ask(self, text: str) -> None:
        asked = LookUp(text=text, account=self.account, limit=_MOST)
        try:
            answer = await self._phone.bridge.get(asked, LookedUp)
        except (CommandFailed, NoEngine) as error:
            self.note.preview(Part(str(error), "warning") if text else None)
            return
        if not self.input.has_focus or self.input.value != text:
            return
        self.suggestions.show(answer.suggestions, answer.account)
        self._directory.ask(self._phone, text)
        if answer.problem:
            self.note.preview(Part(answer.problem, "warning"))
        elif answer.warning:
            self.note.preview(Part(answer.warning, "warning"))
        elif answer.uri and text:
            then = f", then sends {answer.tones}" if answer.tones else ""
            lit = "".join(part.text for part in people.lamp(answer.lamp, self._phone.glyphs))
            words = f"calls {phrases.called(answer.uri)}{then}{lit}"
            self.note.preview(Part(words, "muted"))
        else:
            self.note.preview(None)
        self._unread = None
        self._with.update(f"with {answer.account} " if answer.account and text else "")
