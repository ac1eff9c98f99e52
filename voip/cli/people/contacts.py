"""`offhook people`: the contacts, with their numbers and lamps."""

from __future__ import annotations

import click

from voip.cli.common import json_option, print_json
from voip.client import lamp_words, oneshot
from voip.protocol.people import Contact, ContactsPage, GetContacts


@click.command()
@click.argument("search", default="")
@click.option("--limit", default=200, type=click.IntRange(1, 1000), show_default=True,
              help="Show at most this many people.")  # fmt: skip
@json_option
def people(search: str, limit: int, as_json: bool) -> None:
    """Show contacts, by name, with what to dial, and their lamps.

    SEARCH is a part of a name, a number or an address.
    """
    page = oneshot.get(GetContacts(search=search, limit=limit), ContactsPage)
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


def _lines(contact: Contact) -> list[str]:
    rows = []
    for place, number in enumerate(contact.numbers):
        then = f", then sends {number.tones}" if number.tones else ""
        label = f"  ({number.label})" if number.label else ""
        lamps = "".join(f"  {lamp.account}: {lamp_words.words(lamp)}" for lamp in number.lamps)
        name = contact.name if place == 0 else ""
        rows.append(f"{name:<30}  {number.target}{then}{label}{lamps}")
    return rows
