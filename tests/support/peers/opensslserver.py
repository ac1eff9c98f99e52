"""OpenSSL's own server and client, with their options and output."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from pathlib import Path

from tests.support.network.ports import LOOPBACK, free_port
from tests.support.pki import Leaf

USE_SRTP = ("-use_srtp", "SRTP_AES128_CM_SHA1_80")
"""Options of a side that agrees on keys for SRTP (RFC 5764 section 4.1.2)."""

_PATIENCE_S = 20


class OpensslProgram:
    """`openssl` with `words` until it is stopped; up once it prints `sign`."""

    def __init__(self, sign: str, *words: str) -> None:
        self._sign = sign
        self._words = words
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self._output = b""

    async def start(self) -> None:
        self._output = b""
        # A closed standard input would end the connection.
        self._process = await asyncio.create_subprocess_exec(
            "openssl", *self._words, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read())
        await self.until(self._sign)

    async def stop(self) -> None:
        assert self._process is not None
        assert self._reading is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reading

    async def end(self) -> str:
        """All its output, once it has ended by itself."""
        assert self._reading is not None
        try:
            await asyncio.wait_for(asyncio.shield(self._reading), _PATIENCE_S)
        except TimeoutError:
            raise AssertionError(f"{self._words[0]} goes on: {self.output}") from None
        return self.output

    @property
    def output(self) -> str:
        return self._output.decode(errors="replace")

    async def until(self, text: str) -> str:
        """Its output, once `text` is in it."""

        async def find() -> None:
            async with self._news:
                while text not in self.output:
                    assert self._reading is not None
                    assert not self._reading.done(), f"{self._words[0]} ended: {self.output}"
                    await self._news.wait()

        try:
            await asyncio.wait_for(find(), _PATIENCE_S)
        except TimeoutError:
            raise AssertionError(f"no “{text}” from {self._words[0]}: {self.output}") from None
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


class OpensslServer(OpensslProgram):
    """`openssl s_server`; `words` are more options."""

    def __init__(
        self, leaf: Leaf | None, *words: str, host: str = LOOPBACK, port: int | None = None
    ) -> None:
        self.host = host
        datagrams = any(word.startswith("-dtls") for word in words)
        kind = socket.SOCK_DGRAM if datagrams else socket.SOCK_STREAM
        self.port = free_port(kind) if port is None else port
        accept = ("-accept", f"{host}:{self.port}")
        super().__init__("ACCEPT", "s_server", *_shown(leaf), *accept, *words)


class OpensslClient(OpensslProgram):
    """A client, `openssl s_client`, of a DTLS server at an address."""

    def __init__(self, leaf: Leaf, address: str, *words: str) -> None:
        connect = ("-dtls1_2", "-connect", address)
        super().__init__("CONNECTED", "s_client", *connect, *_shown(leaf), *USE_SRTP, *words)


def _shown(leaf: Leaf | None) -> tuple[str, ...]:
    if leaf is None:
        return ("-nocert",)
    return ("-cert", str(leaf.certificate), "-key", str(leaf.key))


def self_made(folder: Path, host: str, *words: str) -> Leaf:
    """A self-signed certificate for an address; `words` are openssl's options."""
    folder.mkdir(parents=True, exist_ok=True)
    leaf = Leaf(folder / "self.pem", folder / "self.key")
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=pbx",
         "-addext", f"subjectAltName=IP:{host}", "-out", str(leaf.certificate),
         "-keyout", str(leaf.key), *words],
        check=True, capture_output=True,
    )  # fmt: skip
    return leaf
