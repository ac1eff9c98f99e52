"""Programs that settings name: nothing of them outlives the wait for them."""

from __future__ import annotations

import asyncio
import os
import shlex
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import hanging, opened, python, until_ended
from voip.engine.files import programs

START = asyncio.create_subprocess_exec


async def test_a_wait_that_fails_ends_all_that_was_started(tmp_path: Path) -> None:
    command, goes_on = hanging(tmp_path / "fifo"), asyncio.Event()

    async def wait() -> None:
        async with programs.running(START, *shlex.split(command)):
            await goes_on.wait()
            raise ZeroDivisionError

    waiting = asyncio.create_task(wait())
    async with opened(tmp_path / "fifo") as reader:
        goes_on.set()
        with pytest.raises(ZeroDivisionError):
            await waiting
        assert await reader.read() == b""


async def test_a_wait_that_is_cancelled_at_the_start_ends_all_that_was_started(
    tmp_path: Path,
) -> None:
    command, goes_on = hanging(tmp_path / "fifo"), asyncio.Event()

    async def slowly(*words: str, **options: Any) -> Process:
        process = await START(*words, **options)
        await goes_on.wait()
        return process

    async def wait() -> None:
        async with programs.running(slowly, *shlex.split(command)):
            raise AssertionError("it was cancelled before")

    waiting = asyncio.create_task(wait())
    async with opened(tmp_path / "fifo") as reader:
        waiting.cancel()
        asyncio.get_running_loop().call_soon(goes_on.set)
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await reader.read() == b""


async def test_what_an_ended_program_has_left_goes_on(tmp_path: Path) -> None:
    # pass starts an agent, which is asked again for the next password.
    fifo = tmp_path / "left"
    os.mkfifo(fifo)
    left = f"subprocess.Popen(['cat', {str(fifo)!r}], stdout=subprocess.DEVNULL)"
    program = f"import subprocess; print({left}.pid)"
    async with programs.running(START, *shlex.split(python(program))) as process:
        out, _ = await process.communicate()
    assert process.returncode == 0
    # It fails without a reader.
    os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    await until_ended(int(out), 20)


async def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(programs.ProgramError, match="No such file"):
        async with programs.running(START, "/nowhere/at/all"):
            pass
