"""Connection to the engine, kept up, and posted as Textual messages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import msgspec
from textual.message import Message

from tui.state import Link
from voip.client.errors import CommandFailed, NoEngine
from voip.client.stream import Client
from voip.protocol.client import AnyCommand, NumberedEvent
from voip.protocol.phone import Snapshot, StoppingEvent, Subscribe
from voip.protocol.settings import GetSettings, SettingsData

_Data = TypeVar("_Data")

_FIRST_DELAY_S = 0.3
_LONGEST_DELAY_S = 15.0
_OTHER_VERSION = (
    "The engine has another version than this screen: end it with “offhook stop”, and open the "
    "phone again."
)


class Attached(Message):
    """The engine is connected; `snapshot` is its whole state."""

    def __init__(self, snapshot: Snapshot, settings: SettingsData) -> None:
        super().__init__()
        self.snapshot = snapshot
        self.settings = settings


class Happened(Message):
    """An event of the engine."""

    def __init__(self, numbered: NumberedEvent) -> None:
        super().__init__()
        self.numbered = numbered


class Detached(Message):
    """The engine cannot be reached; `text` gives the cause and the next step."""

    def __init__(self, link: Link, text: str) -> None:
        super().__init__()
        self.link = link
        self.text = text


class Bridge:
    """Connects, connects again when the engine dies, and sends commands.

    After the engine was told to stop, starts none until `wake`, but connects to
    one that another client starts.
    """

    def __init__(self, post: Callable[[Message], object], levels: bool) -> None:
        self._post = post
        self._levels = levels
        self._client: Client | None = None
        self._wake = asyncio.Event()
        self._stopped = False
        self._delay = _FIRST_DELAY_S

    async def run(self) -> None:
        """Keep the connection while the screen is open."""
        while True:
            self._wake.clear()
            try:
                async with await Client.connect(start=not self._stopped) as client:
                    await self._follow(client)
            except NoEngine as error:
                if not self._stopped:
                    self._post(Detached(Link.LOST, f"{_sentence(str(error))} Trying again."))
            except (CommandFailed, msgspec.ValidationError):
                self._post(Detached(Link.LOST, _OTHER_VERSION))
            finally:
                self._client = None
            try:
                await asyncio.wait_for(self._wake.wait(), self._delay)
                self._delay = _FIRST_DELAY_S
            except TimeoutError:
                self._delay = min(self._delay * 2, _LONGEST_DELAY_S)

    def wake(self) -> None:
        """Connect now, starting an engine if there is none."""
        self._stopped = False
        self._wake.set()

    async def ask(self, command: AnyCommand) -> None:
        """Send a command and wait until it is accepted.

        Raises:
            CommandFailed, NoEngine: it was not accepted.
        """
        await self._connected().ask(command)

    async def get(self, command: AnyCommand, kind: type[_Data]) -> _Data:
        """Send a command whose reply carries data.

        Raises:
            CommandFailed, NoEngine: as `ask`.
        """
        return await self._connected().get(command, kind)

    def _connected(self) -> Client:
        if self._client is None:
            raise NoEngine("the phone's engine is not running")
        return self._client

    async def _follow(self, client: Client) -> None:
        settings = await client.get(GetSettings(), SettingsData)
        snapshot = await client.get(Subscribe(levels=self._levels), Snapshot)
        self._client = client
        self._stopped = False
        self._delay = _FIRST_DELAY_S
        self._post(Attached(snapshot, settings))
        async for numbered in client.events():
            self._stopped = self._stopped or isinstance(numbered.event, StoppingEvent)
            self._post(Happened(numbered))
        self._client = None
        if not self._stopped:
            self._post(Detached(Link.LOST, "The phone's engine went away. Connecting again."))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(".") else ".")
