"""Looking: status, events, the call log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from voip.cli import format as shown
from voip.cli.common import json_option, print_json, with_engine
from voip.cli.quick import print_status
from voip.client import oneshot
from voip.model import LogEntry
from voip.protocol import client as told

if TYPE_CHECKING:
    from voip.client.stream import Client


@click.command()
@json_option
def status(as_json: bool) -> None:
    """Engine, accounts and calls as they are."""
    print_status(as_json)


@click.command()
@json_option
def events(as_json: bool) -> None:
    """Follow what happens, one line an event, until interrupted."""
    with_engine(lambda engine: _follow(engine, as_json))


async def _follow(engine: Client, as_json: bool) -> None:
    await engine.ask(told.Subscribe())
    async for event in engine.events():
        if as_json:
            print_json(event)
        else:
            click.echo(shown.event(event))


@click.command()
@json_option
@click.option("--search", default="", metavar="TEXT", help="Only rows with TEXT in them.")
@click.option("--limit", default=50, type=click.IntRange(1, 1000), show_default=True)
@click.option("--export", type=click.Choice(["csv", "json"]), help="The whole log, in a format.")
def history(as_json: bool, search: str, limit: int, export: str | None) -> None:
    """The call log, newest first."""
    if export is not None:
        entries = _all(search)
        text = shown.csv_of(entries) if export == "csv" else _json_array(entries)
        click.echo(text, nl=False)
        return
    page = oneshot.get(told.GetHistory(search=search, limit=limit), told.HistoryPage)
    if as_json:
        print_json(page)
    else:
        click.echo(shown.log(page.entries))


def _all(search: str) -> list[LogEntry]:
    entries: list[LogEntry] = []
    before: str | None = None
    while True:
        command = told.GetHistory(search=search, limit=1000, before=before)
        page = oneshot.get(command, told.HistoryPage)
        if not page.entries:
            return entries
        entries += page.entries
        before = page.entries[-1].id


def _json_array(entries: list[LogEntry]) -> str:
    return msgspec.json.format(msgspec.json.encode(entries)).decode() + "\n"
