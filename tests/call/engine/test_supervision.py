"""Dead processes are reported, logged and restarted, without redialling."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from pathlib import Path

import pytest

from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK, free_sip_port
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from tests.support.processes import until_ended
from voip.client.errors import CommandFailed
from voip.engine.history.log import History
from voip.model import CallState, Outcome
from voip.protocol.calls import GetHistory, HistoryPage, LogEvent, PlaceCall
from voip.protocol.phone import WorkerEvent

KILLS = 25


async def test_a_killed_worker_costs_its_calls_and_nothing_else(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    phone = await new_phone()
    await phone.add_secure("alice", LOOPBACK, kamailio.tls_port, authority.file)
    await phone.until_registered("alice")
    (secure,) = phone.worker_pids()
    call = await phone.call("echo")
    await phone.until_call(lambda c: c.id == call and c.lock.closed)

    position = len(phone.events)
    os.kill(secure, signal.SIGKILL)
    status = await phone.status()
    assert status.engine.pid
    entry = await phone.until_logged(call)
    assert entry.outcome is Outcome.LOST
    assert "SIGKILL" in entry.reason
    ended = await phone.until_state(call, CallState.ENDED)
    assert not ended.lock.closed
    down = await phone.until(WorkerEvent, lambda e: not e.up, position)
    assert down.role == "secure"
    await phone.until(WorkerEvent, lambda e: e.up, position)
    await phone.until_registered("alice", position)
    assert secure not in phone.worker_pids()
    # The phone works as before, and has not called anybody by itself.
    assert (await phone.status()).calls == ()
    again = await phone.call("echo", hangup_after_s=0.5)
    assert (await phone.until_logged(again)).outcome is Outcome.ANSWERED


async def test_a_killed_engine_leaves_a_row_that_says_so(new_phone: NewPhone) -> None:
    phone = await new_phone()
    call = await phone.call("echo")
    await phone.until_state(call, CallState.ACTIVE)
    workers = phone.worker_pids()
    assert phone.process is not None
    phone.process.kill()
    await phone.process.wait()
    for worker in workers:
        await until_ended(worker, 20)
    await phone.stop()
    await phone.start()
    history = await phone.json("history")
    (entry,) = history["entries"]
    assert entry["id"] == call
    assert entry["outcome"] == "interrupted"
    assert entry["reason"] == "the phone stopped during the call"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("quarter", range(4))
async def test_nothing_is_corrupt_after_many_kills(place: Path, quarter: int) -> None:
    """Kill the engine at random moments of making calls, 100 times in all."""
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    phone = Phone(place / "p")
    await phone.start()
    # Nobody answers there: calls begin, go on, and some of them time out.
    await phone.add(
        "x", user="x", domain=DOMAIN, transport="udp", register=False,
        server=f"{LOOPBACK}:{free_sip_port()}",
    )  # fmt: skip
    await phone.stop()
    for number in range(KILLS):
        await phone.start()
        assert phone.process is not None
        calls = asyncio.create_task(_keep_calling(phone))
        if number % 2:
            # A slow machine has no call under way when the time is up.
            await phone.until(LogEvent, lambda event: True, len(phone.events))
        # The moment of the kill is under test, so it is a time.
        await asyncio.wait({calls}, timeout=chance.uniform(0.0, 0.7))
        phone.process.kill()
        await phone.process.wait()
        calls.cancel()
        await asyncio.gather(calls, return_exceptions=True)
        await phone.stop()
        history = History(place / "p" / "state" / "history.db")
        assert history.check() is None, f"kill {number}, seed {seed}"
        history.close()
    await phone.start()
    page = await phone.client.get(GetHistory(limit=1000), HistoryPage)
    await phone.stop()
    outcomes = {entry.outcome for entry in page.entries}
    assert Outcome.ONGOING not in outcomes, f"seed {seed}"
    assert Outcome.INTERRUPTED in outcomes, f"seed {seed}"


async def _keep_calling(phone: Phone) -> None:
    while True:
        with contextlib.suppress(CommandFailed):
            await phone.client.ask(PlaceCall(target="bob"))
