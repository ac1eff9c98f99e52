"""`offhook people`: the contacts, with their numbers and lamps, and one of them."""

from __future__ import annotations

from collections.abc import Iterator

import click
import msgspec

from voip.cli import format as texts
from voip.cli.common import json_option, only_with, print_json
from voip.client import lamp_words, oneshot
from voip.model import Direction
from voip.protocol.people import (
    AddContact,
    Contact,
    ContactAdded,
    ContactsPage,
    DirectoryPage,
    GetContacts,
    GetPerson,
    LastCall,
    MarkFavourite,
    PersonPage,
    SearchDirectory,
)

_BESIDE = {
    "show": {"as_json", "limit"},
    "favourite": {"as_json"},
    "unfavourite": {"as_json"},
    "number": {"as_json", "name"},
    "name": {"as_json", "number"},
}
"""Options that go with another work than listing, by its own."""


@click.command()
@click.argument("search", default="")
@click.option("--limit", default=200, type=click.IntRange(1, 1000), show_default=True,
              help="Show at most this many people, or calls and texts of one.")  # fmt: skip
@click.option("--show", metavar="WHO", help="Show one person: numbers, last calls, last texts.")
@click.option("--favourite", metavar="WHO", help="Make a contact a favourite.")
@click.option("--unfavourite", metavar="WHO", help="Make a contact no favourite any longer.")
@click.option(
    "--add", "number", metavar="NUMBER", help="Add a contact with this number or SIP address."
)
@click.option("--name", metavar="NAME", help="The name of the contact to add.")
@json_option
@click.pass_context
def people(
    ctx: click.Context,
    search: str,
    limit: int,
    show: str | None,
    favourite: str | None,
    unfavourite: str | None,
    number: str | None,
    name: str | None,
    as_json: bool,
) -> None:
    """Show contacts, favourites first, with what to dial, and their lamps.

    SEARCH is a part of a name, a number or an address. WHO is a whole name, a number or
    an address.
    """
    only_with(ctx, _BESIDE)
    if show is not None:
        _show(show, limit, as_json)
    elif favourite is not None:
        _mark(favourite, on=True, as_json=as_json)
    elif unfavourite is not None:
        _mark(unfavourite, on=False, as_json=as_json)
    elif number is not None:
        _add(number, name, as_json)
    elif name is not None:
        raise click.UsageError("--name goes with --add")
    else:
        _list(search, limit, as_json)


def _list(search: str, limit: int, as_json: bool) -> None:
    page = oneshot.get(GetContacts(search=search, limit=limit), ContactsPage)
    more = oneshot.get(SearchDirectory(search=search), DirectoryPage) if search else DirectoryPage()
    room = limit - len(page.contacts)
    total = page.total + len(more.contacts)
    page = msgspec.structs.replace(
        page, contacts=(*page.contacts, *more.contacts[:room]), total=total
    )
    if more.problem:
        click.echo(more.problem, err=True)
    if as_json:
        print_json(page)
        return
    for contact in page.contacts:
        click.echo("\n".join(_lines(contact)))
    if page.total > len(page.contacts):
        click.echo(f"{page.total - len(page.contacts)} more: name a SEARCH, or a --limit", err=True)
    if not page.total:
        words = "nobody matches" if search else f"no contacts yet: put vCards into {page.folder}"
        click.echo(words)


def _show(who: str, limit: int, as_json: bool) -> None:
    page = oneshot.get(GetPerson(who=who, limit=limit), PersonPage)
    if as_json:
        print_json(page)
        return
    if page.contact is not None:
        click.echo("\n".join(_lines(page.contact)))
    else:
        click.echo(f"{page.number or who}: not among the contacts")
    click.echo("\ncalls:\n" + texts.log(page.calls))
    messages = "\n".join(map(texts.text_message, page.texts))
    click.echo("\ntexts:\n" + (messages or "no texts yet"))


def _mark(who: str, on: bool, as_json: bool) -> None:
    contact = oneshot.get(MarkFavourite(contact=who, on=on), Contact)
    if as_json:
        print_json(contact)
    else:
        click.echo(f"{contact.name} is {'a' if on else 'no'} favourite")


def _add(number: str, name: str | None, as_json: bool) -> None:
    if name is None:
        raise click.UsageError("--add needs --name")
    added = oneshot.get(AddContact(name=name, number=number), ContactAdded)
    if as_json:
        print_json(added)
    else:
        click.echo(f"{added.contact.name} is among your contacts: {added.path}")


def _lines(contact: Contact) -> Iterator[str]:
    for place, number in enumerate(contact.numbers):
        then = f", then sends {number.tones}" if number.tones else ""
        label = f"  ({number.label})" if number.label else ""
        more = _remarks(contact) if place == 0 else ""
        lamps = "".join(f"  {lamp.account}: {lamp_words.words(lamp)}" for lamp in number.lamps)
        name = contact.name if place == 0 else ""
        yield f"{name:<30}  {number.target}{then}{label}{lamps}{more}"


def _remarks(contact: Contact) -> str:
    last = _last_call(contact.last_call) if contact.last_call is not None else ""
    favourite = "favourite" if contact.favourite else ""
    directory = "directory" if contact.directory else ""
    return "".join(f"  {remark}" for remark in (favourite, directory, last) if remark)


def _last_call(last: LastCall) -> str:
    arrow = "→" if last.direction is Direction.OUT else "←"
    return f"{arrow} {last.time} {last.outcome.value}"
