"""Command palette: every action that makes sense now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.widgets import Input

from tui.host import host_of
from tui.keys.actions import Action, available
from tui.widgets.screens import Phoned


class Actions(Provider):
    """Offers the actions of the screen beneath the palette."""

    async def discover(self) -> Hits:
        async for action, text in self._available():
            yield DiscoveryHit(text, partial(self._do, action), text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        async for action, text in self._available():
            score = matcher.match(text)
            if score > 0:
                yield Hit(score, matcher.highlight(text), partial(self._do, action), text)

    async def _available(self) -> AsyncIterator[tuple[Action, str]]:
        screen = self.screen
        if not isinstance(screen, Phoned):
            return
        keymap = host_of(self.screen).keymap
        for action in available(screen.context()):
            yield action, f"{action.title}  ({keymap.shown(action.id)})"

    async def _do(self, action: Action) -> None:
        await host_of(self.screen).do(action.id)


class Palette(CommandPalette):
    """Textual's palette without a blinking cursor, which sends bytes for ever."""

    def __init__(self) -> None:
        super().__init__(providers=[Actions], placeholder="What to do")

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False
