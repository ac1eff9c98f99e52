"""Commands that act on a call that is up."""

from __future__ import annotations

import click

from voip import oneshot
from voip.protocol import client as told

_call = click.argument("call")


@click.command()
@_call
def answer(call: str) -> None:
    """Take the incoming CALL."""
    oneshot.ask(told.AnswerCall(call=call), start=False)


@click.command()
@_call
def decline(call: str) -> None:
    """Refuse the incoming CALL."""
    oneshot.ask(told.DeclineCall(call=call), start=False)


@click.command()
@_call
def hangup(call: str) -> None:
    """End CALL."""
    oneshot.ask(told.HangUp(call=call), start=False)


@click.command()
@_call
def hold(call: str) -> None:
    """Put CALL on hold."""
    oneshot.ask(told.Hold(call=call, wait=True), start=False)


@click.command()
@_call
def resume(call: str) -> None:
    """Go on with CALL, which is on hold."""
    oneshot.ask(told.Resume(call=call, wait=True), start=False)


@click.command()
@_call
def mute(call: str) -> None:
    """Send silence in place of the microphone."""
    oneshot.ask(told.Mute(call=call, on=True), start=False)


@click.command()
@_call
def unmute(call: str) -> None:
    """Send the microphone again."""
    oneshot.ask(told.Mute(call=call, on=False), start=False)


@click.command()
@_call
@click.argument("digits")
def dtmf(call: str, digits: str) -> None:
    """Send DIGITS (0-9 * # A-D, “,” for a pause) as tones."""
    oneshot.ask(told.SendDigits(call=call, digits=digits), start=False)
