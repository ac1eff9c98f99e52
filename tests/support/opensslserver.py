"""OpenSSL's own server, `openssl s_server`: what it is told to be, and what it was sent."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from tests.support.pki import Leaf
from tests.support.ports import LOOPBACK, free_port


class OpensslServer:
    """`words` are more options of s_server; `sent` is what clients said inside TLS."""

    def __init__(
        self, leaf: Leaf | None, *words: str, host: str = LOOPBACK, port: int | None = None
    ) -> None:
        shown = ["-nocert"]
        if leaf is not None:
            shown = ["-cert", str(leaf.certificate), "-key", str(leaf.key)]
        self.host = host
        self.port = free_port() if port is None else port
        self._words = [*shown, "-accept", f"{host}:{self.port}", *words]
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self._output = b""

    async def start(self) -> None:
        self._output = b""
        # Its standard input stays open: it ends a connection when that does.
        self._process = await asyncio.create_subprocess_exec(
            "openssl", "s_server", *self._words, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read())
        await self.until("ACCEPT")

    async def stop(self) -> None:
        assert self._process is not None
        assert self._reading is not None
        self._process.kill()
        await self._process.wait()
        await self._reading

    @property
    def output(self) -> str:
        return self._output.decode(errors="replace")

    async def until(self, text: str) -> str:
        """What the server has printed, once `text` is in it."""

        async def find() -> None:
            async with self._news:
                while text not in self.output:
                    assert self._reading is not None
                    assert not self._reading.done(), f"s_server ended: {self.output}"
                    await self._news.wait()

        await asyncio.wait_for(find(), 20)
        return self.output

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while data := await self._process.stdout.read(65536):
            async with self._news:
                self._output += data
                self._news.notify_all()
        async with self._news:
            self._news.notify_all()


def self_made(folder: Path, host: str, *words: str) -> Leaf:
    """A certificate for an address that signs itself, made by openssl as `words` say."""
    folder.mkdir(parents=True, exist_ok=True)
    leaf = Leaf(folder / "self.pem", folder / "self.key")
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=pbx",
         "-addext", f"subjectAltName=IP:{host}", "-out", str(leaf.certificate),
         "-keyout", str(leaf.key), *words],
        check=True, capture_output=True,
    )  # fmt: skip
    return leaf
