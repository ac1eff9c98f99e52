"""A colleague's phone at a Kamailio, with a tone of its own, and what it hears."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import wave
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.media.sound import tail
from tests.support.media.voice import tones_in
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from voip.protection import Transport

_PATIENCE_S = 30
_RATE = 16000
_STALE_S = 0.5
_LATELY_S = 0.25
_LOG = 5000


def write_tone(path: Path, hertz: int, seconds: float = 1.0) -> Path:
    """A WAV file that can be repeated without a break."""
    samples = 8000 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * _RATE)) / _RATE)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE)
        out.writeframes(samples.astype("<i2").tobytes())
    return path


class Hearing:
    """Tones at the end of a recording that a phone writes."""

    def __init__(self, path: Path, tones: tuple[int, ...]) -> None:
        self.path = path
        self._tones = tones
        self._size = 0
        self._grown_at = time.monotonic()

    def lately(self) -> frozenset[int]:
        """Tones in the last quarter of a second; none once nothing is written."""
        if not self.path.exists():
            return frozenset()
        size = self.path.stat().st_size
        now = time.monotonic()
        if size != self._size:
            self._size, self._grown_at = size, now
        samples, rate = tail(self.path, _LATELY_S)
        if len(samples) < int(_LATELY_S * rate) or now - self._grown_at > _STALE_S:
            return frozenset()
        return tones_in(samples / 32768, rate, self._tones)


class Colleague:
    """A phone of `user` that says `hertz` and answers with the status `answer`."""

    def __init__(
        self,
        folder: Path,
        user: str,
        server: Kamailio,
        authority: Path,
        transport: Transport,
        hertz: int,
        tones: tuple[int, ...],
        answer: int = 200,
    ) -> None:
        self._folder = folder
        port = server.tls_port if transport is Transport.TLS else server.port
        self._settings = {
            "user": user,
            "password": f"secret-{user}",
            "domain": DOMAIN,
            "server": f"{LOOPBACK}:{port}",
            "transport": transport.value,
            "ca_file": str(authority),
            "tone": str(folder / "tone.wav"),
            "recording": str(folder / "heard.wav"),
            "answer": answer,
        }
        self._hertz = hertz
        self._news = asyncio.Condition()
        self.hearing = Hearing(folder / "heard.wav", tones)
        self.events: list[dict[str, Any]] = []

    async def start(self) -> None:
        """Start it, and wait until it can be called."""
        self._folder.mkdir()
        write_tone(self._folder / "tone.wav", self._hertz)
        with (self._folder / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.support.colleague.process",
                json.dumps(self._settings),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        self._task = asyncio.create_task(self._follow())
        registration = await self.until("registration")
        assert registration["code"] == 200, registration

    async def until(self, event: str, **fields: object) -> dict[str, Any]:
        """First event of a kind with these fields."""

        def first() -> dict[str, Any] | None:
            wanted = {"event": event, **fields}.items()
            return next((e for e in self.events if wanted <= e.items()), None)

        async with self._news:
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await self._news.wait_for(lambda: first() is not None)
            except TimeoutError:
                raise AssertionError(f"no {event} {fields} in {self.events}:\n{self.log}") from None
        found = first()
        assert found is not None
        return found

    @property
    def log(self) -> str:
        """End of what PJSIP has said."""
        return (self._folder / "log").read_text()[-_LOG:]

    def takes(self) -> None:
        """Answer the calls that ring."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"answer\n")

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        async with asyncio.timeout(_PATIENCE_S):
            assert await self._process.wait() == 0
        await self._task

    async def _follow(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            async with self._news:
                self.events.append(json.loads(line))
                self._news.notify_all()
