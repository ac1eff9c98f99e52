"""Measure from a command, and from a key, to its request on the wire.

Run by hand, on an idle machine: python -m tests.bench.transfers [RUNS]

A transfer is measured beside a call. That is up over TLS, so the transfer puts it on
hold first. The key is Enter, on the dial line and in the box of transfers.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.support.peers import sip
from tests.support.peers.hostile import Client, own_host
from tests.support.peers.kamailio import DOMAIN
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority
from tests.support.screen.pty import OnPty
from voip.model import CallState
from voip.protection import Transport
from voip.protocol.calls import HangUp, TransferCall


class _Wire:
    """Moment at which the next request of a method arrives."""

    def __init__(self, party: Party) -> None:
        self._waiting: dict[str, asyncio.Future[float]] = {}
        party.intercepts = self._note

    def next(self, method: str) -> asyncio.Future[float]:
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting[method] = future
        return future

    def _note(self, _client: Client, message: sip.Message) -> bool:
        future = self._waiting.pop(message.method, None)
        if future is not None:
            future.set_result(time.perf_counter())
        return False


class _ByCommand:
    """Calls and transfers of a client."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone
        self._tasks: set[asyncio.Task[object]] = set()

    async def prepare(self, target: str) -> None:
        self._target = target

    async def call(self) -> None:
        self._tasks = {asyncio.create_task(self._phone.call(self._target))}

    async def transfer(self, call: str) -> None:
        await self._phone.client.ask(TransferCall(call=call, target=self._target))


class _ByKey:
    """Calls and transfers of somebody at the screen."""

    def __init__(self, screen: OnPty) -> None:
        self._screen = screen

    async def prepare(self, target: str) -> None:
        self._screen.press("t" if target == "bob" else "d")
        await asyncio.to_thread(self._screen.listen, 0.5)
        self._screen.press(target)
        await asyncio.to_thread(self._screen.listen, 1.0)

    async def call(self) -> None:
        self._screen.press("\r")

    async def transfer(self, call: str) -> None:
        self._screen.press("\r")


async def _once(
    phone: Phone, party: Party, wire: _Wire, by: _ByCommand | _ByKey
) -> tuple[float, float]:
    """Milliseconds to the INVITE of a call, and to the REFER of its transfer."""
    await by.prepare("alice")
    arrival, since = wire.next("INVITE"), len(phone.events)
    begun = time.perf_counter()
    await by.call()
    await party.take()
    to_invite = (await arrival - begun) * 1000
    # TCP holds back what follows the ACK at once, as no person does.
    up = await phone.until_call(lambda c: c.state is CallState.ACTIVE and c.duration_s > 1, since)
    await by.prepare("bob")
    arrival = wire.next("REFER")
    begun = time.perf_counter()
    await by.transfer(up.id)
    to_refer = (await arrival - begun) * 1000
    await phone.client.ask(HangUp(call=up.id))
    await phone.until_logged(up.id)
    await party.leave()
    return to_invite, to_refer


def _opened(phone: Phone) -> OnPty:
    environment = phone.environment | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    return OnPty([str(Path(sys.executable).with_name("offhook"))], environment, 100, 30)


async def main(runs: int) -> None:
    with tempfile.TemporaryDirectory(prefix="oh-", dir="/tmp") as folder:
        place = Path(folder)
        authority = Authority(place / "pki")
        host = own_host()
        leaf = authority.issue("party", addresses=[host])
        party = Party(host, Transport.TLS, leaf, 900, ())
        await party.start()
        phone = Phone(place / "p", fresh=True)
        await phone.start()
        await phone.add(
            "work", password="secret", user="reception", domain=DOMAIN,
            server=f"{host}:{party.server.port}", ca_file=str(authority.file),
        )  # fmt: skip
        await phone.until_registered("work")
        wire = _Wire(party)
        screen = await asyncio.to_thread(_opened, phone)
        await asyncio.to_thread(screen.until, lambda text: "registered" in text)
        for way, by in (("command", _ByCommand(phone)), ("key", _ByKey(screen))):
            measured = [await _once(phone, party, wire, by) for _ in range(runs)]
            for name, values in zip(("INVITE", "REFER"), zip(*measured, strict=True), strict=True):
                middle, worst = statistics.median(values), max(values)
                print(f"{way} to {name}: median {middle:.1f} ms, longest {worst:.1f} ms of {runs}")
        await asyncio.to_thread(screen.end)
        await phone.stop()
        await party.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
