"""Keys are done one after the other, however quickly they come.

Textual hands a key to what has the keyboard and goes on to the next. What the
first one does, such as moving the keyboard to the dial line, comes later: a
number that arrives at once, as over a slow line, lost its digits, and was
called without them.
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
    """Goes behind a key through all that may take it, and comes back to the app.

    It goes by `way` of what had the keyboard; `screen` is the one that was up
    when the key was taken.
    """

    def __init__(self, number: int, way: Widget, screen: Screen[Any]) -> None:
        super().__init__()
        self.number = number
        self.way = way
        self.screen = screen


class KeysInTurn(App[None], inherit_bindings=False):
    """An app that takes a key, or what is pasted, when it has done the one before."""

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
        # What has opened may still be making itself ready, from outside to inside.
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
            # What the key has closed has taken the message along.
            self._number += 1
            self.call_next(self._take)
