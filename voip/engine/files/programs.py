"""Runs programs that settings name, none of which outlives the wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from voip.security.text import clean

_END_S = 1.0


class ProgramError(Exception):
    """Program that cannot be run; the text is the system's reason."""


@asynccontextmanager
async def running(start: Coroutine[Any, Any, Process]) -> AsyncIterator[Process]:
    """Run a program, in a session of its own: `start` has `start_new_session`.

    When the block fails or is cancelled, the program is killed with what it has started.

    Raises:
        ProgramError: it cannot be run.
    """
    process = await _started(start)
    try:
        yield process
    except BaseException:
        await _kill(process)
        raise


async def _started(start: Coroutine[Any, Any, Process]) -> Process:
    starting = asyncio.create_task(start)
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        # Cancelled itself, it would kill the program alone, and wait for what that has
        # started as long as it holds a pipe open.
        with contextlib.suppress(OSError, ValueError):
            await _kill(await starting)
        raise
    except (OSError, ValueError) as error:
        words = clean(str(getattr(error, "strerror", None) or error))
        raise ProgramError(words) from error


async def _kill(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    # What left its group may keep the pipes open.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _END_S)
