"""Measure from a command to its request on the wire: a transfer beside a call.

Run by hand, on an idle machine: python -m tests.bench.transfers [RUNS]

The call is up over TLS, so the transfer puts it on hold first.
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


async def _once(phone: Phone, party: Party, wire: _Wire) -> tuple[float, float]:
    """Milliseconds to the INVITE of a call, and to the REFER of its transfer."""
    arrival = wire.next("INVITE")
    begun = time.perf_counter()
    placing = asyncio.create_task(phone.call("alice"))
    await party.take()
    to_invite = (await arrival - begun) * 1000
    call = await placing
    # TCP holds back what follows the ACK at once, as no person does.
    await phone.until_call(
        lambda c: c.id == call and c.state is CallState.ACTIVE and c.duration_s > 1
    )
    arrival = wire.next("REFER")
    begun = time.perf_counter()
    await phone.client.ask(TransferCall(call=call, target="bob"))
    to_refer = (await arrival - begun) * 1000
    await phone.client.ask(HangUp(call=call))
    await phone.until_logged(call)
    await party.leave()
    return to_invite, to_refer


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
        measured = [await _once(phone, party, wire) for _ in range(runs)]
        for name, values in zip(("INVITE", "REFER"), zip(*measured, strict=True), strict=True):
            middle, worst = statistics.median(values), max(values)
            print(f"{name}: median {middle:.1f} ms, longest {worst:.1f} ms of {runs}")
        await phone.stop()
        await party.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
