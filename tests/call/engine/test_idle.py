"""A phone without calls rests, and wakes at once for a command and for SIP."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from tests.support.phone import Phone
from voip.protocol.accounts import RegisterAccount
from voip.protocol.sound import GetDevices

_REST_S = 5
_WAKES_A_SECOND = 10
_COLLECTION_S = 0.012
"""Less than a collection each second takes that visits the objects of all modules."""
_TIMES = 5
_AT_ONCE_S = 0.2


def _wakes(worker: int) -> int:
    lines = Path(f"/proc/{worker}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("voluntary_ctxt")).split()[1])


def _cpu_s(worker: int) -> float:
    fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def test_a_worker_without_calls_rests(phone: Phone) -> None:
    (worker,) = phone.worker_pids()
    wakes, cpu = _wakes(worker), _cpu_s(worker)
    await asyncio.sleep(_REST_S)
    assert _wakes(worker) - wakes < _REST_S * _WAKES_A_SECOND
    assert _cpu_s(worker) - cpu < _REST_S * _COLLECTION_S


async def test_a_command_and_its_sip_wake_it_at_once(phone: Phone) -> None:
    took = 0.0
    for _ in range(_TIMES):
        await asyncio.sleep(0.1)
        start, position = time.monotonic(), len(phone.events)
        await phone.client.ask(GetDevices())
        await phone.client.ask(RegisterAccount(account="alice"))
        await phone.until_registered("alice", position)
        took += time.monotonic() - start
    assert took < _TIMES * _AT_ONCE_S
