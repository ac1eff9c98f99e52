"""Offhook of any tree with a virtual environment, with or without its screen.

It is asked by JSON lines, as an earlier Offhook may have other messages than this one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.peers.phones.base import (
    PATIENCE_S,
    USER,
    AtTerminal,
    Driver,
    Processing,
    Setup,
    end,
    first_line,
)
from tests.support.attached import environment_of
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN
from voip.protocol.framing import MAX_REPLY

_Message = dict[str, Any]

_CONFIG = """[audio]
echo_cancel = {canceller}
noise_suppression = {suppressor}
ring = false
"""
_ACCOUNT = """[accounts.{user}]
user = "{user}"
domain = "{domain}"
server = "{host}:{port}"
ca_file = "{authority}"
password_file = "{password}"
"""
_WORD = {True: "true", False: "false"}


class Offhook(Driver):
    processing = frozenset({Processing.ECHO, Processing.NOISE})

    def __init__(
        self, folder: Path, setup: Setup, tree: Path, name: str, has_screen: bool = False
    ) -> None:
        self.name = name
        self._has_screen = has_screen
        self._screen: AtTerminal | None = None
        self._folder, self._setup, self._tree = folder, setup, tree
        self._process: asyncio.subprocess.Process | None = None
        self._drain: asyncio.Task[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.StreamReader
        self._numbers = 0

    @property
    def pids(self) -> list[int]:
        assert self._process is not None
        return [self._process.pid, *([self._screen.pid] if self._screen else [])]

    async def version(self) -> str:
        described = ("git", "-C", str(self._tree), "describe", "--always", "--dirty")
        version = await first_line(*described, pattern=r"\S+")
        return f"{version}, engine and workers{' and screen' if self._has_screen else ''}"

    async def prepare(self, processing: Processing) -> None:
        config = self._folder / "config"
        config.mkdir(parents=True, exist_ok=True)
        (config / "config.toml").write_text(
            _CONFIG.format(
                # The suppressor is a part of the canceller.
                canceller=_WORD[processing is not Processing.NOTHING],
                suppressor=_WORD[processing is Processing.NOISE],
            )
        )
        password = self._folder / "password"
        password.write_text(self._setup.password)
        accounts = config / "accounts.toml"
        accounts.write_text(
            _ACCOUNT.format(
                user=USER, domain=DOMAIN, host=LOOPBACK, port=self._setup.tls_port,
                authority=self._setup.authority, password=password,
            )
        )  # fmt: skip
        for file in (password, accounts):
            file.chmod(0o600)

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            str(self._programs / "python"), "-m", "voip.engine", "--foreground",
            cwd=self._tree, env=self._environment, stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
        assert self._process.stderr is not None
        said = b""
        while b" is up, process " not in said:
            line = await asyncio.wait_for(self._process.stderr.readline(), PATIENCE_S)
            assert line, said.decode()
            said += line
        self._drain = asyncio.create_task(self._process.stderr.read())
        socket = str(self._folder / "run" / "engine.sock")
        self._reader, self._writer = await asyncio.open_unix_connection(socket, limit=MAX_REPLY)

    async def show(self) -> None:
        if not self._has_screen:
            return
        words = (str(self._programs / "offhook"),)
        self._screen = AtTerminal(words, self._environment, self._folder, "xterm-256color")
        await self._screen.start()
        await self._screen.until("registered")

    async def dial(self) -> float:
        begun = time.time()
        await self._ask({"do": "call", "target": f"far@{DOMAIN}"})
        return begun

    async def hang_up(self) -> None:
        status = await self._ask({"do": "status"})
        for call in status["calls"]:
            await self._ask({"do": "hangup", "call": call["id"]})

    async def stop(self) -> None:
        if self._screen is not None:
            await self._screen.stop()
            self._screen = None
        if self._writer is not None:
            self._writer.close()
        if self._process is not None:
            await end(self._process)
            self._process = None
        if self._drain is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._drain

    @property
    def _programs(self) -> Path:
        return self._tree / ".venv" / "bin"

    @property
    def _environment(self) -> dict[str, str]:
        desk = self._setup.environment_of(self._folder)
        kept = {k: v for k, v in desk.items() if not k.startswith(("OFFHOOK", "PYTHON"))}
        return {**kept, **environment_of(self._folder), "LC_ALL": "C.UTF-8"}

    async def _ask(self, command: _Message) -> Any:
        assert self._writer is not None
        self._numbers += 1
        message = json.dumps({"id": self._numbers, "command": command})
        self._writer.write(message.encode() + b"\n")
        reply = await self._next(lambda message: message.get("reply") == self._numbers)
        assert reply["ok"], reply
        return reply["data"]

    async def _next(self, condition: Callable[[_Message], bool]) -> _Message:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                line = await self._reader.readline()
                assert line, f"{self.name} ended the connection"
                message: _Message = json.loads(line)
                if condition(message):
                    return message
