"""Accounts: adding, showing, changing, trying them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from voip import oneshot
from voip.cli import format as shown
from voip.cli.common import json_option, print_json
from voip.model import Keying, Status, Transport
from voip.protocol import client as told
from voip.starting import CommandFailed

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
        click.option("--media-keying", type=click.Choice([k.value for k in Keying]),
                     help="How SRTP keys are agreed."),
    ]  # fmt: skip

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_password_options = (
    click.option("--password-command", metavar="CMD", help="A command that prints the password."),
    click.option("--password-stdin", is_flag=True, help="Read the password from standard input."),
)


def _with_password(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_password_options):
        command = option(command)
    return command


@account.command()
@click.argument("name")
@_field_options(required=True)
@_with_password
@click.option("--no-register", is_flag=True, help="Only call out; do not register.")
def add(name: str, password_stdin: bool, no_register: bool, **fields: Any) -> None:
    """Add the account NAME."""
    values = {key: value for key, value in _clean(fields).items() if value is not None}
    if no_register:
        values["register"] = False
    command = told.AddAccount(name=name, fields=values, password=_password(password_stdin, fields))
    _save(command)


@account.command()
@click.argument("name")
@_field_options(required=False)
@_with_password
@click.option("--register/--no-register", default=None, help="Register, or only call out.")
def edit(name: str, password_stdin: bool, register: bool | None, **fields: Any) -> None:
    """Change fields of the account NAME; an empty value takes one out."""
    values: _Fields = {
        key: None if value == "" else value
        for key, value in _clean(fields).items()
        if value is not None
    }
    if register is not None:
        values["register"] = register
    command = told.EditAccount(name=name, fields=values, password=_password(password_stdin, fields))
    _save(command)


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
    if fields.get("ca_file"):
        fields["ca_file"] = str(Path(fields["ca_file"]).absolute())
    return fields


def _password(from_stdin: bool, fields: dict[str, Any]) -> str | None:
    if not from_stdin:
        return None
    if fields.get("password_command"):
        raise click.UsageError("--password-stdin and --password-command exclude each other")
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise click.UsageError("--password-stdin: there is no password on standard input")
    return password


def _save(command: told.AddAccount | told.EditAccount) -> None:
    saved = oneshot.get(command, told.AccountSaved)
    if saved.password_place:
        click.echo(f"the password is kept in {saved.password_place}", err=True)


def _accounts() -> told.AccountList:
    return oneshot.get(told.GetAccounts(), told.AccountList)
