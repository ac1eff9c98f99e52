"""Measure many calls in one worker that has one core, hours of calls, and many people.

Run by hand, on an idle machine:

    python -m tests.bench.scale calls [--calls 8 16 32 64]
    python -m tests.bench.scale conference
    python -m tests.bench.scale soak [--minutes 60]
    python -m tests.bench.scale people [--contacts 5000] [--rows 1000000]

A real engine and a real worker call through a real Kamailio, with TLS and SRTP (SDES) and
G.711, and send a file into each call. The worker is kept on the first core, all else on
the others. The far end counts what arrives: packets against what 20 ms asks for, missing
sequence numbers, and packets that came more than 40 ms after the one before. What this
bench or the phone's sockets had no room for is counted apart.

- calls: rounds of hold, resume, mute and status while all calls are up, and the time to
  the reply of each; then all hang up. The goal with 64 is no packet lost, and each reply
  within 100 ms.
- conference: eight calls joined; silencing and talking aside.
- soak: 20 calls with holds, new keys and refreshed sessions of the far end, and calls that
  end and begin, one of each in five seconds; half of the calls last to the end. Each minute
  has the memory, file descriptors and threads of worker and engine. The goal of an hour is
  that none of them grows.
- people: an engine alone, with contacts and a call log, beside one with neither. The goal is
  50 ms a key, and a start that takes at most a tenth longer.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path

from tests.bench.scale.people import people
from tests.bench.scale.rig import Rig, Times
from tests.bench.scale.soak import soak
from voip.protocol.calls import (
    HangUp,
    Hold,
    JoinCalls,
    Mute,
    Play,
    Resume,
    SilenceParty,
    TalkAside,
)
from voip.protocol.client import AnyCommand
from voip.protocol.phone import GetStatus

_SETTLE_S = 3.0
_PARTIES = 8


class _Use:
    """CPU of a worker and its engine from here on."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._began = time.monotonic()
        self._spent = rig.cpu_s()

    def line(self) -> str:
        seconds = time.monotonic() - self._began
        worker, engine = (
            100 * (now - before) / seconds
            for now, before in zip(self._rig.cpu_s(), self._spent, strict=True)
        )
        memory = self._rig.memory_mb()
        return (
            f"  worker {worker:.1f} % of a core and {memory[0]:.1f} MB, engine {engine:.1f} % and "
            f"{memory[1]:.1f} MB"
        )


async def _calls(rig: Rig, number: int, seconds: float) -> None:
    while len(rig.calls) < number:
        await rig.call()
    await asyncio.sleep(_SETTLE_S)
    use = _Use(rig)
    await rig.begin()
    await asyncio.sleep(seconds)
    quiet = await rig.count()
    print(f"{number} calls for {seconds:.0f} s\n{use.line()}\n{quiet.line()}", flush=True)
    times, use = Times(), _Use(rig)
    await rig.begin()
    until = time.monotonic() + seconds
    turn = 0
    while time.monotonic() < until:
        call = rig.calls[turn % number]
        turn += 1
        for what, command in _commands(call):
            await rig.ask(times, what, command)
    busy = await rig.count()
    print(f"{number} calls, commands one after the other\n{use.line()}\n{busy.line()}")
    print("\n".join(times.lines()), flush=True)


def _commands(call: str) -> tuple[tuple[str, AnyCommand], ...]:
    return (
        ("status", GetStatus()),
        ("mute", Mute(call=call)),
        ("unmute", Mute(call=call, on=False)),
        ("hold", Hold(call=call)),
        ("resume", Resume(call=call)),
    )


async def _hang_up(rig: Rig) -> None:
    """Hang up all calls, and print how long that took."""
    times = Times()
    for call in rig.calls:
        await rig.ask(times, "hang up", HangUp(call=call))
    for call in rig.calls:
        await rig.phone.until_logged(call)
    rig.calls.clear()
    print("\n".join(times.lines()), flush=True)


async def _conference(rig: Rig, seconds: float) -> None:
    await _calls(rig, _PARTIES, seconds)
    ask = rig.phone.client.ask
    for call in rig.calls:
        await ask(Play(call=call, path=None))
    await ask(JoinCalls(calls=tuple(rig.calls)))
    await asyncio.sleep(_SETTLE_S)
    use, times = _Use(rig), Times()
    await rig.begin()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for call in rig.calls:
            await rig.ask(times, "silence", SilenceParty(call=call))
            await rig.ask(times, "let speak", SilenceParty(call=call, on=False))
            await rig.ask(times, "aside", TalkAside(call=call))
            await rig.ask(times, "join", JoinCalls(calls=tuple(rig.calls)))
            await asyncio.sleep(0.5)
    joined = await rig.count()
    print(f"a conference of {_PARTIES}\n{use.line()}\n{joined.line()}")
    print("\n".join(times.lines()), flush=True)


async def _main(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="oh-", dir="/tmp") as folder:
        if arguments.part == "people":
            await people(Path(folder), arguments.contacts, arguments.rows)
            return
        rig = Rig(Path(folder), core=min(os.sched_getaffinity(0)))
        try:
            await rig.start()
            print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
            if arguments.part == "calls":
                for number in arguments.calls:
                    await _calls(rig, number, arguments.seconds)
                await _hang_up(rig)
            elif arguments.part == "conference":
                await _conference(rig, arguments.seconds)
                await _hang_up(rig)
            else:
                await soak(rig, arguments.minutes)
            print(f"load {os.getloadavg()[0]:.1f}")
        finally:
            await rig.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=("calls", "conference", "soak", "people"))
    parser.add_argument("--calls", type=int, nargs="+", default=[8, 16, 32, 64], metavar="N",
                        help="how many at once")  # fmt: skip
    parser.add_argument("--seconds", type=float, default=30, help="of each measurement")
    parser.add_argument("--minutes", type=float, default=60, help="of the soak")
    parser.add_argument("--contacts", type=int, default=5_000, help="how many people")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the call log")
    asyncio.run(_main(parser.parse_args()))
