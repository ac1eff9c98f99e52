"""A client of an engine that keeps every event, and waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from voip.client.stream import Client
from voip.model import AccountStatus, Call, CallState, LogEntry, Outcome, RegistrationState, Status
from voip.protection import Transport
from voip.protocol.accounts import AccountEvent, AddAccount
from voip.protocol.calls import CallEvent, CallStarted, LogEvent, PlaceCall
from voip.protocol.client import NumberedEvent
from voip.protocol.framing import MAX_REPLY
from voip.protocol.phone import GetStatus, Subscribe

_Event = TypeVar("_Event")

PATIENCE_S = 40.0


def environment_of(folder: Path) -> dict[str, str]:
    """Variables that put a whole phone into `folder`."""
    return {
        "OFFHOOK_CONFIG_DIR": str(folder / "config"),
        "OFFHOOK_STATE_DIR": str(folder / "state"),
        "OFFHOOK_RUNTIME_DIR": str(folder / "run"),
        # The tests must not touch their user's keyring,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        # nor the players.
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder / 'no-bus'}",
    }


async def connect(socket: Path) -> Client:
    """A client of the engine at any `socket`."""
    return Client(*await asyncio.open_unix_connection(str(socket), limit=MAX_REPLY))


class Attached:
    """A client with `events`: all events since the start, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[NumberedEvent] = []
        self._news = asyncio.Condition()
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def client(self) -> Client:
        assert self._client is not None
        return self._client

    @property
    def socket(self) -> Path:
        return self.folder / "run" / "engine.sock"

    @property
    def log(self) -> str:
        file = self.folder / "state" / "engine.log"
        # A phone with a disk of its own has it there.
        return file.read_text() if file.exists() else ""

    async def attach(self) -> None:
        self._client = await connect(self.socket)
        await self._client.ask(Subscribe())
        self._task = asyncio.create_task(self._follow(self._client))

    async def detach(self) -> None:
        if self._client is not None:
            await self._client.__aexit__(None, None, None)
        if self._task is not None:
            self._task.cancel()

    async def _follow(self, client: Client) -> None:
        async for event in client.events():
            async with self._news:
                self.events.append(event)
                self._news.notify_all()

    # Asking

    async def status(self) -> Status:
        return await self.client.get(GetStatus(), Status)

    async def add(self, name: str, password: str | None = None, **fields: Any) -> None:
        await self.client.ask(AddAccount(name=name, fields=fields, password=password))

    async def call(self, target: str, **options: Any) -> str:
        started = await self.client.get(PlaceCall(target=target, **options), CallStarted)
        return started.call

    # Waiting

    async def until(
        self,
        kind: type[_Event],
        condition: Callable[[_Event], bool],
        since: int = 0,
        patience_s: float = PATIENCE_S,
    ) -> _Event:
        """First event of `kind` after position `since` for which `condition` is true."""
        position = since

        async def find() -> _Event:
            nonlocal position
            async with self._news:
                while True:
                    while position < len(self.events):
                        event = self.events[position].event
                        position += 1
                        if isinstance(event, kind) and condition(event):
                            return event
                    await self._news.wait()

        try:
            return await asyncio.wait_for(find(), patience_s)
        except TimeoutError:
            seen = "\n".join(str(e.event)[:400] for e in self.events[since:][-25:])
            raise AssertionError(
                f"no {kind.__name__} came; the last events:\n{seen}\nlog:\n{self.log[-3000:]}"
            ) from None

    async def until_registered(self, name: str, since: int = 0) -> AccountStatus:
        event = await self.until(
            AccountEvent,
            lambda e: (
                e.account.name == name
                and e.account.registration.state is RegistrationState.REGISTERED
            ),
            since,
        )
        return event.account

    async def until_failed(self, name: str, since: int = 0) -> AccountStatus:
        event = await self.until(
            AccountEvent,
            lambda e: (
                e.account.name == name and e.account.registration.state is RegistrationState.FAILED
            ),
            since,
        )
        return event.account

    async def until_call(self, condition: Callable[[Call], bool], since: int = 0) -> Call:
        event = await self.until(CallEvent, lambda e: condition(e.call), since)
        return event.call

    async def until_state(self, call: str, state: CallState) -> Call:
        return await self.until_call(lambda c: c.id == call and c.state is state)

    async def until_logged(self, call: str) -> LogEntry:
        event = await self.until(
            LogEvent, lambda e: e.entry.id == call and e.entry.outcome is not Outcome.ONGOING
        )
        return event.entry

    def locks(self, call: str) -> list[Call]:
        """Every state of a call that was published."""
        return [
            e.event.call
            for e in self.events
            if isinstance(e.event, CallEvent) and e.event.call.id == call
        ]

    def check_lock_evidence(self, call: str) -> None:
        """Check that every closed lock was published with its evidence."""
        states = self.locks(call)
        assert states, f"nothing was published of call {call}"
        for state in states:
            if not state.lock.closed:
                continue
            assert state.state.answered, state
            assert state.lock.signalling.transport is Transport.TLS, state
            assert state.lock.signalling.verified, state
            assert state.lock.signalling.version in ("TLSv1.2", "TLSv1.3"), state
            assert state.lock.media, state
            assert all(s.srtp and s.suite and s.keying for s in state.lock.media), state
