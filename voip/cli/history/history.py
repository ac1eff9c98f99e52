"""`offhook history`: filters, exports and imports the call log, and deletes its rows."""

from __future__ import annotations

from typing import BinaryIO

import click
import msgspec

from voip.cli import format as texts
from voip.cli.common import json_option, only_with, print_json
from voip.cli.history import deletion
from voip.client import oneshot
from voip.model import LogEntry
from voip.protocol.calls import DeleteHistory, GetHistory, HistoryPage

_LARGEST_PAGE = 1000

_BESIDE = {
    "rows": {"as_json"},
    "delete_all": {"as_json", "sure", "search", "missed", "account", "person", "secure"},
    "restore": {"as_json"},
    "source": {"as_json", "sure"},
}
"""Options that go with one that changes the log."""


@click.command()
@json_option
@click.option("--search", default="", metavar="TEXT", help="Only calls with TEXT in them.")
@click.option("--missed", is_flag=True, help="Only missed calls.")
@click.option("--account", metavar="NAME", help="Only calls of this account.")
@click.option("--person", metavar="WHO", help="Only calls with this contact or address.")
@click.option("--secure/--not-secure", default=None,
              help="Only calls with a lock that was always closed, or the others.")  # fmt: skip
@click.option("--limit", default=50, type=click.IntRange(1, _LARGEST_PAGE), show_default=True)
@click.option("--export", type=click.Choice(["csv", "json"]),
              help="Print all of these calls in this format.")  # fmt: skip
@click.option("--import", "source", type=click.File("rb"), metavar="FILE",
              help="Add the calls of an exported log, - for standard input.")  # fmt: skip
@click.option("--delete", "rows", multiple=True, metavar="ROW",
              help="Delete this call, by its number in the first column.")  # fmt: skip
@click.option("--delete-all", is_flag=True, help="Delete all of these calls.")
@click.option("--yes", "sure", is_flag=True, help="Delete all, or import, without asking.")
@click.option("--restore", is_flag=True, help="Bring back what was deleted last, for a minute.")
@click.pass_context
def history(
    ctx: click.Context,
    as_json: bool,
    search: str,
    missed: bool,
    account: str | None,
    person: str | None,
    secure: bool | None,
    limit: int,
    export: str | None,
    source: BinaryIO | None,
    rows: tuple[str, ...],
    delete_all: bool,
    sure: bool,
    restore: bool,
) -> None:
    """Show the call log, newest first, or change it."""
    # Options that would not be heeded may have been meant to spare calls.
    only_with(ctx, _BESIDE)
    if sure and not delete_all and source is None:
        raise click.UsageError("--yes goes with --delete-all or --import")
    if source is not None:
        from voip.cli.history import importing  # slow to load, and rarely needed

        importing.import_log(source, sure, as_json)
        return
    if rows:
        deletion.delete_rows(rows, as_json)
        return
    if delete_all:
        matching = DeleteHistory(
            search=search, missed=missed, account=account, secure=secure, person=person
        )
        deletion.delete_all(matching, sure, as_json)
        return
    if restore:
        deletion.restore(as_json)
        return
    command = GetHistory(
        search=search, limit=limit, missed=missed, account=account, secure=secure, person=person
    )
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
