"""`offhook play` and `offhook record`: sound files in a current call."""

from __future__ import annotations

import click

from voip.cli.common import whole_path
from voip.client import oneshot
from voip.protocol.calls import Play, Record

_call = click.argument("call")
_file = click.argument("file", required=False, metavar="[FILE.wav]")


@click.command()
@_call
@_file
@click.option("--stop", is_flag=True, help="Stop playing, and send the microphone again.")
def play(call: str, file: str | None, stop: bool) -> None:
    """Play FILE.wav into CALL in place of the microphone."""
    oneshot.ask(Play(call=call, path=_path(file, stop)), start=False)


@click.command()
@_call
@_file
@click.option("--stop", is_flag=True, help="Stop recording.")
def record(call: str, file: str | None, stop: bool) -> None:
    """Record both sides of CALL to FILE.wav: you left, they right."""
    oneshot.ask(Record(call=call, path=_path(file, stop)), start=False)


def _path(file: str | None, stop: bool) -> str | None:
    if (file is not None) is stop:
        raise click.UsageError("name a FILE.wav, or --stop, and not both")
    return None if file is None else whole_path(file)
