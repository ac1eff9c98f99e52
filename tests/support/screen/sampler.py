"""The phone's kinds of Textual widgets on one screen, and their output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.command import CommandPalette
from textual.containers import VerticalScroll
from textual.filter import LineFilter
from textual.widgets import (
    Button,
    Checkbox,
    DataTable,
    Footer,
    Header,
    Input,
    Log,
    OptionList,
    RichLog,
    Select,
    Static,
    Switch,
    TextArea,
)
from textual.widgets.option_list import Option

from tui.terminal import filters
from tui.terminal import glyphs as symbols
from tui.themes import choice as themes
from voip.protocol.settings import Screen

SIZE = (60, 150)
LINES = "\n".join(f"line {number}" for number in range(40))
PHASE = "\x1b]1337;sampler\x07"  # read by the test, drawn by no terminal
ROLES = ("muted", "primary", "accent", "success", "warning", "error", "secure", "insecure")


class Sampler(App[None]):
    """A screen with the phone's filters and themes."""

    CSS = """
    #scroll, OptionList, TextArea, Log, RichLog, DataTable { height: 6; }
    #scroll { border: round $border; }
    #chosen { background: $selection; color: $selection-text; }
    .role { border: heavy $border-blurred; }
    """ + "\n".join(f"#{role} {{ color: ${role}; }}" for role in ROLES)
    BINDINGS: ClassVar = [("f1", "help", "Help"), ("f2", "call", "Call")]

    def __init__(self, theme: str, environ: Mapping[str, str] | None = None) -> None:
        super().__init__()
        environ = environ or {"TERM": "xterm-256color", "LANG": "en_GB.UTF-8"}
        self.environ = environ
        self.phone_themes = themes.load_all(None)
        for registered in self.phone_themes.themes.values():
            self.register_theme(registered)
        self.glyphs = symbols.UNICODE
        self.wear(theme)

    def wear(self, theme: str) -> None:
        self.glyphs = self.phone_themes.glyphs(theme, Screen(), self.environ)
        symbols.install(self.glyphs)
        themes.apply(self, theme)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return filters.filters(super().get_line_filters(), self.current_theme, self.glyphs)

    def compose(self) -> ComposeResult:
        yield Header()
        yield Input("typed", id="typed")
        yield Input(placeholder="nothing yet")
        yield Input("hidden", password=True)
        yield Button("Call")
        yield Button("Yes", variant="success")
        yield Button("No", variant="error", disabled=True)
        yield Checkbox("on", True)
        yield Checkbox("off", disabled=True)
        yield Switch(True)
        yield Select([("one", 1), ("two", 2)], value=1)
        yield OptionList(*(Option(f"option {n}", disabled=n == 2) for n in range(12)))
        yield TextArea(LINES, show_line_numbers=True)
        yield Log()
        yield RichLog()
        with VerticalScroll(id="scroll"):
            yield Static(LINES + " and a long word" * 9)
        yield DataTable[str](zebra_stripes=True)
        for role in ROLES:
            yield Static(role, id=role, classes="role")
        yield Static("chosen", id="chosen")
        yield Static("cut here, because it is far too long for its cell", expand=False)
        yield Footer()

    def on_mount(self) -> None:
        for line in self.query(Input):
            line.cursor_blink = False
        self.query_one(TextArea).cursor_blink = False
        self.query_one(Log).write_lines(LINES.splitlines())
        self.query_one(RichLog).write(LINES)
        table = self.query_one(DataTable)
        table.add_columns("name", "number")
        for number in range(9):
            table.add_row("somebody", str(number))
        self.notify("a notice", severity="warning", timeout=60)

    async def open_palette(self) -> None:
        await self.push_screen(CommandPalette())


def segments(app: App[Any]) -> Iterator[Segment]:
    """Return the screen's segments as they would be sent."""
    for strip in app.screen._compositor.render_strips():
        yield from strip


class _Driven(Sampler):
    """Applies each theme in turn, marks each change in its output, and ends."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(names[0], os.environ)
        self._names = names

    def on_ready(self) -> None:
        self._next()

    def _next(self) -> None:
        assert self._driver is not None
        self._driver.write(PHASE)
        self._names.pop(0)
        if not self._names:
            self.exit()
            return
        self.wear(self._names[0])
        # The style sheet is read again after the next refresh.
        self.call_after_refresh(self.call_after_refresh, self._next)


if __name__ == "__main__":
    _Driven(sys.argv[1:]).run()
