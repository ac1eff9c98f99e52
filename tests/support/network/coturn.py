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

    @property
    def log(self) -> str:
        return (self._folder / "coturn.log").read_text(errors="replace")

    async def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        tls = ["--no-tls"]
        if self._leaf is not None:
            tls = [f"--cert={self._leaf.certificate}", f"--pkey={self._leaf.key}"]
        with (self._folder / "coturn.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._wrap, "turnserver", "-n", "--verbose", "--no-cli", "--no-dtls",
                "--lt-cred-mech", f"--user={USER}:{PASSWORD}", "--realm=relay.test",
                f"--listening-ip={self.host}", f"--relay-ip={self.host}",
                f"--listening-port={self.port}", f"--tls-listening-port={self.tls_port}",
                "--allow-loopback-peers", "--log-file=stdout", "--simple-log",
                f"--userdb={self._folder / 'users'}", f"--pidfile={self._folder / 'pid'}", *tls,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        await self.until_logged("(admin thread)")

    async def until_logged(self, words: str) -> None:
        """Wait until coturn has written these words."""
        assert self._process is not None
        async with asyncio.timeout(10):
            while words not in self.log:
                assert self._process.returncode is None, f"coturn ended: {self.log[-3000:]}"
                # No event reports what it writes.
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
