"""`offhook transfer`: passes the far end of a call on to somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from voip.cli import format as texts
from voip.cli.common import json_option, print_json, with_engine
from voip.client.errors import CommandFailed, NoEngine
from voip.model import CallState, Transfer, TransferState
from voip.protocol.calls import CallEvent, ConnectCalls, Park, TransferCall, TransferEvent
from voip.protocol.client import ErrorInfo
from voip.protocol.phone import Subscribe

if TYPE_CHECKING:
    from voip.client.stream import Client


Passing = TransferCall | ConnectCalls | Park
"""Commands that pass a call on."""

wait_option = click.option("--wait", is_flag=True, help="Return when the outcome is known.")


class TransferReport(msgspec.Struct, frozen=True):
    """Output of `transfer --json` and `park --json`: without --wait it has only begun."""

    call: str
    transfer: Transfer


@click.command()
@click.argument("call")
@click.argument("target", required=False)
@click.option("--to-call", metavar="CALL",
              help="Connect CALL with another call in place of TARGET.")  # fmt: skip
@wait_option
@json_option
def transfer(call: str, target: str | None, to_call: str | None, wait: bool, as_json: bool) -> None:
    """Pass CALL on to TARGET, or connect it with another call.

    TARGET is as in “offhook call”. CALL is on hold meanwhile, and comes back if nobody
    takes it.
    """
    if (target is None) is (to_call is None):
        raise click.UsageError("name either a TARGET or another call by --to-call")
    pass_on(
        ConnectCalls(call, to_call) if to_call else TransferCall(call, target or ""), wait, as_json
    )


def pass_on(command: Passing, wait: bool, as_json: bool) -> None:
    """Pass a call on; with `wait`, return when the outcome is known.

    Raises:
        CommandFailed: it cannot be passed on, or came back.
        NoEngine: there is none, or it has ended.
    """
    report = with_engine(lambda engine: _transfer(engine, command, wait), start=False)
    if as_json:
        print_json(report)
    now = report.transfer
    if now.state is TransferState.FAILED:
        raise CommandFailed(
            ErrorInfo(kind="transfer_failed", message=texts.transfer(now), code=now.code)
        )
    if now.state is TransferState.UNKNOWN:
        click.echo(f"offhook: {texts.transfer(now)}", err=True)
        if now.cause is not None:
            # The call is still here, on hold.
            click.get_current_context().exit(1)


async def _transfer(engine: Client, command: Passing, wait: bool) -> TransferReport:
    await engine.ask(Subscribe())
    await engine.ask(command)
    printed = ""
    latest: TransferReport | None = None
    async for numbered in engine.events():
        match numbered.event:
            case TransferEvent(call=call, transfer=now) if _is_of(command, call):
                latest = TransferReport(call, now)
                if not wait or not now.state.under_way:
                    return latest
                line = texts.transfer(now)
                if line != printed:
                    click.echo(line, err=True)
                printed = line
            case CallEvent(call=ended) if latest and ended.id == latest.call:
                if ended.state is CallState.ENDED:
                    return latest
            case _:
                pass
    raise NoEngine("the engine ended during the transfer")


def _is_of(command: Passing, call: str) -> bool:
    """True for an event of this transfer: the engine may exchange two calls."""
    if isinstance(command, ConnectCalls):
        return call in (command.call, command.other)
    return call == command.call
