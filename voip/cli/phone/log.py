"""`offhook log`: shows the engine's own log."""

from __future__ import annotations

import click

from voip.cli.common import json_option, print_json
from voip.client import oneshot
from voip.protocol.phone import EngineLog, GetEngineLog


@click.command()
@click.option("--limit", default=500, type=click.IntRange(min=1), show_default=True,
              help="Show at most this many lines.")  # fmt: skip
@json_option
def log(limit: int, as_json: bool) -> None:
    """Show the last lines of the engine's log, the oldest first."""
    lines = oneshot.get(GetEngineLog(limit=limit), EngineLog)
    if as_json:
        print_json(lines)
    else:
        click.echo("".join(f"{line}\n" for line in lines.lines), nl=False)
