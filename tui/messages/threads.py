"""People who wrote or were written to, each with the last text."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tui.keys.context import Context
from tui.messages.thread import ThreadBox, write_to
from tui.terminal.text import Line, Part, Role, line
from tui.widgets.ask import AskText, Confirm
from tui.widgets.lines import Lines
from tui.widgets.list_box import SearchBox
from tui.widgets.screens import bindings_of
from tui.words import phrases
from voip.client import message_words
from voip.protocol.client import NumberedEvent
from voip.protocol.people import (
    DeleteAllMessages,
    DeleteThread,
    GetThreads,
    MessageEvent,
    MessagesDeleted,
    Threads,
    UnreadEvent,
)
from voip.texts import Thread

_MANY = 2


class ThreadRows(Lines):
    """Threads, two lines each: who, and the last text."""

    height = 2

    def __init__(self) -> None:
        super().__init__()
        self._threads: tuple[Thread, ...] = ()
        self._is_searched = False

    @property
    def selected(self) -> Thread | None:
        return self._threads[self.cursor] if self.cursor < len(self._threads) else None

    def show(self, threads: Sequence[Thread], is_searched: bool) -> None:
        """Replace the threads; the cursor stays with its person."""
        before = self.selected
        self._threads = tuple(threads)
        self._is_searched = is_searched
        self.redraw()
        if before is not None:
            places = map(message_words.party, self._threads)
            self.go(
                next((i for i, it in enumerate(places) if it == message_words.party(before)), 0)
            )

    def count(self) -> int:
        return len(self._threads)

    def draw(self, index: int) -> Sequence[Line]:
        thread = self._threads[index]
        last, glyphs = thread.last, self.phone.glyphs
        new = Part(f"{glyphs.mail} {thread.unread} new  ", "accent") if thread.unread else Part("")
        when = phrases.when(last.time, self.phone.now())
        who = phrases.who(last.remote, self.phone.state.country(last.account))
        role: Role = "error" if last.problem else "muted"
        state = Part(f" ({message_words.delivery(last)})" if last.is_ours else "", role)
        return (
            line(
                Part(f" {who}", "strong"),
                Part(f"  {last.account}", "muted"),
                right=(new, Part(f"{when} ", "muted")),
            ),
            line("   ", Part("you: " if last.is_ours else "", "muted"),
                 message_words.one_line(last), state),
        )  # fmt: skip

    def empty(self) -> Sequence[Line]:
        if self._is_searched:
            return (line(Part("Nobody matches.", "muted")),)
        key = self.phone.shown_key("thread.new")
        return (
            line(Part("No texts yet. They are kept here.", "muted")),
            line(Part(f"Press {key} to write a text to somebody.", "muted")),
        )


class ThreadsBox(SearchBox[ThreadRows]):
    """The people with whom texts were exchanged, the latest first."""

    name_of_screen = "threads"
    BINDINGS = bindings_of("threads")
    title_of_box = "Texts"

    def __init__(self) -> None:
        super().__init__(ThreadRows())
        self._all: tuple[Thread, ...] = ()
        self._query = ""

    def context(self) -> Context:
        return msgspec.structs.replace(super().context(), on_thread=self.rows.selected is not None)

    def on_mount(self) -> None:
        self.phone.later(self.reload())

    async def reload(self) -> None:
        page = await self.phone.get(GetThreads(), Threads)
        if page is not None:
            self._all = page.threads
            self._show()

    def search(self, text: str) -> None:
        self._query = text.casefold()
        self._show()

    def _show(self) -> None:
        def matches(thread: Thread) -> bool:
            last = thread.last
            return self._query in f"{last.remote.name} {last.remote.uri} {last.text}".casefold()

        self.rows.show(tuple(filter(matches, self._all)), bool(self._query))
        self.show_keys()

    def happened(self, numbered: NumberedEvent) -> None:
        if isinstance(numbered.event, MessageEvent | UnreadEvent):
            self.phone.later(self.reload())

    async def choose(self) -> None:
        thread = self.rows.selected
        if thread is not None:
            self.phone.push_screen(ThreadBox(thread.last.remote, thread.last.account))

    def write(self) -> None:
        """Ask to whom a text is to go, and open their thread."""

        def done(typed: str | None) -> None:
            if typed and typed.strip():
                self.phone.later(write_to(self.phone, typed.strip()))

        hint = "To whom? A number, a name or a SIP address."
        self.phone.push_screen(AskText("Write a text", hint), done)

    def delete(self) -> None:
        """Delete the thread under the cursor, once the user has agreed."""
        thread = self.rows.selected
        if thread is None:
            return

        last = thread.last
        command = DeleteThread(account=last.account, address=last.remote.uri)

        def done(yes: bool | None) -> None:
            if yes:
                self.phone.later(self._delete(command))

        who = phrases.who(thread.last.remote)
        texts = message_words.count(thread.messages)
        self.phone.push_screen(
            Confirm(
                f"Delete the texts with {who}?",
                f"{texts} of account {thread.last.account}. "
                f"For a minute, {self._key_brings_back(thread.messages)}",
                f"Delete {message_words.them(thread.messages)}",
            ),
            done,
        )

    def delete_all(self) -> None:
        """Delete all texts, once the user has agreed."""
        if not self._all:
            self.phone.tell("There is no text to delete.")
            return
        command = DeleteAllMessages(newest=self._all[0].last.id)

        def done(yes: bool | None) -> None:
            if yes:
                self.phone.later(self._delete(command))

        self.phone.push_screen(
            Confirm(
                "Delete all texts?",
                f"Those of all accounts. For a minute, {self._key_brings_back(_MANY)}",
                "Delete them",
            ),
            done,
        )

    def _key_brings_back(self, number: int) -> str:
        return f"{self.phone.shown_key('thread.restore')} brings {message_words.them(number)} back."

    async def _delete(self, command: DeleteThread | DeleteAllMessages) -> None:
        gone = await self.phone.get(command, MessagesDeleted)
        if gone is not None:
            texts = message_words.count(gone.count)
            self.phone.tell(f"Deleted {texts}. {self._key_brings_back(gone.count)}")
            await self.reload()
