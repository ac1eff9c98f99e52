"""Work in the background: kept, and cancelled by its owner."""

from __future__ import annotations

import asyncio

import pytest

from voip.background import Background


async def test_work_goes_on_until_it_ends() -> None:
    background, gate, ended = Background(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await gate.wait()
        ended.set()

    task = background.begin(work())
    gate.set()
    await task
    assert ended.is_set()
    # What has ended is not cancelled later.
    background.cancel()
    assert not task.cancelled()


async def test_its_owner_cancels_what_has_not_ended() -> None:
    background = Background()

    async def work() -> None:
        await asyncio.Event().wait()

    tasks = [background.begin(work()) for _ in range(2)]
    background.cancel()
    for task in tasks:
        with pytest.raises(asyncio.CancelledError):
            await task
