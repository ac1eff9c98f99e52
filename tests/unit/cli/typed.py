"""The command line as typed, on this process's engine."""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
from typing import NamedTuple

import pytest

from voip.cli.app import run


class Typed(NamedTuple):
    """Exit status, standard output and standard error of a command."""

    status: int
    out: str
    err: str


async def typed(*words: str, answer: str = "") -> Typed:
    """Run the words in a thread: a command has an event loop of its own.

    `answer` is typed when the command asks.
    """
    return await asyncio.to_thread(_run, words, answer)


def _run(words: tuple[str, ...], answer: str) -> Typed:
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "stdin", io.StringIO(answer))
        status = run(words)
    return Typed(status, out.getvalue(), err.getvalue())
