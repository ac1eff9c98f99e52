"""Commands about blocked callers."""

from __future__ import annotations

import click

from voip.cli import format as texts
from voip.cli.common import json_option, print_json
from voip.client import oneshot
from voip.model import BlockedCaller
from voip.protocol.people import BlockCaller, BlockedCallers, GetBlocked, UnblockCaller

_caller = click.argument("caller")
_account = click.option(
    "--account", required=True, metavar="NAME", help="The account that they call."
)


@click.command()
@_caller
@_account
@json_option
def block(caller: str, account: str, as_json: bool) -> None:
    """Decline calls of CALLER without ringing.

    CALLER is a number or an address. The calls are logged. The caller only
    hears that you declined.
    """
    entry = oneshot.get(BlockCaller(caller=caller, account=account), BlockedCaller)
    if as_json:
        print_json(entry)
    else:
        click.echo(texts.blocked(entry))


@click.command()
@_caller
@_account
def unblock(caller: str, account: str) -> None:
    """Unblock CALLER: calls ring again."""
    oneshot.ask(UnblockCaller(caller=caller, account=account))


@click.command()
@json_option
def blocked(as_json: bool) -> None:
    """List the blocked callers."""
    callers = oneshot.get(GetBlocked(), BlockedCallers)
    if as_json:
        print_json(callers)
    else:
        click.echo("\n".join(map(texts.blocked, callers.callers)) or "nobody is blocked")
