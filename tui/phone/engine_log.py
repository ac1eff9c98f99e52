"""The engine's log."""

from __future__ import annotations

from tui.terminal.text import Part, Role
from tui.terminal.wrapping import Paragraph, paragraph
from tui.widgets.list_box import SearchBox
from tui.widgets.prose import Prose
from tui.widgets.screens import bindings_of
from voip.client.errors import CommandFailed, NoEngine
from voip.protocol.client import NumberedEvent
from voip.protocol.phone import EngineLog as EngineLogMessage
from voip.protocol.phone import GetEngineLog

_ROLES: dict[str, Role] = {"WARNING": "warning", "ERROR": "error", "CRITICAL": "error"}
_HANG = 4


class EngineLog(SearchBox[Prose]):
    """Shows the engine's log; reads it again, once at a time, after events."""

    name_of_screen = "log"
    BINDINGS = bindings_of("log")
    title_of_box = "The engine's log"

    def __init__(self) -> None:
        super().__init__(Prose(follow=True))
        self._lines: tuple[str, ...] = ()
        self._query = ""
        self._reading = False
        self._again = False

    def on_mount(self) -> None:
        self.phone.later(self.reload())

    def happened(self, numbered: NumberedEvent) -> None:
        self.phone.later(self.reload())

    def search(self, text: str) -> None:
        self._query = text.casefold()
        self._draw()

    async def reload(self) -> None:
        self._again = True
        if self._reading:
            return
        self._reading = True
        try:
            while self._again:
                self._again = False
                log = await self.phone.bridge.get(GetEngineLog(), EngineLogMessage)
                self._lines = log.lines
                self.show_notice(log.path)
                self._draw()
        except (CommandFailed, NoEngine) as error:
            self.show_notice(f"The log cannot be read: {error}")
        finally:
            self._reading = False

    def _draw(self) -> None:
        matching = [text for text in self._lines if self._query in text.casefold()]
        self.rows.show(map(_line, matching) if matching else [_none(bool(self._lines))])


def _line(text: str) -> Paragraph:
    # Date, time and level, as the engine writes them; other lines have no role.
    words = text.split(maxsplit=3)
    return paragraph(Part(text, _ROLES.get(words[2] if len(words) > 2 else "", "text")), hang=_HANG)


def _none(something: bool) -> Paragraph:
    words = "No matching lines." if something else "The log is empty."
    return paragraph(Part(words, "muted"))
