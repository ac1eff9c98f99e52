"""The command line as it is typed, with the engine that this process finds."""

from __future__ import annotations

import asyncio
import contextlib
import io
from typing import NamedTuple

from voip.cli.app import run


class Typed(NamedTuple):
    """Exit status, standard output and standard error of a command."""

    status: int
    out: str
    err: str


async def typed(*words: str) -> Typed:
    """Run the words in a thread: a command has an event loop of its own."""
    return await asyncio.to_thread(_run, words)


def _run(words: tuple[str, ...]) -> Typed:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(words)
    return Typed(status, out.getvalue(), err.getvalue())
