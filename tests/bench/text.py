"""Measure real-time text between two phones, over TLS and SRTP, in real time.

Run by hand, on an idle machine: python -m tests.bench.text [--minutes 10] [--rate 20]

Both sides of a call through a Kamailio write single characters, RATE in a second, as
clients of their phones. Each character is another one, so that one that is lost, comes
twice or comes late is noticed. The delay is from the client's command until the client
of the other phone has the character; PJSIP sends what was written in 0.3 s at once.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.call.messages.talking import secure, talking
from tests.support.attached import connect
from tests.support.network.ports import LOOPBACK
from tests.support.parts import Parts
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.client.stream import Client
from voip.protocol.people import RealtimeTextEvent, SendRealtimeText
from voip.protocol.phone import Subscribe
from voip.texts import LOST

_FIRST = 0x4E00
_CHARACTERS = 20_000
"""Ideographs, each of which is written once before it may be written again."""

_PATIENCE_S = 10.0


class _Writer:
    """What one side writes, and what of it the other side's client gets."""

    def __init__(self, writer: Phone, call: str) -> None:
        self._writer = writer
        self._call = call
        self._written: dict[str, float] = {}
        self._next = 0
        self._news = asyncio.Event()
        self.sent = self.marked = self.strange = 0
        self.delays: list[float] = []

    async def write(self, rate: float, seconds: float) -> None:
        began = time.perf_counter()
        for number in range(round(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            char = chr(_FIRST + number % _CHARACTERS)
            self._written[char] = time.perf_counter()
            await self._writer.client.ask(SendRealtimeText(call=self._call, text=char))
            self.sent += 1

    async def read(self, reader: Client) -> None:
        async for numbered in reader.events():
            event = numbered.event
            if isinstance(event, RealtimeTextEvent) and not event.ours:
                now = time.perf_counter()
                for char in event.text:
                    self._note(char, now)

    def _note(self, char: str, now: float) -> None:
        written = self._written.pop(char, None)
        if char == LOST:
            self.marked += 1
        elif written is None or ord(char) != _FIRST + self._next % _CHARACTERS:
            self.strange += 1
        if char != LOST and written is not None:
            self._next = ord(char) - _FIRST + 1
            self.delays.append(now - written)
        self._news.set()

    async def settle(self) -> None:
        """Wait for what is on its way."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                while self._written:
                    self._news.clear()
                    await self._news.wait()

    def __str__(self) -> str:
        delays = sorted(self.delays) or [0.0]
        return (
            f"sent {self.sent}, received {len(self.delays)}, "
            f"lost {self.sent - len(self.delays)}, marks {self.marked}, "
            f"twice or out of order {self.strange}, "
            f"delay median {statistics.median(delays) * 1000:.0f} ms, "
            f"95 % {delays[int(len(delays) * 0.95)] * 1000:.0f} ms, "
            f"longest {delays[-1] * 1000:.0f} ms"
        )


class _Reading:
    """A client that follows a phone."""

    client: Client

    def __init__(self, phone: Phone) -> None:
        self._phone = phone

    async def start(self) -> None:
        self.client = await connect(self._phone.socket)
        await self.client.ask(Subscribe())

    async def stop(self) -> None:
        await self.client.__aexit__(None, None, None)


async def main(minutes: float, rate: float) -> int:
    with tempfile.TemporaryDirectory(prefix="oh-", dir="/tmp") as name:
        place = Path(name)
        authority = Authority(place / "ca")
        leaf = authority.issue("kamailio", dns=[DOMAIN, "localhost"], addresses=[LOOPBACK])
        async with Parts() as parts:
            server = await parts.begin(Kamailio(place / "kamailio", leaf))

            async def new_phone(name: str = "p", audio: str | None = "null") -> Phone:
                return await parts.begin(Phone(place / name, audio))

            talk = await talking(new_phone, secure(server, authority))
            sides = {
                "alice": _Writer(talk.alice, talk.a),
                "bob": _Writer(talk.bob, talk.b),
            }
            reading = []
            for side, reader in zip(sides.values(), (talk.bob, talk.alice), strict=True):
                client = await parts.begin(_Reading(reader))
                reading.append(asyncio.create_task(side.read(client.client)))
            began = time.perf_counter()
            await asyncio.gather(*(side.write(rate, minutes * 60) for side in sides.values()))
            took = time.perf_counter() - began
            for side in sides.values():
                await side.settle()
            for task in reading:
                task.cancel()
        print(f"{minutes:g} minutes at {rate:g} characters a second, written in {took:.1f} s")
        for name, side in sides.items():
            print(f"{name}: {side}")
    return 0 if all(side.sent == len(side.delays) for side in sides.values()) else 1


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--rate", type=float, default=20.0)
    chosen = options.parse_args()
    sys.exit(asyncio.run(main(chosen.minutes, chosen.rate)))
