"""Accounts: adding, showing, changing, trying them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from voip.cli import format as shown
from voip.cli.common import json_option, print_json
from voip.client import oneshot
from voip.client.starting import CommandFailed
from voip.model import Means, Status
from voip.protection import Authorities, Keying, Transport
from voip.protocol import client as told

_Fields = dict[str, str | int | bool | None]


@click.group()
def account() -> None:
    """Add, show, change and try accounts."""


def _field_options(required: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    options = [
        click.option("--user", required=required, metavar="U", help="The name in the address."),
        click.option("--domain", required=required, metavar="D", help="The domain after the @."),
        click.option("--transport", type=click.Choice([t.value for t in Transport]),
                     help="How SIP travels; tls, the default, also demands SRTP."),
        click.option("--server", metavar="HOST[:PORT]", help="The server, if not the domain."),
        click.option("--proxy", metavar="HOST[:PORT]", help="A proxy in front of the server."),
        click.option("--auth-user", metavar="A", help="The user name to log in with."),
        click.option("--display-name", metavar="N", help="The name that others see."),
        click.option("--ca-file", type=click.Path(), metavar="F",
                     help="A PEM file with the authority to trust."),
        click.option("--trust", type=click.Choice([a.value for a in Authorities]),
                     help="Whom to trust without one: our bundle, or the system's store."),
        click.option("--pin", metavar="SHA256",
                     help="Trust this public key alone; see “offhook trust”."),
        click.option("--client-certificate", type=click.Path(), metavar="F",
                     help="A PEM file with the certificate to show to the server."),
        click.option("--client-key", type=click.Path(), metavar="F",
                     help="Its key, if that is in a file of its own."),
        click.option("--client-passphrase-command", metavar="CMD",
                     help="A command that prints the passphrase of that key."),
        click.option("--media-keying", type=click.Choice([k.value for k in Keying]),
                     help="How SRTP keys are agreed."),
        click.option("--srtp-suites", metavar="NAMES",
                     help="The SRTP suites to offer, in this order, parted by commas."),
    ]  # fmt: skip

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_secret_options = (
    click.option("--password-command", metavar="CMD", help="A command that prints the password."),
    click.option("--password-stdin", is_flag=True, help="Read the password from standard input."),
    click.option("--client-passphrase-stdin", is_flag=True,
                 help="Read the passphrase of the key from there; after the password, if both."),
)  # fmt: skip


def _with_secrets(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_secret_options):
        command = option(command)
    return command


@account.command()
@click.argument("name")
@_field_options(required=True)
@_with_secrets
@click.option("--no-register", is_flag=True, help="Only call out; do not register.")
def add(name: str, no_register: bool, **fields: Any) -> None:
    """Add the account NAME."""
    secrets = _secrets(fields)
    values = {key: value for key, value in _clean(fields).items() if value is not None}
    if no_register:
        values["register"] = False
    _save(told.AddAccount(name=name, fields=values, means=Means.COMMAND, **secrets))


@account.command()
@click.argument("name")
@_field_options(required=False)
@_with_secrets
@click.option("--register/--no-register", default=None, help="Register, or only call out.")
def edit(name: str, register: bool | None, **fields: Any) -> None:
    """Change fields of the account NAME; an empty value takes one out."""
    secrets = _secrets(fields)
    values: _Fields = {
        key: None if value == "" else value
        for key, value in _clean(fields).items()
        if value is not None
    }
    if register is not None:
        values["register"] = register
    _save(told.EditAccount(name=name, fields=values, means=Means.COMMAND, **secrets))


@account.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Every account and its registration."""
    if as_json:
        print_json(_accounts())
        return
    for found in oneshot.get(told.GetStatus(), Status).accounts:
        click.echo(shown.account(found))


@account.command()
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """One account as it stands in accounts.toml."""
    for found in _accounts().accounts:
        if found.name != name:
            continue
        if as_json:
            print_json(found)
        else:
            for key, value in found.fields.items():
                click.echo(f"{key} = {value}")
            if found.problem:
                click.echo(found.problem, err=True)
        return
    raise CommandFailed(told.ErrorInfo(kind="no_account", message=f"there is no account {name}"))


@account.command()
@click.argument("name")
def remove(name: str) -> None:
    """Remove the account NAME and its stored password."""
    oneshot.ask(told.RemoveAccount(name=name))


@account.command()
@click.argument("name")
def enable(name: str) -> None:
    """Use the account NAME again."""
    _save(told.EditAccount(name=name, fields={"enabled": None}))


@account.command()
@click.argument("name")
def disable(name: str) -> None:
    """Keep the account NAME, but do not use it."""
    _save(told.EditAccount(name=name, fields={"enabled": False}))


@account.command()
@click.argument("name")
@json_option
@click.pass_context
def check(ctx: click.Context, name: str, as_json: bool) -> None:
    """Try the account NAME step by step."""
    report = oneshot.get(told.CheckAccount(name=name), told.CheckReport)
    if as_json:
        print_json(report)
    else:
        for step in report.steps:
            mark = {True: "ok ", False: "BAD", None: " – "}[step.ok]
            click.echo(f"{mark}  {step.step}: {step.text}")
    ctx.exit(0 if report.ok else 1)


def _clean(fields: dict[str, Any]) -> dict[str, Any]:
    for name in ("ca_file", "client_certificate", "client_key"):
        if fields.get(name):
            fields[name] = str(Path(fields[name]).absolute())
    return fields


def _secrets(fields: dict[str, Any]) -> dict[str, str | None]:
    """The secrets on standard input, a line each; their options leave `fields`."""
    found: dict[str, str | None] = {}
    for kind in ("password", "client_passphrase"):
        option = f"--{kind.replace('_', '-')}"
        found[kind] = None
        if not fields.pop(f"{kind}_stdin"):
            continue
        if fields.get(f"{kind}_command"):
            raise click.UsageError(f"{option}-stdin and {option}-command exclude each other")
        found[kind] = sys.stdin.readline().rstrip("\r\n")
        if not found[kind]:
            words = kind.removeprefix("client_")
            raise click.UsageError(f"{option}-stdin: there is no {words} on standard input")
    return found


def _save(command: told.AddAccount | told.EditAccount) -> None:
    saved = oneshot.get(command, told.AccountSaved)
    if saved.password_place:
        click.echo(f"the password is kept in {saved.password_place}", err=True)
    if saved.passphrase_place:
        click.echo(f"the passphrase is kept in {saved.passphrase_place}", err=True)


def _accounts() -> told.AccountList:
    return oneshot.get(told.GetAccounts(), told.AccountList)
