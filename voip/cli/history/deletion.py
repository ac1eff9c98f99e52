"""`offhook history --delete`, `--delete-all` and `--restore`."""

from __future__ import annotations

import click

from voip.cli.common import confirm, print_json
from voip.client import deleting, oneshot
from voip.protocol.calls import (
    CallsDeleted,
    CallsRestored,
    DeleteCalls,
    DeleteHistory,
    HistoryPage,
    RestoreCalls,
)


def delete_rows(rows: tuple[str, ...], as_json: bool) -> None:
    """Delete rows by their ids."""
    _report(oneshot.get(DeleteCalls(rows=rows), CallsDeleted), as_json)


def delete_all(command: DeleteHistory, sure: bool, as_json: bool) -> None:
    """Delete the ended calls that match, once the user has agreed.

    Raises:
        CommandFailed: there is no terminal to ask on, or the answer was no.
    """
    page = oneshot.get(deleting.matching(command), HistoryPage)
    if not page.entries:
        _report(CallsDeleted(0), as_json)
        return
    number = deleting.ended(page)
    if number and not sure:
        confirm(deleting.question(command, number), "deleted")
    _report(oneshot.get(deleting.up_to(command, page), CallsDeleted), as_json)


def restore(as_json: bool) -> None:
    """Bring back what was deleted last."""
    back = oneshot.get(RestoreCalls(), CallsRestored)
    if as_json:
        print_json(back)
    else:
        click.echo(f"brought back {deleting.calls(back.restored)}")


def _report(gone: CallsDeleted, as_json: bool) -> None:
    if as_json:
        print_json(gone)
    else:
        click.echo(f"deleted {deleting.calls(gone.deleted)}")
    if gone.deleted:
        them = "it" if gone.deleted == 1 else "them"
        click.echo(f"“offhook history --restore” brings {them} back for a minute", err=True)
