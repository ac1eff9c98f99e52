"""Starts probes, and waits for their events."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.preload import hosts, preload

_ROOT = Path(__file__).parents[2]

Event = Mapping[str, Any]

_PATIENCE_S = 30
_TOLD_OF_LOG = 12_000


class Probe:
    """A process of `tests.native.probe`; `events` is its output so far."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.log = folder / "pjsip.log"
        self.errors = folder / "stderr.log"
        self.events: list[Event] = []
        self._folder = folder
        self._news = asyncio.Condition()
        self._silent = False

    async def start(
        self,
        settings: Mapping[str, object],
        names: Mapping[str, str],
        system: Path | None,
        base: Mapping[str, str],
        library: Path | None = None,
    ) -> None:
        """Run with a resolver that knows `names` and their addresses.

        `system` is OpenSSL's system configuration, `base` the environment to
        start from, `library` is loaded before all others.
        """
        libraries = [str(library)] if library else []
        environment = {**base, **preload(os.environ, *libraries)}
        if system is not None:
            environment["OPENSSL_CONF"] = str(system)
        if names:
            environment |= hosts(self._folder / "hosts", names, environment)
        with self.errors.open("wb") as errors:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.native.probe",
                json.dumps({**settings, "log": str(self.log)}), cwd=_ROOT,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=errors,
                env=environment, limit=2**20,
            )  # fmt: skip
        self._reader = asyncio.create_task(self._read())

    @property
    def pid(self) -> int:
        return self._process.pid

    async def until(
        self,
        kind: str,
        condition: Callable[[Event], bool] = lambda _: True,
        patience: float = _PATIENCE_S,
    ) -> Event:
        """First event of a kind for which `condition` is true."""

        def first() -> Event | None:
            return next((e for e in self.events if e["event"] == kind and condition(e)), None)

        try:
            async with asyncio.timeout(patience), self._news:
                await self._news.wait_for(lambda: self._silent or first() is not None)
        except TimeoutError:
            raise AssertionError(f"no such {kind}: {self.story()}") from None
        event = first()
        if event is None:
            status = await self._process.wait()
            raise AssertionError(f"no such {kind}, and it ended ({status}): {self.story()}")
        return event

    async def until_transport(self, state: str) -> Event:
        return await self.until("transport", lambda event: event["state"] == state)

    async def until_registration(self, user: str) -> Event:
        """First outcome of a registration of this user."""
        return await self.until("registration", lambda event: event["user"] == user)

    async def tell(self, do: str, **fields: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **fields}).encode() + b"\n")
        await self._process.stdin.drain()

    async def quit(self) -> int:
        """Ask it to end in good order; returns its exit status."""
        await self.tell("quit")
        return await self.exit_status()

    async def exit_status(self) -> int:
        """Exit status as `subprocess` has it: negative for a fatal signal."""
        async with asyncio.timeout(_PATIENCE_S):
            await self._reader
            return await self._process.wait()

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self.exit_status()

    def story(self) -> str:
        """All its events, and the end of its log."""
        lines = "\n".join(json.dumps(event) for event in self.events)
        said = self.errors.read_text(errors="replace")
        log = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"{lines}\n{said}\n{log[-_TOLD_OF_LOG:]}"

    async def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            async for line in self._process.stdout:
                async with self._news:
                    self.events.append(json.loads(line))
                    self._news.notify_all()
        finally:
            async with self._news:
                self._silent = True
                self._news.notify_all()
