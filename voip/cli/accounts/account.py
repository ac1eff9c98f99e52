"""`offhook account`: adds, shows, changes and tries accounts."""

from __future__ import annotations

from typing import Any

import click

from voip.choices import Means
from voip.cli import format as texts
from voip.cli.accounts.options import read_secrets, values_of, with_fields
from voip.cli.common import json_option, print_json
from voip.client import oneshot
from voip.client.errors import CommandFailed
from voip.model import Status
from voip.protocol.accounts import (
    AccountChanged,
    AccountList,
    AddAccount,
    CheckAccount,
    CheckReport,
    EditAccount,
    GetAccounts,
    RemoveAccount,
)
from voip.protocol.client import ErrorInfo
from voip.protocol.phone import GetStatus


@click.group()
def account() -> None:
    """Add, show, change and test accounts."""


@account.command()
@click.argument("name")
@with_fields(new=True)
@json_option
def add(name: str, as_json: bool, **options: Any) -> None:
    """Add the account NAME."""
    secrets = read_secrets(options)
    command = AddAccount(name=name, fields=values_of(options), means=Means.COMMAND, **secrets)
    _change(command, as_json)


@account.command()
@click.argument("name")
@with_fields(new=False)
@json_option
def edit(name: str, as_json: bool, **options: Any) -> None:
    """Change fields of the account NAME; an empty value removes one.

    The account registers again, and its calls end, unless only what incoming calls
    meet has changed.
    """
    secrets = read_secrets(options)
    fields = {field: None if value == "" else value for field, value in values_of(options).items()}
    _change(EditAccount(name=name, fields=fields, means=Means.COMMAND, **secrets), as_json)


@account.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List every account and its registration."""
    if as_json:
        print_json(_accounts())
        return
    for status in oneshot.get(GetStatus(), Status).accounts:
        click.echo(texts.account(status))


@account.command()
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show the account NAME as in accounts.toml."""
    row = next((row for row in _accounts().accounts if row.name == name), None)
    if row is None:
        words = f"there is no account {name}"
        raise CommandFailed(ErrorInfo(kind="no_account", message=words))
    if as_json:
        print_json(row)
        return
    for key, value in row.fields.items():
        click.echo(f"{key} = {value}")
    if row.problem:
        click.echo(row.problem, err=True)


@account.command()
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Remove the account NAME and its stored password; its calls end."""
    _change(RemoveAccount(name=name), as_json)


@account.command()
@click.argument("name")
@json_option
def enable(name: str, as_json: bool) -> None:
    """Enable the account NAME."""
    _change(EditAccount(name=name, fields={"enabled": None}), as_json)


@account.command()
@click.argument("name")
@json_option
def disable(name: str, as_json: bool) -> None:
    """Disable the account NAME; its calls end."""
    _change(EditAccount(name=name, fields={"enabled": False}), as_json)


@account.command()
@click.argument("name")
@json_option
@click.pass_context
def check(ctx: click.Context, name: str, as_json: bool) -> None:
    """Test the account NAME step by step.

    The step “name” shows each lookup, and each address in the order of the test.
    """
    report = oneshot.get(CheckAccount(name=name), CheckReport)
    if as_json:
        print_json(report)
    else:
        click.echo(texts.check(report))
    ctx.exit(0 if report.ok else 1)


def _change(command: AddAccount | EditAccount | RemoveAccount, as_json: bool) -> None:
    """Change an account; report its secrets and calls on standard error."""
    change = oneshot.get(command, AccountChanged)
    if change.password_place:
        click.echo(f"the password is kept in {change.password_place}", err=True)
    if change.passphrase_place:
        click.echo(f"the passphrase is kept in {change.passphrase_place}", err=True)
    if change.turn_password_place:
        place = change.turn_password_place
        click.echo(f"the password for the relay is kept in {place}", err=True)
    if change.ended_calls:
        click.echo(f"ended with the change: call {', '.join(change.ended_calls)}", err=True)
    if as_json:
        print_json(change)


def _accounts() -> AccountList:
    return oneshot.get(GetAccounts(), AccountList)
