"""`offhook conference`: calls that are mixed."""

from __future__ import annotations

import click

from voip.cli import format as texts
from voip.cli.common import json_option, print_json
from voip.client import oneshot
from voip.model import Conference
from voip.protocol.calls import (
    AnyConferenceCommand,
    EndConference,
    HangUp,
    JoinCalls,
    LeaveConference,
    SilenceParty,
    TakeOut,
    TalkAside,
)

_call = click.argument("call")


@click.group()
def conference() -> None:
    """Talk with up to eight parties at once; CALL names any of its calls.

    “mute CALL”, without “conference”, mutes you for all of them.
    """


@conference.command()
@click.argument("call", nargs=-1, required=True, metavar="CALL [CALL]...")
@json_option
def join(call: tuple[str, ...], as_json: bool) -> None:
    """Join calls that are up, or come back to a conference.

    Calls on hold are resumed. Calls of accounts with and without TLS cannot be
    joined, nor a call whose lock is open and should be closed.
    """
    _do(JoinCalls(calls=call), as_json)


@conference.command()
@_call
@json_option
def leave(call: str, as_json: bool) -> None:
    """Leave: the others go on without you; join brings you back."""
    _do(LeaveConference(call=call), as_json)


@conference.command()
@_call
@json_option
def aside(call: str, as_json: bool) -> None:
    """Talk with CALL alone; the others go on without hearing you."""
    _do(TalkAside(call=call), as_json)


@conference.command()
@_call
@json_option
def silence(call: str, as_json: bool) -> None:
    """Let nobody hear CALL, which goes on hearing all."""
    _do(SilenceParty(call=call), as_json)


@conference.command()
@_call
@json_option
def unsilence(call: str, as_json: bool) -> None:
    """Let all hear CALL again."""
    _do(SilenceParty(call=call, on=False), as_json)


@conference.command()
@_call
@json_option
def take_out(call: str, as_json: bool) -> None:
    """Take CALL out and put it on hold; the others go on."""
    _do(TakeOut(call=call), as_json)


@conference.command()
@_call
def drop(call: str) -> None:
    """Hang up CALL; the others go on."""
    oneshot.ask(HangUp(call=call), start=False)


@conference.command()
@_call
def end(call: str) -> None:
    """Hang up all calls of the conference."""
    oneshot.ask(EndConference(call=call), start=False)


def _do(command: AnyConferenceCommand, as_json: bool) -> None:
    """Send a command, and show the conference as it is after it."""
    found = oneshot.get(command, Conference, start=False)
    if as_json:
        print_json(found)
    else:
        click.echo(texts.conference(found))
