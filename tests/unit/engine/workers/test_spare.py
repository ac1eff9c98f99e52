"""A worker loads while the engine does, and the first who needs one gets it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

import pytest

from tests.support.forking import children
from voip.engine.supervisor import Supervisor
from voip.engine.workers.spare import Spare
from voip.protocol.settings import Audio
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import Configure, Ready


def _ours() -> set[int]:
    return set(children(os.getpid()))


async def _nothing(ready: Ready) -> None:
    del ready


async def test_the_first_worker_is_the_spare_one_and_the_next_is_another() -> None:
    reasons: asyncio.Queue[str] = asyncio.Queue()
    before = _ours()
    with contextlib.closing(Spare()) as spare:
        spare.start()
        [spare_pid] = _ours() - before
        configure = Configure(role=Role.OPEN, user_agent="t", audio=Audio(), silent=True)
        worker = Supervisor(
            lambda: configure, lambda event: None, _nothing, reasons.put_nowait, spare.take
        )
        worker.start()
        await worker.wait_up()
        assert worker.pid == spare_pid
        os.kill(spare_pid, 9)
        assert await reasons.get() == "the worker was ended by SIGKILL"
        await worker.wait_up()
        assert worker.pid not in (None, spare_pid)
        await worker.stop()
    assert _ours() == before


def test_a_spare_worker_that_nobody_takes_ends_with_its_engine() -> None:
    before = _ours()
    spare = Spare()
    spare.start()
    assert len(_ours() - before) == 1
    spare.close()
    assert _ours() == before


async def test_a_worker_that_cannot_be_started_is_reported_to_whoever_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with contextlib.closing(Spare()) as spare:
        spare.start()
        with pytest.raises(OSError, match="/nowhere/python"):
            await spare.take()
