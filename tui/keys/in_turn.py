"""Handles keys one after the other, however quickly they arrive.

Textual hands on the next key before the first has acted, such as by focusing
the dial line. A number that arrived at once, as over a slow line, lost digits,
and was called without them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from textual import events
from textual.app import App
from textual.driver import Driver
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

_LOOK_S = 0.5


class Passed(Message):
    """Follows a key through its handlers and returns to the app.

    It bubbles from `way`, the focused widget; `screen` was current when the key was
    handled.
    """

    def __init__(self, number: int, way: Widget, screen: Screen[Any]) -> None:
        super().__init__()
        self.number = number
        self.way = way
        self.screen = screen


class KeysInTurn(App[None], inherit_bindings=False):
    """App that holds later keys and pastes until the earlier one is handled."""

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class)
        self._typed: deque[events.Key | events.Paste] = deque()
        self._number = 0
        self._lost: asyncio.TimerHandle | None = None

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        self._typed.append(event)
        if self._lost is None:
            await self._take()

    async def on_passed(self, message: Passed) -> None:
        if message.number != self._number or self._lost is None:
            return
        self._lost.cancel()
        # A screen that has opened may still be mounting, from outside to inside.
        settled = message.screen is self.screen or message.way is self._keyboard
        if settled or not self._follow(self._keyboard, message.screen):
            await self._take()

    @property
    def _keyboard(self) -> Widget:
        return self.focused or self.screen

    async def _take(self) -> None:
        self._lost = None
        while self._typed and self._lost is None:
            way, screen = self._keyboard, self.screen
            await super().on_event(self._typed.popleft())
            self._follow(way, screen)

    def _follow(self, way: Widget, screen: Screen[Any]) -> bool:
        self._number += 1
        sent = way.post_message(Passed(self._number, way, screen))
        if sent:
            self._look_after(way)
        return sent

    def _look_after(self, way: Widget) -> None:
        self._lost = asyncio.get_running_loop().call_later(_LOOK_S, self._look, way)

    def _look(self, way: Widget) -> None:
        if way.is_attached:
            self._look_after(way)
        else:
            # The widget that the key closed has dropped the message.
            self._number += 1
            self.call_next(self._take)
