"""Measure the screen's cost in bytes, and the time from key to picture.

Run by hand, on an idle machine: python -m tests.bench.screen

The real program on a pseudo-terminal of 100x30, with the real engine; calls
are made to the echo line, and through a real Kamailio for one that rings.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.media import sound
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from tests.support.screen import manyrows
from tests.support.screen.pty import OnPty
from voip.model import CallState
from voip.protocol.calls import Hold

COLUMNS, ROWS = 100, 30
_OFFHOOK = str(Path(sys.executable).with_name("offhook"))
_QUIET_S = 0.3
_DOWN, _PAGE_DOWN, _END, _ESCAPE = "\x1b[B", "\x1b[6~", "\x1b[F", "\x1b"


def print_figure(what: str, figure: str) -> None:
    print(f"{what:<58} {figure}", flush=True)


@asynccontextmanager
async def a_phone(folder: Path, rows: int = 0) -> AsyncIterator[Phone]:
    phone = Phone(folder)
    if rows:
        (folder / "state").mkdir(parents=True, mode=0o700)
        manyrows.fill(folder / "state" / "history.db", rows)
    await phone.start()
    try:
        yield phone
    finally:
        await phone.stop()


def opened(phone: Phone, over_ssh: bool) -> OnPty:
    environment = phone.environment | {
        "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8",
    }  # fmt: skip
    environment.pop("SSH_CONNECTION", None)
    # All but a user's first start find compiled modules.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if over_ssh:
        environment["SSH_CONNECTION"] = "192.0.2.1 50000 192.0.2.2 22"
    return OnPty([_OFFHOOK], environment, COLUMNS, ROWS)


def settled(screen: OnPty) -> None:
    """Read until nothing has come for a moment, or a second has passed."""
    end = time.perf_counter() + 1.0
    while screen.read(_QUIET_S) and time.perf_counter() < end:
        pass


def per_second(screen: OnPty, seconds: float) -> float:
    return len(screen.listen(seconds)) / seconds


def away_from_a_minutes_turn(seconds: float) -> None:
    left = 60 - time.time() % 60
    if left < seconds + 1:
        time.sleep(left + 1)


async def in_thread(work: Callable[[], float]) -> float:
    return await asyncio.to_thread(work)


async def measure_bytes(folder: Path, over_ssh: bool, seconds: float) -> None:
    where = "over SSH" if over_ssh else "local"
    speech = sound.speak(folder / "speech.wav", "The quick brown fox jumps. " * 40)
    async with a_phone(folder / "p") as phone:
        screen = opened(phone, over_ssh)
        await in_thread(lambda: screen.until(lambda text: "Add an account" in text))
        settled(screen)
        screen.press(_ESCAPE)
        await asyncio.to_thread(settled, screen)
        away_from_a_minutes_turn(seconds)
        # A redraw of the clock in that time would count as drawn while idle.
        await asyncio.to_thread(settled, screen)
        quiet = await in_thread(lambda: float(len(screen.listen(seconds))))
        print_figure(f"idle, {seconds:g} s ({where})", f"{quiet:8.0f} bytes")

        call = await phone.call("echo", play=str(speech))
        await phone.until_state(call, CallState.ACTIVE)
        await asyncio.to_thread(screen.listen, 6.0)
        rate = await in_thread(lambda: per_second(screen, seconds))
        print_figure(f"one active call with voice and meters ({where})", f"{rate:8.0f} bytes/s")
        await phone.client.ask(Hold(call=call))
        await phone.until_state(call, CallState.HELD)
        await asyncio.to_thread(settled, screen)
        rate = await in_thread(lambda: per_second(screen, seconds))
        print_figure(f"the call on hold ({where})", f"{rate:8.0f} bytes/s")
        await asyncio.to_thread(screen.end)


async def measure_ringing(folder: Path, over_ssh: bool, seconds: float) -> None:
    where = "over SSH" if over_ssh else "local"
    authority = Authority(folder / "pki")
    leaf = authority.issue("kamailio", dns=[DOMAIN], addresses=[LOOPBACK])
    server = Kamailio(folder / "kamailio", leaf)
    await server.start()
    try:
        async with a_phone(folder / "a") as alice, a_phone(folder / "b") as bob:
            for phone, user in ((alice, "alice"), (bob, "bob")):
                await phone.add_secure(user, LOOPBACK, server.tls_port, authority.file)
                await phone.until_registered(user)
            screen = opened(alice, over_ssh)
            await in_thread(lambda: screen.until(lambda text: "registered" in text))
            await asyncio.to_thread(settled, screen)
            await bob.call(f"alice@{DOMAIN}")
            await alice.until_call(lambda call: call.state is CallState.INCOMING)
            first = await in_thread(lambda: float(len(screen.listen(1.5))))
            print_figure(f"an incoming call appears ({where})", f"{first:8.0f} bytes")
            rate = await in_thread(lambda: per_second(screen, seconds))
            print_figure(f"and rings ({where})", f"{rate:8.0f} bytes/s")
            await asyncio.to_thread(screen.end)
    finally:
        await server.stop()


async def measure_keys(folder: Path, keys: int) -> None:
    async with a_phone(folder / "p", rows=1000) as phone:
        call = await phone.call("echo")
        await phone.until_state(call, CallState.ACTIVE)
        starts = []
        for _ in range(5):
            screen = opened(phone, over_ssh=False)
            shown = await in_thread(lambda: screen.until(lambda text: "active" in text))  # noqa: B023
            starts.append(shown - screen.started)
            await asyncio.to_thread(settled, screen)
            if len(starts) < 5:
                await asyncio.to_thread(screen.end)
        print_figure(
            "start to the running call on the screen, 5 starts",
            f"{statistics.median(starts) * 1000:8.0f} ms median, {max(starts) * 1000:.0f} ms worst",
        )
        for what, pair in (
            ("cursor down (here alone)", (_DOWN, _DOWN)),
            ("mute, unmute (engine and worker, and back)", ("m", "m")),
        ):
            times = await asyncio.to_thread(latencies, screen, pair, keys)
            p95 = statistics.quantiles(times, n=20)[-1]
            print_figure(
                f"key to changed screen: {what}, {len(times)} keys",
                f"{statistics.median(times) * 1000:8.1f} ms median, {p95 * 1000:.1f} ms p95",
            )
        await asyncio.to_thread(screen.end)


def latencies(screen: OnPty, keys: tuple[str, str], count: int) -> list[float]:
    """Times from each key to the first change outside the call's clock."""
    times: list[float] = []
    for number in range(count):
        before = without_time(screen)
        pressed = time.perf_counter()
        screen.press(keys[number % 2])
        while without_time(screen) == before and time.perf_counter() - pressed < 5:
            screen.read(1.0)
        times.append(time.perf_counter() - pressed)
        screen.listen(0.05)
    return times


def without_time(screen: OnPty) -> object:
    """Text and style of the screen, without the lines of time and sound."""
    shown = screen.screen.display
    return [
        [tuple(screen.screen.buffer[y][x]) for x in range(COLUMNS)]
        for y in range(ROWS)
        if "active" not in shown[y] and " in " not in shown[y]
    ]


async def measure_log(folder: Path, over_ssh: bool) -> None:
    where = "over SSH" if over_ssh else "local"
    async with a_phone(folder / "p", rows=manyrows.ROWS) as phone:
        screen = opened(phone, over_ssh)
        await in_thread(lambda: screen.until(lambda text: "Add an account" in text))
        shown = await in_thread(lambda: screen.until(lambda text: "100,000 calls" in text))
        print_figure(f"100,000 rows: start to the first of them ({where})",
            f"{(shown - screen.started) * 1000:8.0f} ms")  # fmt: skip
        screen.press(_ESCAPE)
        await asyncio.to_thread(settled, screen)
        for what, key, count in (("line", _DOWN, 100), ("page", _PAGE_DOWN, 50)):
            sizes, times = await asyncio.to_thread(scrolled, screen, key, count)
            print_figure(
                f"scrolling by a {what} ({where}), {count} times",
                f"{statistics.mean(sizes):8.0f} bytes, {statistics.median(times) * 1000:.1f} ms"
                f" median, {max(times) * 1000:.1f} ms worst",
            )
        before = screen.text()
        pressed = time.perf_counter()
        screen.press(_END)
        done = await in_thread(
            lambda: screen.until(lambda text: text != before and "…\n" not in text)
        )
        print_figure(f"to the oldest row ({where})", f"{(done - pressed) * 1000:8.1f} ms")
        screen.press("/")
        await asyncio.to_thread(settled, screen)
        for what, text in (("frequent", manyrows.FREQUENT), ("rare", manyrows.RARE)):
            for letter in text:
                screen.press(letter)
                pressed = time.perf_counter()
                screen.listen(0.03)
            done = await in_thread(
                lambda: screen.until(lambda shown: f"{text} · " in shown and "100,000" not in shown)  # noqa: B023
            )
            print_figure(f"search for a {what} text, last key to rows ({where})",
                f"{(done - pressed) * 1000:8.1f} ms")  # fmt: skip
            screen.press("\x15")  # empties the line
            await asyncio.to_thread(settled, screen)
        await asyncio.to_thread(screen.end)


def scrolled(screen: OnPty, key: str, count: int) -> tuple[list[int], list[float]]:
    sizes: list[int] = []
    times: list[float] = []
    for _ in range(count):
        pressed = time.perf_counter()
        screen.press(key)
        data = screen.read(2.0)
        times.append(time.perf_counter() - pressed)
        sizes.append(len(data) + len(screen.listen(0.08)))
    return sizes, times


async def measure(seconds: float, keys: int) -> None:
    with tempfile.TemporaryDirectory(prefix="oh-", dir="/tmp") as name:
        folder = Path(name)
        for number, over_ssh in enumerate((True, False)):
            for part, work in (
                ("b", measure_bytes(folder / f"b{number}", over_ssh, seconds)),
                ("r", measure_ringing(folder / f"r{number}", over_ssh, seconds)),
                ("l", measure_log(folder / f"l{number}", over_ssh)),
            ):
                (folder / f"{part}{number}").mkdir()
                await work
        await measure_keys(folder / "k", keys)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--seconds", type=float, default=20.0, help="of each measuring of bytes")
    words.add_argument("--keys", type=int, default=200, help="of each measuring of time")
    given = words.parse_args()
    asyncio.run(measure(given.seconds, given.keys))


if __name__ == "__main__":
    main()
