"""`offhook pickup`, `park`, `retrieve` and `voicemail`: the codes of an account's server."""

from __future__ import annotations

import click

from voip.cli.calls.call import place
from voip.cli.calls.transfer import pass_on, wait_option
from voip.cli.common import json_option, with_engine
from voip.protocol.calls import AnyPlacing, CallVoicemail, Park, PickUp, Retrieve

_account = click.option("--account", metavar="NAME", help="Call with this account.")


@click.command()
@click.argument("target", required=False)
@_account
def pickup(target: str | None, account: str | None) -> None:
    """Take the call that rings at TARGET's phone, or any of your group.

    TARGET is a number or a name, as in “offhook call”. Prints the call's number.
    """
    _print_placed(PickUp(target=target, account=account))


@click.command()
@click.argument("slot")
@_account
def retrieve(slot: str, account: str | None) -> None:
    """Take a parked call back from its place SLOT.

    Prints the call's number.
    """
    _print_placed(Retrieve(slot=slot, account=account))


@click.command()
@_account
def voicemail(account: str | None) -> None:
    """Call voice mail, to listen to it.

    Prints the call's number. “offhook status” tells how many messages there are.
    """
    _print_placed(CallVoicemail(account=account))


@click.command()
@click.argument("call")
@click.argument("slot", required=False)
@wait_option
@json_option
def park(call: str, slot: str | None, wait: bool, as_json: bool) -> None:
    """Park CALL, where others can take it.

    SLOT is its place, if the account's code asks for one. CALL is on hold until the
    server has it, and comes back if the server refuses.
    """
    pass_on(Park(call=call, slot=slot), wait, as_json)


def _print_placed(command: AnyPlacing) -> None:
    report = with_engine(lambda engine: place(engine, command, wait=False))
    click.echo(report.id)
