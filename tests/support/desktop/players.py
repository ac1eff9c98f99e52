"""A session bus (D-Bus), and players of music on it (MPRIS)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    message_bus,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.io.asyncio import DBusConnection, DBusRouter, open_dbus_connection

from tests.support.attached import PATIENCE_S

_NAME = "org.mpris.MediaPlayer2."
_PATH = "/org/mpris/MediaPlayer2"
_PLAYER = "org.mpris.MediaPlayer2.Player"
_PROPERTIES = "org.freedesktop.DBus.Properties"

_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>{address}</listen>
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class SessionBus:
    """A bus of its own at `address`."""

    def __init__(self, folder: Path) -> None:
        self.address = f"unix:path={folder / 'bus'}"
        self._file = folder / "bus.conf"
        self._process: asyncio.subprocess.Process | None = None
        self._players: list[Player] = []

    async def start(self) -> None:
        self._file.write_text(_CONFIGURATION.format(address=self.address))
        self._process = await asyncio.create_subprocess_exec(
            "dbus-daemon", f"--config-file={self._file}", "--nofork", "--print-address=1",
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE_S)
        assert line.decode().startswith(self.address), line

    async def stop(self) -> None:
        """End the bus, and each player with it."""
        for player in self._players:
            await player.quit()
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    async def player(self, name: str, status: str = "Playing") -> Player:
        """A player that is there, and answers as one does."""
        player = Player(await open_dbus_connection(self.address), status)
        await player.start(_NAME + name)
        self._players.append(player)
        return player


class Player:
    """A player; `asked` are the orders and questions that it got.

    What is in `answers`, by the name of a method, is its answer in place of a right one:
    a signature and a value, or None for none at all.
    """

    def __init__(self, connection: DBusConnection, status: str) -> None:
        self.status = status
        self.asked: list[str] = []
        self.answers: dict[str, tuple[str, tuple[Any, ...]] | None] = {}
        self._connection = connection
        self._news = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def start(self, name: str) -> None:
        async with DBusRouter(self._connection) as router:
            reply = await router.send_and_get_reply(message_bus.RequestName(name))
            assert reply.body == (1,), reply
        self._task = asyncio.create_task(self._serve())

    async def quit(self) -> None:
        """Leave the bus."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        with contextlib.suppress(OSError):
            await self._connection.close()

    async def is_used(self, status: str) -> None:
        """Have its user start, pause or stop it."""
        self.status = status
        await self.tells({"PlaybackStatus": ("s", status)})

    async def tells(self, changed: dict[str, tuple[str, Any]]) -> None:
        """Send a signal of changed properties."""
        place = DBusAddress(_PATH, interface=_PROPERTIES)
        await self._connection.send(
            new_signal(place, "PropertiesChanged", "sa{sv}as", (_PLAYER, changed, []))
        )

    async def until(self, condition: Callable[[Player], bool]) -> None:
        """Wait until it is as it should be."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._news:
                await self._news.wait_for(lambda: condition(self))
        except TimeoutError:
            raise AssertionError(f"the player is {self.status}, asked {self.asked}") from None

    async def _serve(self) -> None:
        while True:
            message = await self._connection.receive()
            if message.header.message_type is MessageType.method_call:
                await self._answer(message)

    async def _answer(self, message: Message) -> None:
        method = message.header.fields[HeaderFields.member]
        after = {"Play": "Playing", "Pause": "Paused"}.get(method)
        if method in self.answers:
            own = self.answers[method]
            answer = own and new_method_return(message, *own)
        elif method == "Get" and message.body == (_PLAYER, "PlaybackStatus"):
            answer = new_method_return(message, "v", (("s", self.status),))
        elif after is not None:
            answer = new_method_return(message)
        else:
            answer = new_error(message, "org.freedesktop.DBus.Error.UnknownMethod")
        if after is not None and self.status != "Stopped":
            await self.is_used(after)
        if answer:
            await self._connection.send(answer)
        async with self._news:
            self.asked.append(method)
            self._news.notify_all()
