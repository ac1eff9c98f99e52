"""A real coturn: STUN server and relay over UDP, TCP and TLS."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from tests.support.network.ports import LOOPBACK, free_sip_port
from tests.support.pki import Leaf

USER, PASSWORD = "alice", "relay-secret"


class Coturn:
    """A coturn at `host`; `log` is what it says. Without a leaf it has no TLS.

    `wrap` are words before its command, such as those that enter a namespace.
    """

    def __init__(
        self,
        folder: Path,
        leaf: Leaf | None = None,
        host: str = LOOPBACK,
        wrap: tuple[str, ...] = (),
        port: int = 0,
        tls_port: int = 0,
    ) -> None:
        self.host = host
        self.port = port or free_sip_port()
        self.tls_port = tls_port or free_sip_port()
        self._folder = folder
        self._leaf = leaf
        self._wrap = wrap
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._written = asyncio.Condition()
        self._ended = False
        self.log = ""

    async def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        tls = ["--no-tls"]
        if self._leaf is not None:
            tls = [f"--cert={self._leaf.certificate}", f"--pkey={self._leaf.key}"]
        self._process = await asyncio.create_subprocess_exec(
            *self._wrap, "turnserver", "-n", "--verbose", "--no-cli", "--no-dtls",
            "--lt-cred-mech", f"--user={USER}:{PASSWORD}", "--realm=relay.test",
            f"--listening-ip={self.host}", f"--relay-ip={self.host}",
            f"--listening-port={self.port}", f"--tls-listening-port={self.tls_port}",
            "--allow-loopback-peers", "--log-file=stdout", "--simple-log",
            f"--userdb={self._folder / 'users'}", f"--pidfile={self._folder / 'pid'}", *tls,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read(self._process.stdout))
        await self.until_logged("(admin thread)")

    async def until_logged(self, words: str) -> None:
        """Wait until coturn has written these words."""
        async with asyncio.timeout(10), self._written:
            await self._written.wait_for(lambda: words in self.log or self._ended)
        assert words in self.log, f"coturn ended: {self.log[-3000:]}"

    async def _read(self, output: asyncio.StreamReader | None) -> None:
        assert output is not None
        while data := await output.read(65536):
            async with self._written:
                self.log += data.decode(errors="replace")
                self._written.notify_all()
        async with self._written:
            self._ended = True
            self._written.notify_all()

    async def stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        if self._reading is not None:
            await self._reading
