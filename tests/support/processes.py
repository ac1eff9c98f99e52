"""Processes that are not children of the test."""

from __future__ import annotations

import asyncio
import os


async def until_ended(process: int, patience: float) -> None:
    """Wait for the end of a process, at most `patience` seconds.

    Raises:
        TimeoutError: it still runs.
    """
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, ended.set)
    try:
        async with asyncio.timeout(patience):
            await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)
