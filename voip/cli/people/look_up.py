"""`offhook look-up`: shows the target of a call without calling."""

from __future__ import annotations

import click

from voip.cli import format as texts
from voip.cli.common import json_option, print_json
from voip.client import lamp_words, oneshot
from voip.client.errors import CommandFailed
from voip.model import Party
from voip.protocol.client import ErrorInfo
from voip.protocol.people import LookedUp, LookUp, Suggestion


@click.command("look-up")
@click.argument("text")
@click.option("--account", metavar="NAME", help="Call with this account.")
@click.option("--limit", default=8, type=click.IntRange(0, 50), show_default=True,
              help="Show at most this many people.")  # fmt: skip
@json_option
def look_up(text: str, account: str | None, limit: int, as_json: bool) -> None:
    """Show whom TEXT would call, and other matches.

    Nothing is called. Status 1: TEXT cannot be called.
    """
    answer = oneshot.get(LookUp(text=text, account=account, limit=limit), LookedUp)
    if as_json:
        print_json(answer)
    else:
        _print(answer)
    if answer.problem is not None:
        raise CommandFailed(ErrorInfo(kind="bad_target", message=answer.problem))


def _print(answer: LookedUp) -> None:
    if answer.uri is not None and answer.account is not None:
        address = answer.uri.partition(";")[0]
        then = f", then sends {answer.tones}" if answer.tones else ""
        lamp = f"  ({lamp_words.words(answer.lamp)})" if answer.lamp else ""
        click.echo(f"{address}  with {answer.account}{then}{lamp}")
    if answer.warning is not None:
        click.echo(answer.warning, err=True)
    for suggestion in answer.suggestions:
        click.echo(f"  {suggestion.source:<7}  {_who(suggestion)}")


def _who(suggestion: Suggestion) -> str:
    party = Party(suggestion.target, suggestion.name, name_from=suggestion.name_from)
    return texts.with_address(party)
