"""Texts with one person, and a line to write the next."""

from __future__ import annotations

from collections.abc import Iterator

from textual.widgets import Input

from tui.host import Host
from tui.terminal.text import Part, Role
from tui.terminal.wrapping import Paragraph, paragraph
from tui.widgets.list_box import LineBox
from tui.widgets.prose import Prose
from tui.widgets.screens import bindings_of
from tui.words import phrases
from voip.client import message_words
from voip.model import Party
from voip.protocol.client import NumberedEvent
from voip.protocol.people import (
    GetMessages,
    LookedUp,
    LookUp,
    MarkRead,
    MessageEvent,
    Messages,
    SendMessage,
    UnreadEvent,
)
from voip.texts import TextMessage

_MOST = 200
_HANG = 2


class ThreadBox(LineBox[Prose]):
    """The last texts with one person, the newest at the bottom."""

    name_of_screen = "thread"
    BINDINGS = bindings_of("thread")

    def __init__(self, remote: Party, account: str, target: str | None = None) -> None:
        """Show the texts of `account` with `remote`; `target` is what the user typed."""
        super().__init__(Prose(follow=True))
        self._remote = remote
        self._account = account
        self._target = target
        self.title_of_box = f"Texts with {phrases.who(remote)}, account {account}"

    def on_mount(self) -> None:
        self.write()
        self.phone.later(self.reload())

    async def reload(self) -> None:
        command = GetMessages(account=self._account, address=self._remote.uri, limit=_MOST)
        page = await self.phone.get(command, Messages)
        if page is None:
            return
        self.rows.show(self._paragraphs(page.messages))
        if any(message.unread for message in page.messages):
            await self.phone.ask(MarkRead(account=self._account, address=self._remote.uri))

    def happened(self, numbered: NumberedEvent) -> None:
        event = numbered.event
        match event:
            case MessageEvent(message=message) if message.account == self._account:
                self.phone.later(self.reload())
            case UnreadEvent():
                # Texts may have been deleted or brought back.
                self.phone.later(self.reload())
            case _:
                pass

    def write(self) -> None:
        """Open the line to write in."""
        self.open_line("write, Enter sends:")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value
        if text.strip():
            self.line.value = ""
            self.phone.later(self._send(text))

    async def _send(self, text: str) -> None:
        target = self._target or self._remote.uri
        command = SendMessage(
            target=target, text=text, account=self._account, back=self._target is None
        )
        sent = await self.phone.get(command, TextMessage)
        if sent is None:
            # The text is not lost: it may have been too long, or the engine gone.
            if self.is_attached and not self.line.value:
                self.open_line("write, Enter sends:", text)
            return
        if sent.problem:
            self.phone.tell(f"{phrases.who(sent.remote)}: {message_words.delivery(sent)}", "error")

    def _paragraphs(self, messages: tuple[TextMessage, ...]) -> Iterator[Paragraph]:
        if not messages:
            yield paragraph(Part("No texts yet: write the first one below.", "muted"))
        if len(messages) == _MOST:
            yield paragraph(Part(f"The last {_MOST} texts; “offhook messages” has all.", "muted"))
        for message in reversed(messages):
            yield from self._message(message)

    def _message(self, message: TextMessage) -> Iterator[Paragraph]:
        when = phrases.when(message.time, self.phone.now())
        who = "you" if message.is_ours else phrases.who(message.remote)
        parts = [Part(f"{when}  ", "muted"), Part(who, "accent" if message.is_ours else "strong")]
        if message.is_ours:
            role: Role = "error" if message.problem else "muted"
            parts.append(Part(f"  {message_words.delivery(message)}", role))
        if message.says_from:
            parts.append(Part(f"  says it is from {phrases.quoted(message.says_from)}", "warning"))
        yield paragraph(*parts)
        # Each line stands apart from the edge, where the phone's own words begin.
        for text in message.text.splitlines():
            yield paragraph(" " * _HANG, text, hang=_HANG)


async def write_to(phone: Host, typed: str, account: str | None = None) -> None:
    """Open the thread of a target as a user types it, or say why there is none."""
    found = await phone.get(LookUp(text=typed, account=account), LookedUp)
    if found is None:
        return
    if found.uri is None or found.account is None:
        phone.tell(found.problem or "Nobody was found.", "error")
        return
    remote = Party(uri=found.uri.partition(";")[0])
    phone.push_screen(ThreadBox(remote, found.account, typed))
