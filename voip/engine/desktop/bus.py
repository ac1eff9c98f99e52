"""Buses of a desktop (D-Bus): short questions to programs, and their signals.

Any program may be there, so replies have limits of time and size, and their texts go
nowhere. Only Linux has the library: import this where the bus is used.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    MatchRule,
    Message,
    MessageType,
    Parser,
    message_bus,
    new_method_call,
)
from jeepney.io.asyncio import DBusConnection, DBusRouter, open_dbus_connection

from voip.engine.desktop.errors import BusError

LONGEST = 65536
"""Bytes of a message that is read; none that the phone asks for is longer."""

_PATIENCE_S = 1.0


_SYSTEM = "unix:path=/run/dbus/system_bus_socket"


class Bus:
    """Connection to a bus."""

    def __init__(self, connection: DBusConnection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._router = DBusRouter(connection)
        self._signals: asyncio.Queue[Message] = asyncio.Queue()

    @classmethod
    async def session(cls) -> Bus:
        """Connect to the session bus, which has the user's own programs.

        Raises:
            BusError: there is none, or it does not answer.
        """
        named = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
        folder = os.environ.get("XDG_RUNTIME_DIR")
        if not named and not folder:
            raise BusError("this machine has no session bus (D-Bus) for you")
        return await cls._connect(named or f"unix:path={folder}/bus", "session bus")

    @classmethod
    async def system(cls) -> Bus:
        """Connect to the system bus, which has the machine's services.

        Raises:
            BusError: there is none, or it does not answer.
        """
        named = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS")
        return await cls._connect(named or _SYSTEM, "system bus")

    @classmethod
    async def _connect(cls, place: str, name: str) -> Bus:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                connection = await open_dbus_connection(place)
        except Exception as error:  # the library raises whatever an odd bus leads to
            raise BusError(f"no {name} (D-Bus) answers on this machine") from error
        parser = ShortMessages()
        parser.buf, parser.next_msg_size = connection.parser.buf, connection.parser.next_msg_size
        connection.parser = parser
        return cls(connection, name)

    async def close(self) -> None:
        # A program may have sent what ended the connection before.
        with contextlib.suppress(Exception):
            await self._router.__aexit__(None, None, None)
        with contextlib.suppress(OSError):
            await self._connection.close()

    async def names(self) -> tuple[str, ...]:
        """Return the names of the programs on the bus.

        Raises:
            BusError: it does not answer.
        """
        match await self._ask(message_bus.ListNames()):
            case (list(names),):
                return tuple(name for name in names if isinstance(name, str))
        raise BusError(f"the {self._name} answers oddly")

    async def owner(self, name: str) -> str:
        """Return the unique name of the program that has a name.

        Raises:
            BusError: none has it, or the bus does not answer.
        """
        match await self._ask(message_bus.GetNameOwner(name)):
            case (str(owner),):
                return owner
        raise BusError(f"the {self._name} answers oddly")

    async def call(
        self, place: DBusAddress, method: str, signature: str | None = None, *body: str | int
    ) -> tuple[Any, ...]:
        """Call a method of a program, and return its answer.

        Raises:
            BusError: there is no answer within a second, or an error.
        """
        return await self._ask(new_method_call(place, method, signature, body))

    async def follow(self, place: DBusAddress, member: str, first: str) -> None:
        """Have `signals` yield a program's signals with a first argument `first`.

        Raises:
            BusError: the bus does not answer.
        """
        rule = MatchRule(
            type="signal", sender=place.bus_name, path=place.object_path,
            interface=place.interface, member=member,
        )  # fmt: skip
        rule.add_arg_condition(0, first)
        await self._ask(message_bus.AddMatch(rule))
        self._router.filter(rule, queue=self._signals)

    async def signals(self) -> AsyncIterator[tuple[str, tuple[Any, ...]]]:
        """Yield the sender's unique name and the arguments of each signal."""
        while True:
            signal = await self._signals.get()
            yield signal.header.fields[HeaderFields.sender], signal.body

    async def _ask(self, message: Message) -> tuple[Any, ...]:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                reply = await self._router.send_and_get_reply(message)
        except TimeoutError as error:
            raise BusError(f"a program on the {self._name} did not answer in time") from error
        except Exception as error:  # see `connect`
            raise BusError(f"the connection to the {self._name} has failed") from error
        if reply.header.message_type is not MessageType.method_return:
            raise BusError(f"a program on the {self._name} refused")
        body: tuple[Any, ...] = reply.body
        return body


class ShortMessages(Parser):  # type: ignore[misc]  # the library has no types
    """Reader of messages that leaves out those longer than `LONGEST`."""

    def __init__(self) -> None:
        super().__init__()
        self.next_msg_size: int | None
        self._left_out = 0

    def add_data(self, data: bytes, fds: tuple[int, ...] = ()) -> None:
        rest = data[self._left_out :]
        self._left_out -= len(data) - len(rest)
        super().add_data(rest, fds)

    def get_next_message(self) -> Message | None:
        # This has the size read, if enough of the message is there.
        self.bytes_desired()
        size = self.next_msg_size
        if size is None or size <= LONGEST:
            return super().get_next_message()
        here = min(size, self.buf.bytes_buffered)
        self.buf.read(here)
        self._left_out = size - here
        self.next_msg_size = None
        return self.get_next_message()
