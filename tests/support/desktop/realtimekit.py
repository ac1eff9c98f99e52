"""RealtimeKit on a bus of its own: Debian's daemon, and the authority that it asks."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from jeepney import Message, MessageType, message_bus, new_method_return
from jeepney.io.asyncio import DBusConnection, DBusRouter, open_dbus_connection

from tests.support.desktop.players import SessionBus

_DAEMON = "/usr/libexec/rtkit-daemon"
_AUTHORITY = "org.freedesktop.PolicyKit1"


class RealtimeKit:
    """The daemon, which has to be root; everybody is allowed to ask."""

    def __init__(self, folder: Path) -> None:
        self._bus = SessionBus(folder)
        self._process: asyncio.subprocess.Process | None = None
        self._connection: DBusConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self.address = self._bus.address

    async def start(self) -> None:
        await self._bus.start()
        self._connection = await open_dbus_connection(self.address)
        async with DBusRouter(self._connection) as router:
            reply = await router.send_and_get_reply(message_bus.RequestName(_AUTHORITY))
            assert reply.body == (1,), reply
        self._task = asyncio.create_task(self._allow(self._connection))
        become = [] if os.getuid() == 0 else ["sudo", "-n"]
        self._process = await asyncio.create_subprocess_exec(
            *become, "env", f"DBUS_SYSTEM_BUS_ADDRESS={self.address}", _DAEMON, "--stderr",
            "--no-drop-privileges", "--no-chroot", "--no-limit-resources",
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stderr is not None
        line = await asyncio.wait_for(self._process.stderr.readline(), 20)
        while b"Running." not in line:
            assert line, "rtkit-daemon ended"
            line = await asyncio.wait_for(self._process.stderr.readline(), 20)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()
        await self._bus.stop()
        if self._process is not None:
            await self._process.wait()  # it ends with its bus

    async def _allow(self, connection: DBusConnection) -> None:
        while True:
            message: Message = await connection.receive()
            if message.header.message_type is MessageType.method_call:
                await connection.send(new_method_return(message, "(bba{ss})", ((True, False, {}),)))
