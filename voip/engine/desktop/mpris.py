"""Players of a desktop: which ones play, and a pause for those (MPRIS 2.2)."""

from __future__ import annotations

import asyncio
import contextlib

from jeepney import DBusAddress

from voip.background import Background
from voip.engine.desktop.bus import Bus
from voip.engine.desktop.errors import BusError

_NAMES = "org.mpris.MediaPlayer2."
# It passes orders on to the player that was used last, which may be one that was paused.
_AGENT = f"{_NAMES}playerctld"
_PATH = "/org/mpris/MediaPlayer2"
_PLAYER = "org.mpris.MediaPlayer2.Player"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_STATUS = "PlaybackStatus"
_MOST = 32


class Players:
    """Players that were paused, by their unique names, which are not used again.

    `_paused` says if one has reported its pause.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._followed: set[str] = set()
        self._paused: dict[str, bool] = {}
        self._background = Background()
        self._background.begin(self._leave_those_used())

    async def close(self) -> None:
        self._background.cancel()
        await self._bus.close()

    async def pause(self) -> None:
        """Pause the players that play now.

        Raises:
            BusError: the bus does not answer.
        """
        names = [n for n in await self._bus.names() if n.startswith(_NAMES) and n != _AGENT]
        await asyncio.gather(*map(self._pause, names[:_MOST]))

    async def resume(self) -> None:
        """Let the players go on that were paused, and that nobody has used since."""
        await asyncio.gather(*map(self._resume, tuple(self._paused)))
        self._paused.clear()

    async def _pause(self, name: str) -> None:
        with contextlib.suppress(BusError):
            player = await self._bus.owner(name)
            if await self._status(player) != "Playing":
                return
            if player not in self._followed:
                self._followed.add(player)
                place = DBusAddress(_PATH, player, _PROPERTIES)
                await self._bus.follow(place, "PropertiesChanged", _PLAYER)
            # Before its answer: a slow player may obey later.
            self._paused[player] = False
            await self._bus.call(DBusAddress(_PATH, player, _PLAYER), "Pause")

    async def _resume(self, player: str) -> None:
        with contextlib.suppress(BusError):
            if await self._status(player) == "Paused" and player in self._paused:
                await self._bus.call(DBusAddress(_PATH, player, _PLAYER), "Play")

    async def _status(self, player: str) -> str | None:
        place = DBusAddress(_PATH, player, _PROPERTIES)
        match await self._bus.call(place, "Get", "ss", _PLAYER, _STATUS):
            case (("s", "Playing" | "Paused" | "Stopped" as status),):
                return str(status)
        return None

    async def _leave_those_used(self) -> None:
        """Forget a player that was started or stopped by somebody else."""
        async for player, changed in self._bus.signals():
            match changed:
                case (_, {"PlaybackStatus": ("s", str(status))}, *_) if player in self._paused:
                    if status == "Paused":
                        self._paused[player] = True
                    elif self._paused[player]:
                        del self._paused[player]
