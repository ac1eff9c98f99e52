"""Soak: calls that hold, change keys, refresh sessions, end and begin, for an hour."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.bench.scale.rig import Count, Rig, Times
from voip.protocol.calls import HangUp, Hold, Play, Resume

_CALLS = 20
_LASTING = 10
"""Calls that last for the whole soak; the others end in turns."""

_STEP_S = 1.0
_REGISTER_EACH_S = 300
_PLAY_EACH_S = 480
_OWN = re.compile(r"^RssAnon:\s+(\d+) kB", re.MULTILINE)
_WARM = 0.2
"""Share of the soak at its beginning in which memory may grow."""
_GROWTH = 0.02
"""Share of its size by which something may grow in an hour."""


class Reading(NamedTuple):
    """Memory (MB), file descriptors and threads of a process.

    The memory is its own (RssAnon of proc(5)): shares of common pages come and go with
    other processes.
    """

    memory: float
    files: float
    threads: float


def _reading(pid: int) -> Reading:
    process = Path(f"/proc/{pid}")
    counts = [float(len(list((process / part).iterdir()))) for part in ("fd", "task")]
    found = _OWN.search((process / "status").read_text())
    assert found is not None
    return Reading(int(found[1]) / 1024, *counts)


class _Soak:
    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._held: list[str] = []
        self._turn = 0
        self.times = Times()
        self.done: dict[str, int] = {}

    async def play(self) -> None:
        """Send the file again into the calls that last: it is shorter than they are."""
        for call in self._rig.calls[:_LASTING]:
            await self._rig.phone.client.ask(Play(call=call, path=str(self._rig.tone)))

    async def step(self, kind: int) -> None:
        """Do one of five things."""
        rig = self._rig
        # Nobody waits for an event now, and an hour of them is large.
        rig.phone.events.clear()
        match kind:
            case 0:
                self._turn += 1
                call = rig.calls[self._turn % len(rig.calls)]
                self._held.append(call)
                await rig.ask(self.times, "hold", Hold(call=call))
            case 1 | 2:
                calls = await rig.far("change", calls=1, **{"new keys": kind == 1})
                self._count("new keys" if kind == 1 else "refreshed", calls)
            case 3:
                call = self._held.pop()
                await rig.ask(self.times, "resume", Resume(call=call))
                self._count("held and resumed", 1)
            case 4:
                call = rig.calls.pop(_LASTING)
                await rig.ask(self.times, "hang up", HangUp(call=call))
                await rig.phone.until_logged(call)
                await rig.call()
                self._count("ended and begun", 1)

    def _count(self, what: str, number: int) -> None:
        self.done[what] = self.done.get(what, 0) + number


async def soak(rig: Rig, minutes: float) -> None:
    """Run it and print a line a minute, then whether anything grows."""
    while len(rig.calls) < _CALLS:
        await rig.call()
    running = _Soak(rig)
    readings: list[tuple[Reading, Reading]] = []
    packets = lost = late = unread = 0
    began = time.monotonic()
    registered = played = minute = began
    await rig.begin()
    spent = rig.cpu_s()
    for kind in itertools.cycle(range(5)):
        now = time.monotonic()
        if now - minute >= 60:
            count = await rig.count()
            await rig.begin()
            packets, lost = packets + count.packets, lost + count.lost
            late, unread = late + count.late, unread + count.unread
            readings.append((_reading(rig.worker), _reading(rig.engine)))
            used = rig.cpu_s()
            _print_minute(len(readings), readings[-1], count, used[0] - spent[0], now - minute)
            spent, minute = used, now
            if now - began >= minutes * 60:
                break
        if now - registered >= _REGISTER_EACH_S:
            await rig.far("register")
            registered = now
        if now - played >= _PLAY_EACH_S:
            await running.play()
            played = now
        await running.step(kind)
        await asyncio.sleep(max(0.0, now + _STEP_S - time.monotonic()))
    print("; ".join(f"{what} {number} times" for what, number in running.done.items()))
    print(f"{packets} packets, lost {lost}, late {late}, dropped at the phone {unread}")
    print("\n".join(running.times.lines()))
    for number, process in enumerate(("worker", "engine")):
        for place, what in enumerate(("memory, MB", "file descriptors", "threads")):
            values = [reading[number][place] for reading in readings]
            print(f"{process}: {what} {trend(values)}")


def _print_minute(
    minute: int, readings: Sequence[Reading], count: Count, cpu_s: float, seconds: float
) -> None:
    sizes = ", ".join(
        f"{name} {r.memory:.2f} MB {r.files:.0f} files {r.threads:.0f} threads"
        for name, r in zip(("worker", "engine"), readings, strict=True)
    )
    print(
        f"minute {minute}: {sizes}; CPU {100 * cpu_s / seconds:.1f} %; lost {count.lost}, late "
        f"{count.late}, longest {count.longest_ms:.0f} ms, not ours {count.strange}, dropped at "
        f"the far end {count.dropped}, at the phone {count.unread}",
        flush=True,
    )


def trend(values: Sequence[float]) -> str:
    """Growth an hour by a fitted line, and whether it is more than chance."""
    rest = values[int(len(values) * _WARM) :]
    if len(rest) < 4:
        return "too short to say"
    (slope, _), covariance = np.polyfit(range(len(rest)), rest, 1, cov=True)
    error = float(np.sqrt(covariance[0][0]))
    grows = slope > 2 * error and 60 * slope > _GROWTH * rest[0]
    return (
        f"{'GROW' if grows else 'flat'}: {rest[0]:.2f} to {rest[-1]:.2f}, "
        f"{60 * slope:+.2f} ± {60 * error:.2f} an hour"
    )
