"""Shared parts of the commands."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec
from click.core import ParameterSource

from voip.client.errors import CommandFailed
from voip.protocol.client import ErrorInfo

if TYPE_CHECKING:
    from voip.client.stream import Client

_Result = TypeVar("_Result")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def with_engine(
    work: Callable[[Client], Coroutine[Any, Any, _Result]], start: bool = True
) -> _Result:
    """Run `work` with a connection that receives events.

    Raises:
        NoEngine: there is none, and none was to be or could be started.
        CommandFailed: the engine refused.
    """
    import asyncio
    import gc

    from voip.client.stream import Client

    gc.enable()  # this one may follow events for days

    async def run() -> _Result:
        async with await Client.connect(start=start) as engine:
            return await work(engine)

    return asyncio.run(run())


def only_with(ctx: click.Context, beside: Mapping[str, Collection[str]]) -> None:
    """Refuse options beside one that does not heed them.

    `beside` has the options and arguments that go with each such option.

    Raises:
        UsageError: one was given that would not be heeded.
    """
    given = {
        param.name: param.opts[0] if isinstance(param, click.Option) else str(param.name).upper()
        for param in ctx.command.params
        if param.name and ctx.get_parameter_source(param.name) is not ParameterSource.DEFAULT
    }
    for name in sorted(given.keys() & beside.keys()):
        for other in sorted(given.keys() - {name, *beside[name]}):
            raise click.UsageError(f"{given[name]} does not go with {given[other]}")


def whole_path(path: str) -> str:
    """Return the absolute path of a file: the engine runs in another folder."""
    return str(Path(path).absolute())


def print_json(value: object) -> None:
    """Print one JSON object on one line of standard output."""
    click.echo(msgspec.json.encode(value).decode())


def confirm(question: str, done: str) -> None:
    """Ask before something is done to the log: `deleted` or `imported`.

    Raises:
        CommandFailed: there is no terminal to ask on, or the answer was no.
    """
    if not sys.stdin.isatty():
        raise _left(f"there is no terminal to ask on, and nothing was {done}: confirm with --yes")
    if not click.confirm(question, default=False, err=True):
        raise _left(f"nothing was {done}")


def _left(words: str) -> CommandFailed:
    return CommandFailed(ErrorInfo(kind="history", message=words))
