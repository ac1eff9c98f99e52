"""`offhook engine` and `offhook stop`: starts and ends the engine."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from voip.cli.common import with_engine
from voip.client.errors import CommandFailed, NoEngine
from voip.client.starting import reach
from voip.protocol.client import ErrorInfo
from voip.protocol.phone import Stop, Subscribe

if TYPE_CHECKING:
    from voip.client.stream import Client

_END_TIMEOUT_S = 20.0


@click.command()
@click.option(
    "--foreground", is_flag=True, help="Stay in the foreground, and log to the terminal, too."
)
def engine(foreground: bool) -> None:
    """Run the engine without a screen."""
    if foreground:
        words = [sys.executable, "-m", "voip.engine", "--foreground"]
        os.execv(sys.executable, words)  # noqa: S606 - the program that runs already
    reach(start=True)


@click.command()
@click.option("--force", is_flag=True, help="End calls, too.")
def stop(force: bool) -> None:
    """Stop the engine; refuses while there is a call."""
    try:
        with_engine(lambda client: _stop(client, force), start=False)
    except NoEngine:
        click.echo("the engine is not running", err=True)


async def _stop(client: Client, force: bool) -> None:
    import asyncio

    await client.ask(Subscribe())
    await client.ask(Stop(force=force))

    async def until_gone() -> None:
        async for _ in client.events():
            pass

    try:
        await asyncio.wait_for(until_gone(), _END_TIMEOUT_S)
    except TimeoutError:
        text = f"the engine has not ended within {_END_TIMEOUT_S:.0f} seconds; its log may say why"
        raise CommandFailed(ErrorInfo(kind="timeout", message=text)) from None
