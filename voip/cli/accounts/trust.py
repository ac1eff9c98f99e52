"""`offhook trust`: shows a server's certificates, and pins its key."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import click
import msgspec

from voip.choices import Means
from voip.cli.common import json_option, print_json
from voip.client import oneshot, pin_words
from voip.client.errors import CommandFailed
from voip.model import Status
from voip.protection import Certificate, Transport
from voip.protocol.accounts import AccountList, EditAccount, GetAccounts
from voip.protocol.client import ErrorInfo
from voip.protocol.phone import GetStatus
from voip.protocol.trust import InspectServer, ServerReport
from voip.sip.dialing import DialError, parse_host_port
from voip.sip.sentences import fingerprint

_DEFAULT_PORT = 5061
_WORD_TO_PIN = "yes"
_WORD_TO_REPLACE = "accept"
_SEPARATORS = re.compile(r"[\s:]")


@click.command()
@click.argument("server", metavar="HOST[:PORT]")
@click.option("--account", metavar="NAME", help="The account that will accept the key.")
@click.option("--pin", metavar="SHA256", help="Pin without asking, if the server's key is this.")
@json_option
def trust(server: str, account: str | None, pin: str | None, as_json: bool) -> None:
    """Show a server's certificates, and pin its key if you agree.

    No SIP is sent. A pinned account accepts exactly this key, whoever issued
    its certificate, for whatever name and time. A key other than before
    needs a word typed, or --pin. Calls with the account end when its pin
    changes. Status 1: nothing was pinned.
    """
    candidates = _accounts_of(server, account)
    name = candidates[0] if len(candidates) == 1 else None
    report = oneshot.get(_inspection(server, name), ServerReport)
    named_key = None if pin is None else _SEPARATORS.sub("", pin).lower()
    if as_json and named_key is None:
        print_json(report)
        return
    if not as_json:
        click.echo("\n".join(describe(report, datetime.now(UTC))))
    accepted = _accept(report, candidates, named_key)
    if as_json:
        print_json(msgspec.structs.replace(report, pin=accepted))


def describe(report: ServerReport, now: datetime) -> Iterator[str]:
    """Format a server's certificates: problems, the key, then the chain."""
    yield f"{report.host}:{report.port}  {report.version}  {report.cipher}"
    for place, certificate in enumerate(report.chain):
        yield from ("", "Server certificate" if place == 0 else f"Issuer {place}")
        yield from _certificate(certificate)
    yield ""
    yield from (f"WRONG  {words}" for words in report.problems)
    if not report.problems:
        yield "ok     trusted: nothing is wrong with this certificate"
    if report.refused:
        yield "A pin does not fix this: the server needs another key."
    if report.pin is None:
        return
    if report.pin == _key(report):
        yield "PINNED this key is the one that the account is pinned to"
        yield f"       {pin_words.accepted(report, now)}"
        return
    yield "OTHER  the server shows another key than the one that the account is pinned to:"
    yield f"       {fingerprint(report.pin)}"
    yield f"       {pin_words.accepted(report, now)}"
    yield "       Nothing is sent to a server that shows this key. It may be an attack:"
    yield "       somebody between you and the server. Or the server was given a new key."


def _certificate(certificate: Certificate) -> Iterator[str]:
    yield f"  subject      {certificate.subject}"
    if certificate.names:
        yield f"  names        {', '.join(certificate.names)}"
    yield f"  issuer       {certificate.issuer}"
    yield f"  valid        {certificate.not_before} to {certificate.not_after}"
    yield f"  key          {certificate.key}, signed with {certificate.signature}"
    yield "  SHA-256 of the certificate"
    yield f"    {fingerprint(certificate.sha256)}"
    yield "  SHA-256 of the public key"
    yield f"    {fingerprint(certificate.key_sha256)}"


def _accept(report: ServerReport, candidates: list[str], named_key: str | None) -> str:
    """Pin the shown key if the user confirms; return it."""
    key = _key(report)
    if report.refused:
        raise _failed("; ".join(report.refused))
    if named_key is not None and named_key != key:
        raise _failed(f"the server's key is not the one that was named: it is {fingerprint(key)}")
    if not candidates:
        raise _failed("no account uses this server: name the one to pin with --account")
    if len(candidates) > 1:
        names = ", ".join(candidates)
        raise _failed(f"several accounts use this server: choose one with --account ({names})")
    (name,) = candidates
    if report.pin == key:
        click.echo(f"account {name} is pinned to this key already", err=True)
    else:
        _confirm(report, name, named_key)
    # Pinning the same key again restarts an account stopped by another key.
    oneshot.ask(EditAccount(name=name, fields={"pin": key}, means=Means.COMMAND))
    click.echo(f"account {name} accepts only this key from now on", err=True)
    return key


def _confirm(report: ServerReport, name: str, named_key: str | None) -> None:
    """Ask the user, unless the key was named.

    Raises:
        CommandFailed: there is no terminal to ask on, or the answer was no.
    """
    calls = sum(call.account == name for call in oneshot.get(GetStatus(), Status).calls)
    if named_key is not None:
        if calls:
            click.echo(pin_words.calls_end(calls, f"account {name}"), err=True)
        return
    if not sys.stdin.isatty():
        raise _failed(
            "there is no terminal to ask on, and nothing was pinned: name the key with --pin"
        )
    click.echo(
        "\nCompare the SHA-256 of the public key with what the server's administrator tells you.",
        err=True,
    )
    click.echo(f"If you accept it: {pin_words.calls_end(calls, f'account {name}')}", err=True)
    word, question = _WORD_TO_PIN, f"Type yes to have account {name} accept it"
    if report.pin is not None:
        # The word of a first pin is typed without reading: replacing one needs another.
        word = _WORD_TO_REPLACE
        question = (
            "Press Enter to leave everything as it is. "
            f"Type the word {word} to have account {name} accept the other key"
        )
    if str(click.prompt(question, default="", show_default=False, err=True)).strip() != word:
        raise _failed("nothing was pinned")


def _accounts_of(server: str, account: str | None) -> list[str]:
    """Return the accounts with this server; a named one alone, if it has it."""
    server_place = _place(server)
    accounts = oneshot.get(GetAccounts(), AccountList).accounts
    if account is not None and account not in [a.name for a in accounts]:
        raise _failed(f"there is no account {account}")
    of_server = []
    for candidate in accounts:
        if candidate.fields.get("transport", Transport.TLS) != Transport.TLS:
            continue
        next_hop = next(
            (str(candidate.fields[f]) for f in ("proxy", "server", "domain")
             if candidate.fields.get(f)), ""
        )  # fmt: skip
        if candidate.problem is None and _is_same(server_place, _place(next_hop)):
            of_server.append(candidate.name)
    if account is None:
        return of_server
    if account not in of_server:
        raise _failed(f"{server} is not the server of account {account}, or it does not use TLS")
    return [account]


def _is_same(server: tuple[str, int | None], place: tuple[str, int | None]) -> bool:
    host, port = place
    return server[0] == host and server[1] in (None, port or _DEFAULT_PORT)


def _place(text: str) -> tuple[str, int | None]:
    try:
        return parse_host_port(text)
    except DialError as error:
        raise _failed(str(error)) from error


def _inspection(server: str, name: str | None) -> InspectServer:
    # Only the account has the port of its server.
    return InspectServer(server=None if name else server, account=name)


def _key(report: ServerReport) -> str:
    return report.chain[0].key_sha256 if report.chain else ""


def _failed(words: str) -> CommandFailed:
    return CommandFailed(ErrorInfo(kind="trust", message=words))
