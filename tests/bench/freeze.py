"""Measure from a command to its effect on the wire, with trouble in the DNS.

Run by hand, on an idle machine: python -m tests.bench.freeze [RUNS]

In a network namespace of its own, with a call up at a server that is known by
its address, and three accounts that look for their servers without end: the
time from hold, resume, a tone, a new call and its end to the far end's socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

from tests.support.network.namespace import INSIDE, run_inside
from tests.support.peers import sip
from tests.support.peers.hostile import Client
from tests.support.peers.nameserver import NameServer
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import Call, CallState
from voip.protection import Transport
from voip.protocol.accounts import RegisterAccount
from voip.protocol.calls import HangUp, Hold, Resume, SendDigits

_HOST = "127.1.0.1"
_DOMAINS = {"tls": "a.test", "tcp": "b.test", "udp": "c.test"}
_FIRST_DYNAMIC = 96  # RFC 3551: payload types of telephone events, too


class _Wire:
    """Arrivals at the far end: methods of requests, and tones."""

    def __init__(self, party: Party) -> None:
        self._waiting: dict[str, asyncio.Future[float]] = {}
        party.intercepts = self._note_request

    def hear(self, party: Party) -> None:
        before = party.voice._note

        def note(data: bytes, at: int) -> None:
            if len(data) > 12 and data[1] & 0x7F >= _FIRST_DYNAMIC:
                self._come("tone")
            else:
                before(data, at)

        party.voice._note = note  # type: ignore[method-assign]

    async def takes(self, what: str, act: Callable[[], Awaitable[object]]) -> float:
        """Milliseconds from the command to `what` on the wire."""
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting[what] = future
        began = time.perf_counter()
        await act()
        return (await asyncio.wait_for(future, 60) - began) * 1000

    def _note_request(self, _client: Client, message: sip.Message) -> bool:
        self._come(message.method)
        return False

    def _come(self, what: str) -> None:
        future = self._waiting.pop(what, None)
        if future is not None:
            future.set_result(time.perf_counter())


@contextlib.asynccontextmanager
async def _searching(phone: Phone, trouble: str) -> AsyncIterator[None]:
    """Three accounts that look for their servers every half second.

    Or, `stuck`, that send to a server which accepts connections and reads nothing.
    """
    nameserver = NameServer("127.0.0.1")
    nameserver.is_silent = trouble == "silent"
    nameserver.delay_s = 30.0
    if trouble not in ("refused", "stuck"):
        await nameserver.start()
    server = {}
    stuck = socket.create_server((_HOST, 0))
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    if trouble == "stuck":
        server["server"] = "{}:{}".format(*stuck.getsockname())
    for name, domain in _DOMAINS.items():
        transport = "tcp" if trouble == "stuck" else name
        await phone.add(name, password="x", user="x", domain=domain, transport=transport, **server)

    async def ask() -> None:
        while True:
            for name in _DOMAINS:
                await phone.client.ask(RegisterAccount(account=name))
            await asyncio.sleep(0.5)

    task = asyncio.create_task(ask())
    try:
        yield
    finally:
        task.cancel()
        stuck.close()
        await nameserver.stop()


async def _call(phone: Phone, calls: list[str]) -> None:
    calls.append(await phone.call("bob", account="work"))


def _is_resumed(number: str) -> Callable[[Call], bool]:
    return lambda call: call.id == number and call.state is CallState.ACTIVE


async def _runs(phone: Phone, party: Party, wire: _Wire, runs: int) -> dict[str, list[float]]:
    client = phone.client
    times: dict[str, list[float]] = {}

    async def note(what: str, on_wire: str, act: Callable[[], Awaitable[object]]) -> None:
        times.setdefault(what, []).append(await wire.takes(on_wire, act))

    for _ in range(runs):
        calls: list[str] = []
        await note("call", "INVITE", partial(_call, phone, calls))
        (number,) = calls
        await party.take()
        wire.hear(party)
        await phone.until_state(number, CallState.ACTIVE)
        await note("tone", "tone", partial(client.ask, SendDigits(call=number, digits="5")))
        await note("hold", "INVITE", partial(client.ask, Hold(call=number)))
        await phone.until_state(number, CallState.HELD)
        position = len(phone.events)
        await note("resume", "INVITE", partial(client.ask, Resume(call=number)))
        await phone.until_call(_is_resumed(number), position)
        await note("hang up", "BYE", partial(client.ask, HangUp(call=number)))
        await phone.until_logged(number)
        await party.leave()
    return times


async def _measure(trouble: str, runs: int) -> None:
    with tempfile.TemporaryDirectory(prefix="oh-", dir="/tmp") as name:
        folder = Path(name)
        authority = Authority(folder / "pki")
        leaf = authority.issue("party", addresses=[_HOST])
        party = Party(_HOST, Transport.TLS, leaf, 450, ())
        await party.start()
        wire = _Wire(party)
        phone = Phone(folder / "phone", fresh=True)
        await phone.start()
        await phone.add_secure("work", _HOST, party.server.port, authority.file)
        await phone.until_registered("work")
        async with contextlib.AsyncExitStack() as stack:
            if trouble != "none":
                await stack.enter_async_context(_searching(phone, trouble))
            times = await _runs(phone, party, wire, runs)
        await phone.stop()
        await party.stop()
    for what, values in times.items():
        ordered = sorted(values)
        print(
            f"{trouble:<8} {what:<8} median {statistics.median(ordered):6.1f} ms, "
            f"95 % {ordered[int(len(ordered) * 0.95)]:6.1f} ms, longest {ordered[-1]:6.1f} ms",
            flush=True,
        )


async def main(runs: int) -> int:
    if INSIDE not in os.environ:
        with tempfile.TemporaryDirectory(prefix="oh-", dir="/tmp") as name:
            words = (sys.executable, "-m", "tests.bench.freeze", str(runs))
            status, output = await run_inside(Path(name), *words)
        print(output, end="")
        return status
    for trouble in ("none", "silent", "refused", "slow", "stuck"):
        await _measure(trouble, runs)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else 200)))
