"""A real Offhook of its own: engine, workers and folders nobody else uses."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tests.support.kamailio import DOMAIN
from voip.client import Client
from voip.model import (
    AccountStatus,
    Call,
    CallState,
    LogEntry,
    Outcome,
    RegistrationState,
    Status,
    Transport,
)
from voip.protocol import client as told

_Event = TypeVar("_Event")

PATIENCE_S = 40.0


class Phone:
    """`events` is everything that happened since the start, in order."""

    def __init__(self, folder: Path, audio: str | None = "null") -> None:
        self.folder = folder
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("OFFHOOK")},
            "OFFHOOK_CONFIG_DIR": str(folder / "config"),
            "OFFHOOK_STATE_DIR": str(folder / "state"),
            "OFFHOOK_RUNTIME_DIR": str(folder / "run"),
            # No keyring of the person who runs the tests is ever touched.
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        if audio is not None:
            self.environment["OFFHOOK_AUDIO"] = audio
        self.events: list[told.NumberedEvent] = []
        self.process: asyncio.subprocess.Process | None = None
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
        return (self.folder / "state" / "engine.log").read_text()

    # Life

    async def start(self) -> None:
        """Start the engine, and follow it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "voip.engine", "--foreground",
            env=self.environment, stderr=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            if b" is up, process " in line:
                break
        else:
            raise AssertionError("the engine ended at its start")
        self._drain = asyncio.create_task(_discard(self.process.stderr))
        await self.attach()

    async def attach(self) -> None:
        reader, writer = await asyncio.open_unix_connection(str(self.socket), limit=8 * 1024 * 1024)
        self._client = Client(reader, writer)
        await self._client.ask(told.Subscribe())
        self._task = asyncio.create_task(self._follow(self._client))

    async def stop(self) -> None:
        if self._client is not None:
            await self._client.__aexit__(None, None, None)
        if self._task is not None:
            self._task.cancel()
        process = self.process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise AssertionError("the engine did not end in good order") from None

    async def _follow(self, client: Client) -> None:
        async for event in client.events():
            async with self._news:
                self.events.append(event)
                self._news.notify_all()

    # The command line

    async def run(self, *words: str, status: int | None = 0, text: str = "") -> tuple[str, str]:
        """Run the real `offhook`; returns standard output and error."""
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("offhook")), *words,
            env=self.environment, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate(text.encode())
        if status is not None:
            assert process.returncode == status, (words, process.returncode, out, err)
        return out.decode(), err.decode()

    async def json(self, *words: str, status: int = 0) -> Any:
        out, _ = await self.run(*words, "--json", status=status)
        return json.loads(out)

    # Asking and waiting

    async def status(self) -> Status:
        return await self.client.get(told.GetStatus(), Status)

    async def add(self, name: str, password: str | None = None, **fields: Any) -> None:
        await self.client.ask(told.AddAccount(name=name, fields=fields, password=password))

    async def add_secure(
        self, user: str, host: str, port: int, authority: Path, **fields: Any
    ) -> None:
        """A TLS account of `user` at the test domain, named like the user."""
        await self.add(
            user,
            password=f"secret-{user}",
            user=user,
            domain=DOMAIN,
            server=f"{host}:{port}",
            ca_file=str(authority),
            **fields,
        )

    async def call(self, target: str, **options: Any) -> str:
        started = await self.client.get(told.PlaceCall(target=target, **options), told.CallStarted)
        return started.call

    async def until(
        self, kind: type[_Event], wanted: Callable[[_Event], bool], since: int = 0
    ) -> _Event:
        """The first event of `kind` after position `since` that is wanted."""
        position = since

        async def find() -> _Event:
            nonlocal position
            async with self._news:
                while True:
                    while position < len(self.events):
                        event = self.events[position].event
                        position += 1
                        if isinstance(event, kind) and wanted(event):
                            return event
                    await self._news.wait()

        try:
            return await asyncio.wait_for(find(), PATIENCE_S)
        except TimeoutError:
            seen = "\n".join(str(e.event)[:400] for e in self.events[since:][-25:])
            raise AssertionError(
                f"no {kind.__name__} came; the last events:\n{seen}\nlog:\n{self.log[-3000:]}"
            ) from None

    async def until_registered(self, name: str, since: int = 0) -> AccountStatus:
        event = await self.until(
            told.AccountEvent,
            lambda e: (
                e.account.name == name
                and e.account.registration.state is RegistrationState.REGISTERED
            ),
            since,
        )
        return event.account

    async def until_failed(self, name: str, since: int = 0) -> AccountStatus:
        event = await self.until(
            told.AccountEvent,
            lambda e: (
                e.account.name == name and e.account.registration.state is RegistrationState.FAILED
            ),
            since,
        )
        return event.account

    async def until_call(self, wanted: Callable[[Call], bool], since: int = 0) -> Call:
        event = await self.until(told.CallEvent, lambda e: wanted(e.call), since)
        return event.call

    async def until_state(self, call: str, state: CallState) -> Call:
        return await self.until_call(lambda c: c.id == call and c.state is state)

    async def until_logged(self, call: str) -> LogEntry:
        event = await self.until(
            told.LogEvent, lambda e: e.entry.id == call and e.entry.outcome is not Outcome.ONGOING
        )
        return event.entry

    def locks(self, call: str) -> list[Call]:
        """Every state of a call that was published."""
        return [
            e.event.call
            for e in self.events
            if isinstance(e.event, told.CallEvent) and e.event.call.id == call
        ]

    def check_lock_evidence(self, call: str) -> None:
        """Every closed lock that was ever published has its evidence with it."""
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

    def worker_pids(self) -> list[int]:
        """The processes that the engine started."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]


async def _discard(stream: asyncio.StreamReader) -> None:
    while await stream.read(65536):
        pass
