"""`offhook history`: filters and exports the call log."""

from __future__ import annotations

import click
import msgspec

from voip.cli import format as texts
from voip.cli.common import json_option, print_json
from voip.client import oneshot
from voip.model import LogEntry
from voip.protocol.calls import GetHistory, HistoryPage

_LARGEST_PAGE = 1000


@click.command()
@json_option
@click.option("--search", default="", metavar="TEXT", help="Only calls with TEXT in them.")
@click.option("--missed", is_flag=True, help="Only missed calls.")
@click.option("--account", metavar="NAME", help="Only calls of this account.")
@click.option("--secure/--not-secure", default=None,
              help="Only calls with a lock that was always closed, or the others.")  # fmt: skip
@click.option("--limit", default=50, type=click.IntRange(1, _LARGEST_PAGE), show_default=True)
@click.option("--export", type=click.Choice(["csv", "json"]),
              help="Print all of these calls in this format.")  # fmt: skip
def history(
    as_json: bool,
    search: str,
    missed: bool,
    account: str | None,
    secure: bool | None,
    limit: int,
    export: str | None,
) -> None:
    """Show the call log, newest first."""
    command = GetHistory(search=search, limit=limit, missed=missed, account=account, secure=secure)
    if export is not None:
        entries = _all(command)
        text = texts.csv_of(entries) if export == "csv" else _json_array(entries)
        click.echo(text, nl=False)
        return
    page = oneshot.get(command, HistoryPage)
    if as_json:
        print_json(page)
    else:
        click.echo(texts.log(page.entries))


def _all(command: GetHistory) -> list[LogEntry]:
    entries: list[LogEntry] = []
    before: str | None = None
    while True:
        page = oneshot.get(
            msgspec.structs.replace(command, limit=_LARGEST_PAGE, before=before), HistoryPage
        )
        if not page.entries:
            return entries
        entries += page.entries
        before = page.entries[-1].id


def _json_array(entries: list[LogEntry]) -> str:
    return msgspec.json.format(msgspec.json.encode(entries)).decode() + "\n"
