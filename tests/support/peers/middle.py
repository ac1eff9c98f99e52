"""A telephone system that decrypts between two phones, and its events."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio

_PATIENCE_S = 30


class Middle:
    """Connects callers of `user` to `to`, and overhears them."""

    def __init__(self, folder: Path, server: Kamailio, authority: Path, user: str, to: str) -> None:
        self._settings = {
            "user": user,
            "password": f"secret-{user}",
            "domain": DOMAIN,
            "server": f"{LOOPBACK}:{server.tls_port}",
            "ca_file": str(authority),
            "to": f"sip:{to}@{DOMAIN}",
        }
        self._folder = folder

    async def start(self) -> None:
        """Start it, and wait until it can be called."""
        self._folder.mkdir()
        with (self._folder / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.support.peers.middle_process",
                json.dumps(self._settings),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        registration = await self.until("registration")
        assert registration["code"] == 200, registration

    async def until(self, event: str) -> dict[str, Any]:
        """Next event of a kind; those before it are forgotten."""
        assert self._process.stdout is not None
        async with asyncio.timeout(_PATIENCE_S):
            async for line in self._process.stdout:
                order: dict[str, Any] = json.loads(line)
                if order["event"] == event:
                    return order
        raise AssertionError(f"it ended:\n{(self._folder / 'log').read_text()[-3000:]}")

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        async with asyncio.timeout(_PATIENCE_S):
            assert await self._process.wait() == 0
