"""`offhook order`: changes the order of the accounts."""

from __future__ import annotations

import click

from voip.client import oneshot
from voip.protocol.accounts import MoveAccount


@click.command()
@click.argument("account")
@click.argument("place", type=click.IntRange(min=1))
def order(account: str, place: int) -> None:
    """Put ACCOUNT at PLACE in the order of accounts; 1 is first.

    A call without --account uses the first that is registered.
    """
    oneshot.ask(MoveAccount(name=account, place=place - 1))
