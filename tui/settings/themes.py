"""Choice of a theme, shown while the cursor moves, saved by a key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from msgspec.structs import replace

from tui.state import State
from tui.terminal.text import Line, Part, line
from tui.terminal.wrapping import paragraph
from tui.themes import choice as themes
from tui.widgets.choices import Choices, Row
from tui.widgets.list_box import ListBox
from tui.widgets.screens import bindings_of
from voip.client.errors import CommandFailed, NoEngine
from voip.protection import Sign
from voip.protocol.settings import ChangeSettings, Glyphs

_AUTO = "auto"
_SYMBOLS: tuple[Glyphs, ...] = get_args(Glyphs)


class Themes(ListBox[Choices[str]]):
    """Lists the themes; closing without saving restores the former one."""

    name_of_screen = "themes"
    BINDINGS = bindings_of("themes")
    title_of_box = "Themes"

    def __init__(self) -> None:
        super().__init__(Choices[str]())
        self._theme = ""
        self._symbols: Glyphs = "auto"

    def on_mount(self) -> None:
        screen = self.phone.state.settings.screen
        self._theme, self._symbols = screen.theme, screen.glyphs
        # A theme file may have been added since the phone was opened.
        self.phone.load_themes()
        self.rows.select(self._theme)
        self._draw()

    def show(self, state: State) -> None:
        super().show(state)
        if self._theme:
            self._draw()

    async def reload(self) -> None:
        self.phone.load_themes()
        # The file of the current theme may have changed.
        themes.apply(self.app, self.app.theme)
        self._wear()

    def on_lines_moved(self) -> None:
        chosen = self.rows.selected
        if chosen is not None and chosen != self._theme:
            self._theme = chosen
            self._wear()

    def next_symbols(self) -> None:
        """Try the next set of symbols."""
        place = _SYMBOLS.index(self._symbols)
        self._symbols = _SYMBOLS[(place + 1) % len(_SYMBOLS)]
        self._wear()

    async def choose(self) -> None:
        changes: dict[str, str | int | bool | None] = {
            "screen.theme": self._theme,
            "screen.glyphs": self._symbols,
        }
        before = self.phone.state.settings.screen
        if (before.theme, before.glyphs) != (self._theme, self._symbols):
            try:
                await self.phone.bridge.ask(ChangeSettings(changes=changes))
            except (CommandFailed, NoEngine) as error:
                self.show_notice(f"Not saved: {error}")
                return
        self.dismiss()

    def close(self, result: None = None) -> None:
        before = self.phone.state.settings.screen
        self.phone.wear(before)
        self.dismiss()

    def _wear(self) -> None:
        kept = self.phone.state.settings.screen
        self.phone.wear(replace(kept, theme=self._theme, glyphs=self._symbols))
        self._draw()

    def _draw(self) -> None:
        self.rows.show([*self._themes(), Row(Line()), *self._about(), *self._problems()])
        self.rows.redraw()

    def _themes(self) -> Iterator[Row[str]]:
        available = self.phone.themes
        kept = self.phone.state.settings.screen.theme
        fitting = available.pick(_AUTO, self.phone.environ)
        yield self._theme_row(f"Best for this terminal: {available.titles[fitting]}", _AUTO)
        if kept != _AUTO and kept not in available.themes:
            yield self._theme_row("There is no such theme", kept)
        for name in available.themes:
            yield self._theme_row(available.titles[name], name)

    def _theme_row(self, title: str, name: str) -> Row[str]:
        kept = name == self.phone.state.settings.screen.theme
        right = (Part("kept", "success"),) if kept else ()
        return Row(line(f"  {title}", Part(f"  {name}", "muted"), right=right), name)

    def _about(self) -> Iterator[Row[str]]:
        glyphs = self.phone.glyphs
        drawn = f" ({glyphs.name})" if self._symbols == "auto" else ""
        key = self.phone.shown_key("theme.symbols")
        yield Row(
            line(
                Part("Symbols: ", "accent"),
                f"{self._symbols}{drawn}",
                Part(f"   {key} tries another set", "muted"),
            )
        )
        yield Row(
            line(
                "  ",
                Part(f"{glyphs.sign(Sign.SERVER)} ", "secure"),
                Part(f"{glyphs.sign(Sign.UNSAFE)}  ", "insecure"),
                Part(f"{glyphs.registered} registered  ", "success"),
                Part(f"{glyphs.failed} failed  ", "error"),
                Part(f"{glyphs.incoming} {glyphs.outgoing} {glyphs.missed}  ", "text"),
                Part(glyphs.meter_steps, "accent"),
            )
        )
        folder = self.phone.folder
        if folder is not None:
            where = f"Your own themes are files in {folder}/themes, each a name.toml."
            yield Row(Line(), note=paragraph(Part(where, "muted")))

    def _problems(self) -> Iterator[Row[str]]:
        for text in self.phone.themes.problems:
            note = paragraph(Part(f"{self.phone.glyphs.failed} {text}", "error"), hang=2)
            yield Row(Line(), note=note)
        for text in self.phone.themes.notes:
            yield Row(Line(), note=paragraph(Part(text, "muted")))
