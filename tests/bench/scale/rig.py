"""Rig of the bench: a phone whose worker has one core, Kamailio, and the far end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
import wave
from asyncio.subprocess import PIPE
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.peers.usage import cpu_s, pss_mb
from tests.bench.registered import USER
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState
from voip.protocol.client import AnyCommand
from voip.protocol.settings import Audio

_NEAR = "near"
_TONE_S = 600
_LIMIT = 1 << 20


@dataclass
class Times:
    """Milliseconds from each command to its reply, by what it does."""

    by_command: dict[str, list[float]] = field(default_factory=dict)

    async def note(self, what: str, work: Awaitable[object]) -> None:
        began = time.perf_counter()
        await work
        self.by_command.setdefault(what, []).append((time.perf_counter() - began) * 1000)

    def lines(self) -> list[str]:
        rows = []
        for what, values in self.by_command.items():
            ordered = sorted(values)
            middle, most = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
            rows.append(
                f"  {what:<9} median {middle:6.1f} ms, 95 % {most:6.1f} ms, "
                f"longest {ordered[-1]:6.1f} ms, {len(ordered)} times"
            )
        return rows


@dataclass(frozen=True)
class Count:
    """Packets of some seconds, all calls together.

    `asked` is what 20 ms asks for, `dropped` what this bench had no room for, `unread`
    what the phone's sockets had no room for.
    """

    packets: int
    asked: float
    lost: int
    late: int
    longest_ms: float
    strange: int
    dropped: int
    unread: int

    def line(self) -> str:
        return (
            f"  sent {self.packets} packets of {self.asked:.0f} that 20 ms asks for; lost "
            f"{self.lost}, late {self.late} (longest pause {self.longest_ms:.0f} ms), not ours "
            f"{self.strange}; dropped at the far end {self.dropped}, at the phone {self.unread}"
        )


class Rig:
    """`calls` are the ids of the calls that are up, oldest first."""

    def __init__(self, folder: Path, core: int) -> None:
        self._folder = folder
        self._cores = ({core}, set(os.sched_getaffinity(0)) - {core} or {core})
        self._authority = Authority(folder / "pki")
        leaf = self._authority.issue("server", dns=[DOMAIN], addresses=[LOOPBACK])
        self._server = Kamailio(folder / "kamailio", leaf)
        self.phone = Phone(folder / "phone", fresh=True)
        self.tone = folder / "tone.wav"
        self._far: asyncio.subprocess.Process | None = None
        self._asking = asyncio.Lock()
        self._unread = 0
        self.calls: list[str] = []

    async def start(self) -> None:
        os.sched_setaffinity(0, self._cores[1])
        _write_tone(self.tone)
        await self._server.start()
        self._far = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.scale.farend", str(self._server.port),
            stdin=PIPE, stdout=PIPE, limit=_LIMIT,
        )  # fmt: skip
        await self._answer()
        await self.phone.start()
        await self.phone.add_secure(_NEAR, LOOPBACK, self._server.tls_port, self._authority.file)
        await self.phone.until_registered(_NEAR)
        for pid in self.phone.worker_pids():
            for thread in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), self._cores[0])

    async def stop(self) -> None:
        await self.phone.stop()
        if self._far is not None:
            with contextlib.suppress(ProcessLookupError):
                self._far.kill()
            await self._far.wait()
        await self._server.stop()

    @property
    def worker(self) -> int:
        (pid,) = self.phone.worker_pids()
        return pid

    @property
    def engine(self) -> int:
        assert self.phone.process is not None
        return self.phone.process.pid

    # Calls

    async def call(self) -> str:
        """Begin a call that sends a file, and wait until it is up."""
        self.phone.events.clear()
        call = await self.phone.call(f"{USER}@{DOMAIN}", account=_NEAR, play=str(self.tone))
        await self.phone.until_state(call, CallState.ACTIVE)
        self.calls.append(call)
        return call

    async def ask(self, times: Times, what: str, command: AnyCommand) -> None:
        await times.note(what, self.phone.client.ask(command))

    # What the far end does and counts

    async def far(self, do: str, **more: object) -> Any:
        """Ask the far end; see `farend.FarEnd.obey`."""
        assert self._far is not None
        assert self._far.stdin is not None
        async with self._asking:
            self._far.stdin.write(json.dumps({"do": do, **more}).encode() + b"\n")
            return await self._answer()

    async def begin(self) -> None:
        """Count from now on."""
        self._unread = self._unread_now()
        await self.far("begin")

    async def count(self) -> Count:
        found = await self.far("count")
        lines = found["lines"]
        return Count(
            sum(line["packets"] for line in lines),
            sum(line["span"] for line in lines) / 0.02,
            sum(line["lost"] for line in lines),
            sum(line["late"] for line in lines),
            1000 * max((line["longest"] for line in lines), default=0.0),
            sum(line["strange"] for line in lines),
            found["dropped"],
            self._unread_now() - self._unread,
        )

    async def _answer(self) -> Any:
        assert self._far is not None
        assert self._far.stdout is not None
        line = await self._far.stdout.readline()
        assert line, "the far end has ended"
        return json.loads(line)

    # The phone's processes

    def cpu_s(self) -> tuple[float, float]:
        """CPU time of the worker, and of the engine."""
        return cpu_s([self.worker]), cpu_s([self.engine])

    def memory_mb(self) -> tuple[float, float]:
        """PSS of the worker, and of the engine."""
        return pss_mb([self.worker]), pss_mb([self.engine])

    def _unread_now(self) -> int:
        """Packets that the worker's UDP sockets have dropped (proc(5), udp)."""
        own = set()
        for file in Path(f"/proc/{self.worker}/fd").iterdir():
            with contextlib.suppress(OSError):
                own.add(str(file.readlink()))
        rows = [row.split() for row in Path("/proc/net/udp").read_text().splitlines()[1:]]
        return sum(int(row[-1]) for row in rows if f"socket:[{row[9]}]" in own)


def _write_tone(path: Path) -> None:
    """Write minutes of a tone at the bridge's rate."""
    rate = Audio().clock_rate
    second = 2500 * np.sin(2 * np.pi * 500 * np.arange(rate) / rate)
    data = second.astype("<i2").tobytes()
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        for _ in range(_TONE_S):
            out.writeframesraw(data)
