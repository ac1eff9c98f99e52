"""Commands that act on a current call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from voip.cli.common import with_engine
from voip.client import oneshot
from voip.client.errors import CommandFailed, NoEngine
from voip.model import CallState
from voip.protocol.calls import (
    AcceptTransfer,
    AnswerCall,
    CallEvent,
    CallStarted,
    DeclineCall,
    DigitsEvent,
    HangUp,
    Hold,
    Mute,
    RefuseTransfer,
    Resume,
    SendDigits,
    SendRest,
)
from voip.protocol.client import ErrorInfo
from voip.protocol.phone import Subscribe

if TYPE_CHECKING:
    from voip.client.stream import Client

_call = click.argument("call")


@click.command()
@_call
def answer(call: str) -> None:
    """Answer the incoming CALL."""
    oneshot.ask(AnswerCall(call=call), start=False)


@click.command()
@_call
@click.option("--unavailable", is_flag=True, help="The caller hears that you are not available.")
def decline(call: str, unavailable: bool) -> None:
    """Decline the incoming CALL."""
    oneshot.ask(DeclineCall(call=call, unavailable=unavailable), start=False)


@click.command()
@_call
def busy(call: str) -> None:
    """Decline the incoming CALL: the caller hears that you are busy."""
    oneshot.ask(DeclineCall(call=call, busy=True), start=False)


@click.command("accept-transfer")
@_call
def accept_transfer(call: str) -> None:
    """Call the one with whom the far end of CALL wants to connect you.

    Prints the new call's number. CALL is on hold meanwhile.
    """
    started = oneshot.get(AcceptTransfer(call=call), CallStarted, start=False)
    click.echo(started.call)


@click.command("refuse-transfer")
@_call
def refuse_transfer(call: str) -> None:
    """Refuse to be connected with somebody else; CALL goes on."""
    oneshot.ask(RefuseTransfer(call=call), start=False)


@click.command()
@_call
def hangup(call: str) -> None:
    """End CALL."""
    oneshot.ask(HangUp(call=call), start=False)


@click.command()
@_call
def hold(call: str) -> None:
    """Put CALL on hold."""
    oneshot.ask(Hold(call=call, wait=True), start=False)


@click.command()
@_call
def resume(call: str) -> None:
    """Resume CALL, which is on hold."""
    oneshot.ask(Resume(call=call, wait=True), start=False)


@click.command()
@_call
def mute(call: str) -> None:
    """Send silence in place of the microphone."""
    oneshot.ask(Mute(call=call, on=True), start=False)


@click.command()
@_call
def unmute(call: str) -> None:
    """Send the microphone again."""
    oneshot.ask(Mute(call=call, on=False), start=False)


@click.command()
@_call
@click.argument("digits", required=False)
@click.option("--rest", is_flag=True, help="Send those of the dial string that wait.")
def dtmf(call: str, digits: str | None, rest: bool) -> None:
    """Send DIGITS as tones; says when and how they were sent.

    DIGITS are 0-9 * # A-D; a comma is a pause.
    """
    if rest is (digits is not None):
        raise click.UsageError("give DIGITS or --rest")
    command = SendRest(call=call) if digits is None else SendDigits(call=call, digits=digits)
    with_engine(lambda engine: _send(engine, command), start=False)


async def _send(engine: Client, command: SendDigits | SendRest) -> None:
    await engine.ask(Subscribe())
    await engine.ask(command)
    lost = None
    async for numbered in engine.events():
        match numbered.event:
            case DigitsEvent(call=command.call, lost=0, text=text):
                click.echo(text)
                return
            case DigitsEvent(call=command.call, text=text):
                lost = text
            case CallEvent(call=now) if now.id == command.call:
                if now.state is CallState.ENDED:
                    lost = "the call ended before all tones were sent"
            case _:
                pass
        if lost is not None:
            raise CommandFailed(ErrorInfo(kind="digits_lost", message=lost))
    raise NoEngine("the engine ended during the call")
