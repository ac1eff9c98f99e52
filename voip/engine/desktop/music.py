"""Music that pauses while there is a call."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from voip.background import Background
from voip.engine.desktop.errors import BusError
from voip.engine.hub import Hub
from voip.model import Call, CallState, Direction
from voip.protocol.calls import CallEvent
from voip.protocol.client import NumberedEvent

if TYPE_CHECKING:
    from voip.engine.desktop.mpris import Players

log = logging.getLogger(__name__)


class Music:
    """Pauses players when a call begins, if `is_on`; they go on after the last call.

    A call begins when the user places it, or when it is answered. It is `busy` while
    players are told.
    """

    def __init__(self, hub: Hub, is_on: Callable[[], bool]) -> None:
        self._hub = hub
        self._is_on = is_on
        self._calls: set[str] = set()
        self._players: Players | None = None
        self.busy = asyncio.Lock()
        self._background = Background()
        hub.listen(self._on_news, levels=False)

    async def lack(self) -> str | None:
        """Say why no player can be reached; None if it is not wanted, or possible."""
        if not self._is_on() or self._players is not None:
            return None
        try:
            await (await _connect()).close()
        except BusError as error:
            return f"it has no effect now: {error}"
        return None

    async def close(self) -> None:
        """Let the players go on, after the end of every call."""
        self._hub.forget(self._on_news)
        self._calls.clear()
        await self._resume()

    def _on_news(self, numbered: NumberedEvent) -> None:
        event = numbered.event
        if not isinstance(event, CallEvent):
            return
        call = event.call
        if call.state is CallState.ENDED:
            self._calls.discard(call.id)
            if not self._calls:
                self._background.begin(self._resume())
        elif call.id not in self._calls and _has_begun(call):
            self._calls.add(call.id)
            if self._is_on():
                self._background.begin(self._pause())

    async def _pause(self) -> None:
        async with self.busy:
            if not self._calls:
                return
            try:
                if self._players is None:
                    self._players = await _connect()
                await self._players.pause()
            except BusError as error:
                log.info("no music is paused: %s (%r)", error, error.__cause__)

    async def _resume(self) -> None:
        async with self.busy:
            if self._calls or self._players is None:
                return
            players, self._players = self._players, None
            await players.resume()
            await players.close()


def _has_begun(call: Call) -> bool:
    return call.direction is Direction.OUT or call.state is not CallState.INCOMING


async def _connect() -> Players:
    """Connect to the players of the user's desktop.

    Raises:
        BusError: there is no bus that they could be on.
    """
    if sys.platform != "linux":
        raise BusError("players are paused by D-Bus, on Linux alone")
    from voip.engine.desktop.bus import Bus
    from voip.engine.desktop.mpris import Players

    return Players(await Bus.session())
