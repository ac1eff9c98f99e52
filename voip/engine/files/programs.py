"""Runs programs that settings name, none of which outlives the wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from voip.security.text import clean

_END_S = 1.0

Start = Callable[..., Coroutine[Any, Any, Process]]
"""Function such as `asyncio.create_subprocess_exec`, with its options."""


class ProgramError(Exception):
    """Program that cannot be run; the text is the system's reason."""


@asynccontextmanager
async def running(start: Start, *words: str, stdin: int = DEVNULL) -> AsyncIterator[Process]:
    """Run a program, its output a pipe, in a session of its own.

    When the block fails or is cancelled, the program is killed with what it has started.

    Raises:
        ProgramError: it cannot be run.
    """
    # Killed is the session: without it, what the program has started would go on.
    process = await _started(
        start(*words, stdin=stdin, stdout=PIPE, stderr=DEVNULL, start_new_session=True)
    )
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
