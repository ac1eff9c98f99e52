"""Options of `account add` and `account edit`, one for each field."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from voip.protocol.account_fields import BY_NAME, FIELDS
from voip.protocol.field import Content, Field, Group, Kind

Value = str | int | bool

_OF_CONTENT = {
    Content.HOST: "HOST[:PORT]",
    Content.COMMAND: "COMMAND",
    Content.CERTIFICATES: "FILE",
    Content.SECRET_FILE: "FILE",
}
_SECRETS = {
    "password": "Read the password from standard input.",
    "client_passphrase": "Read the passphrase of the key from there; after the password, if both.",
    "turn_password": "Read the password for the relay from there, after the others.",
}


def with_fields(new: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add an option for every field, of a `new` account or a changed one."""
    options = [_option(field, new) for field in FIELDS if field.group is not Group.NOTE]
    options += [
        click.option(_of_secret(secret, "stdin"), is_flag=True, help=words)
        for secret, words in _SECRETS.items()
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def values_of(options: Mapping[str, Any]) -> dict[str, Value]:
    """Return the given fields' values, with absolute paths."""
    given = {name: options[name] for name in BY_NAME if options.get(name) is not None}
    return {
        name: str(Path(value).absolute()) if value and BY_NAME[name].content.is_file else value
        for name, value in given.items()
    }


def read_secrets(options: Mapping[str, Any]) -> dict[str, str | None]:
    """Read secrets from standard input, a line each; None if not requested.

    Raises:
        click.UsageError: it is missing, or its place is named as well.
    """
    return {secret: _read(secret, options) for secret in _SECRETS}


def _read(secret: str, options: Mapping[str, Any]) -> str | None:
    option = _of_secret(secret, "stdin")
    if not options[f"{secret}_stdin"]:
        return None
    for place in ("command", "file"):
        if options.get(f"{secret}_{place}"):
            raise click.UsageError(f"{option} and {_of_secret(secret, place)} exclude each other")
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        words = secret.removeprefix("client_").replace("turn_", "relay ")
        raise click.UsageError(f"{option}: there is no {words} on standard input")
    return line


def _of_secret(secret: str, place: str) -> str:
    return f"--{secret.replace('_', '-')}-{place}"


def _option(field: Field, new: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    if field.kind is Kind.SWITCH:
        return click.option(field.option, field.name, default=None, help=_help(field, new))
    type_ = _type(field)
    return click.option(
        field.option,
        field.name,
        type=type_ if new else _or_empty(type_),
        required=new and field.needed,
        metavar=_metavar(field),
        help=_help(field, new),
    )


def _type(field: Field) -> click.ParamType[Any]:
    if field.kind is Kind.CHOICE:
        return click.Choice(field.values)
    if field.kind is Kind.NUMBER:
        return click.IntRange(*field.bounds) if field.bounds else click.INT
    return click.Path() if field.content.is_file else click.STRING


def _or_empty(type_: click.ParamType[Any]) -> Callable[[str], Any]:
    """Extend a type by the empty text, which removes a field."""

    def convert(text: str) -> Any:
        return type_(text) if text else text

    return convert


def _metavar(field: Field) -> str:
    if field.kind is Kind.CHOICE:
        return f"[{'|'.join(field.values)}]"
    kinds = {Kind.NUMBER: field.unit.upper(), Kind.NAMES: "NAMES"}
    return field.metavar or kinds.get(field.kind) or _OF_CONTENT.get(field.content) or "TEXT"


def _help(field: Field, new: bool) -> str:
    """Return the help of an option; for a new account with the default."""
    label = f"{field.label}. " if field.kind is Kind.SWITCH else ""
    default = f" Default: {_default_text(field)}." if new and field.default != "" else ""
    return f"{label}{field.help}{default}"


def _default_text(field: Field) -> str:
    if isinstance(field.default, bool):
        on, off = field.option.split("/")
        return on if field.default else off
    return str(field.default)
