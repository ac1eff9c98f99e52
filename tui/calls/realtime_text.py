"""Real-time text: both sides' lines as they are typed, and what was kept of a call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from textual import events

from tui.state import State
from tui.terminal.text import Part
from tui.terminal.wrapping import Paragraph, paragraph
from tui.widgets.list_box import ListBox
from tui.widgets.prose import Prose
from tui.widgets.screens import bindings_of
from tui.words.phrases import count, who
from voip.model import CallState, LogEntry, Party
from voip.protocol.client import NumberedEvent
from voip.protocol.people import (
    MOST_CHARACTERS,
    GetRealtimeText,
    RealtimeText,
    RealtimeTextEvent,
    SendRealtimeText,
)
from voip.texts import ERASE, LOST, NEW_LINE, TypedLine, growing, with_typed

_KEYS = {"enter": NEW_LINE, "backspace": ERASE}
_HANG = 2
_CURSOR = "_"


class RealtimeTextBox(ListBox[Prose]):
    """Box of one call; what was written stays to be read when the call has ended."""

    name_of_screen = "realtime"
    BINDINGS = bindings_of("realtime")
    AUTO_FOCUS = ""

    def __init__(self, call: str, remote: Party) -> None:
        super().__init__(Prose(follow=True))
        self._call = call
        self._them = who(remote)
        self._state: CallState | None = None
        self._typed = RealtimeText(lines=(), pieces=-1)
        self.title_of_box = f"Real-time text: {self._them}"

    def on_mount(self) -> None:
        self.phone.later(self.reload())

    async def reload(self) -> None:
        typed = await self.phone.get(GetRealtimeText(call=self._call), RealtimeText)
        if typed is not None:
            self._typed = typed
            self._write()

    def show(self, state: State) -> None:
        super().show(state)
        shown = state.find(self._call)
        now = shown.call.state if shown else CallState.ENDED
        if now is not self._state:
            self._state = now
            self.show_notice(_notice(now))
            self._write()

    def happened(self, numbered: NumberedEvent) -> None:
        event = numbered.event
        if not isinstance(event, RealtimeTextEvent) or event.call != self._call:
            return
        # The lines of the engine's answer may have the piece of an event that comes later.
        if event.piece == self._typed.pieces + 1:
            lines = with_typed(self._typed.lines, event.ours, event.text, numbered.at)
            self._typed = RealtimeText(lines=lines, pieces=event.piece)
            self._write()

    async def on_key(self, event: events.Key) -> None:
        text = _KEYS.get(event.key) or event.character
        if text is None or not (event.key in _KEYS or text.isprintable()):
            return
        event.stop()
        await self._send(text)

    async def on_paste(self, event: events.Paste) -> None:
        event.stop()
        lines = event.text.replace("\t", " ").splitlines()
        text = NEW_LINE.join("".join(filter(str.isprintable, line)) for line in lines)
        for start in range(0, len(text), MOST_CHARACTERS):
            if not await self._send(text[start : start + MOST_CHARACTERS]):
                return

    async def _send(self, text: str) -> bool:
        if self._state is not CallState.ACTIVE:
            return False
        return await self.phone.ask(SendRealtimeText(call=self._call, text=text))

    def _write(self) -> None:
        self.rows.show(self._paragraphs())

    def _paragraphs(self) -> Iterator[Paragraph]:
        lines = self._typed.lines
        can_write = self._state is CallState.ACTIVE
        place = growing(lines, ours=True)
        for number, line in enumerate(lines):
            yield self._paragraph(line, has_cursor=can_write and number == place)
        if can_write and place is None:
            yield self._paragraph(TypedLine(ours=True, text="", time=""), has_cursor=True)

    def _paragraph(self, line: TypedLine, has_cursor: bool) -> Paragraph:
        parts = _parts(line, self._them, self.phone.glyphs.ellipsis)
        return paragraph(*parts, _CURSOR if has_cursor else "", hang=_HANG)


class KeptTextBox(ListBox[Prose]):
    """Lines that were kept of a call in the log, each with the time at which it began."""

    name_of_screen = "kepttext"
    BINDINGS = bindings_of("kepttext")

    def __init__(self, entry: LogEntry) -> None:
        super().__init__(Prose())
        self._call = entry.id
        self._them = who(entry.remote)
        self.title_of_box = f"Real-time text: {self._them}"

    def on_mount(self) -> None:
        self.phone.later(self.reload())

    async def reload(self) -> None:
        typed = await self.phone.get(GetRealtimeText(call=self._call), RealtimeText)
        if typed is None:
            return
        if typed.first:
            command = f"offhook text {self._call} --show"
            self.show_notice(f"The last {count(len(typed.lines), 'line')}; “{command}” has all.")
        self.rows.show(map(self._paragraph, typed.lines))

    def _paragraph(self, line: TypedLine) -> Paragraph:
        began = datetime.fromisoformat(line.time).astimezone()
        parts = _parts(line, self._them, self.phone.glyphs.ellipsis)
        return paragraph(Part(f"{began:%H:%M:%S}  ", "muted"), *parts, hang=_HANG)


def _parts(line: TypedLine, them: str, ellipsis: str) -> Iterator[Part | str]:
    yield Part("you: ", "accent") if line.ours else Part(f"{them}: ", "strong")
    for number, text in enumerate(line.text.split(LOST)):
        if number:
            yield Part(f"[{ellipsis} lost]", "warning")
        yield text


def _notice(state: CallState) -> str:
    if state is CallState.ACTIVE:
        return ""
    if state.answered:
        return f"The call is {state.words}: write when it is resumed."
    return "The call has ended."
