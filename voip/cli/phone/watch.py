"""`offhook status` and `offhook events`: the phone's state and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from voip.cli import format as texts
from voip.cli.common import json_option, print_json, with_engine
from voip.cli.quick import print_status
from voip.protocol.phone import Subscribe

if TYPE_CHECKING:
    from voip.client.stream import Client


@click.command()
@json_option
def status(as_json: bool) -> None:
    """Show the engine, the accounts and the calls."""
    print_status(as_json)


@click.command()
@click.option("--levels", is_flag=True, help="Show sound levels of the calls, too.")
@json_option
def events(levels: bool, as_json: bool) -> None:
    """Show events as they happen, one on each line; Ctrl-C ends it."""
    with_engine(lambda engine: _follow(engine, levels, as_json))


async def _follow(engine: Client, levels: bool, as_json: bool) -> None:
    await engine.ask(Subscribe(levels=levels))
    async for event in engine.events():
        if as_json:
            print_json(event)
        else:
            click.echo(texts.event(event))
