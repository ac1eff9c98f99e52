"""`offhook message` and `offhook messages`: text messages (SIP MESSAGE)."""

from __future__ import annotations

import sys

import click

from voip.cli import format as texts
from voip.cli.common import confirm, json_option, print_json
from voip.client import message_words, oneshot
from voip.client.errors import CommandFailed
from voip.protocol.client import ErrorInfo
from voip.protocol.people import (
    DeleteAllMessages,
    DeleteMessages,
    DeleteThread,
    GetMessages,
    GetThreads,
    MarkRead,
    Messages,
    MessagesDeleted,
    MessagesRestored,
    RestoreMessages,
    SendMessage,
    Threads,
)
from voip.texts import TextMessage, TextState

_MOST_READ = 1_000_000
"""Characters of standard input that are read: the engine says how long a text may be."""


@click.command()
@click.argument("target")
@click.argument("text")
@click.option("--account", metavar="NAME", help="The account that sends it.")
@click.option("--back", is_flag=True, help="Write back to TARGET, as “offhook messages” shows it.")
@json_option
def message(target: str, text: str, account: str | None, back: bool, as_json: bool) -> None:
    """Send TEXT to TARGET, and say if it arrived.

    TARGET is as in “offhook call”. With - for TEXT it is read from standard input, where
    no other program sees it.
    """
    if text == "-":
        text = sys.stdin.read(_MOST_READ).rstrip("\n")
    command = SendMessage(target=target, text=text, account=account, back=back)
    sent = oneshot.get(command, TextMessage)
    if as_json:
        print_json(sent)
    if sent.state is TextState.FAILED:
        words = f"not delivered to {texts.with_address(sent.remote)}: {sent.problem}"
        raise CommandFailed(ErrorInfo(kind="not_delivered", message=words, code=sent.code))
    if not as_json:
        click.echo(f"{message_words.delivery(sent)} to {texts.with_address(sent.remote)}")


@click.command()
@click.option("--account", metavar="NAME", help="Only texts of this account.")
@click.option("--with", "address", metavar="ADDRESS", help="Only texts with this person.")
@click.option("--search", default="", metavar="TEXT", help="Only texts with TEXT in them.")
@click.option("--unread", is_flag=True, help="Only texts that nobody has read.")
@click.option("--threads", is_flag=True, help="Show the last text with each person.")
@click.option("--limit", default=50, type=click.IntRange(1, 1000), show_default=True)
@click.option("--mark-read", is_flag=True, help="The texts that are shown count as read.")
@click.option("--delete", "deleted", multiple=True, metavar="ID",
              help="Delete this text, by the number in the first column.")  # fmt: skip
@click.option("--delete-all", is_flag=True,
              help="Delete all texts, of --account or --with this person.")  # fmt: skip
@click.option("--yes", "sure", is_flag=True, help="Delete all without asking.")
@click.option("--restore", is_flag=True, help="Bring back what was deleted last, for a minute.")
@json_option
def messages(
    account: str | None,
    address: str | None,
    search: str,
    unread: bool,
    threads: bool,
    limit: int,
    mark_read: bool,
    deleted: tuple[str, ...],
    delete_all: bool,
    sure: bool,
    restore: bool,
    as_json: bool,
) -> None:
    """Show text messages, newest first."""
    if address is not None and account is None:
        raise click.UsageError("--with goes with --account: an address is one of an account")
    if deleted:
        _delete(DeleteMessages(messages=deleted), as_json)
        return
    if delete_all:
        _delete_all(account, address, sure, as_json)
        return
    if restore:
        _restore(as_json)
        return
    if threads:
        _show_threads(limit, as_json)
        return
    command = GetMessages(
        account=account, address=address, search=search, unread=unread, limit=limit
    )
    page = oneshot.get(command, Messages)
    if as_json:
        print_json(page)
    else:
        click.echo("\n".join(map(texts.text_message, page.messages)) or "no texts yet")
    if mark_read:
        new = {(one.account, one.remote.uri) for one in page.messages if one.unread}
        for of, uri in sorted(new):
            oneshot.ask(MarkRead(account=of, address=uri))


def _delete_all(account: str | None, address: str | None, sure: bool, as_json: bool) -> None:
    whose = f" of account {account}" if account is not None else ""
    if account is not None and address is not None:
        if not sure:
            confirm(f"Delete all texts{whose} with {address}?", "deleted")
        _delete(DeleteThread(account=account, address=address), as_json)
        return
    page = oneshot.get(GetMessages(account=account, limit=1), Messages)
    if page.messages and not sure:
        confirm(f"Delete all texts{whose}?", "deleted")
    newest = page.messages[0].id if page.messages else "0"
    _delete(DeleteAllMessages(newest=newest, account=account), as_json)


def _delete(command: DeleteMessages | DeleteThread | DeleteAllMessages, as_json: bool) -> None:
    gone = oneshot.get(command, MessagesDeleted)
    if as_json:
        print_json(gone)
    else:
        click.echo(f"deleted {message_words.count(gone.count)}")
    if gone.count:
        back = f"brings {message_words.them(gone.count)} back for a minute"
        click.echo(f"“offhook messages --restore” {back}", err=True)


def _restore(as_json: bool) -> None:
    back = oneshot.get(RestoreMessages(), MessagesRestored)
    if as_json:
        print_json(back)
    else:
        click.echo(f"brought back {message_words.count(back.restored)}")


def _show_threads(limit: int, as_json: bool) -> None:
    page = oneshot.get(GetThreads(limit=limit), Threads)
    if as_json:
        print_json(page)
        return
    for thread in page.threads:
        new = f"{thread.unread} unread of " if thread.unread else ""
        click.echo(f"{new}{thread.messages}  {texts.text_message(thread.last)}")
    if not page.threads:
        click.echo("no texts yet")
