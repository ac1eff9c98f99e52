"""`offhook settings`: shows config.toml, and changes one key at a time."""

from __future__ import annotations

import click
import msgspec

from voip.cli.common import json_option, print_json, whole_path
from voip.client import oneshot
from voip.protocol.settings import ChangeSettings, GetSettings, Settings, SettingsData

_KEYS = "keys"
_FILES = ("audio.ring_sound",)
"""Keys whose values are files."""

Value = str | int | bool | None


class Setting(msgspec.Struct, frozen=True):
    """Output of `settings KEY --json`; `value` None means the phone chooses."""

    key: str
    value: Value


@click.command()
@click.argument("key", required=False)
@click.argument("value", required=False)
@click.option("--default", is_flag=True, help="Reset KEY to its default.")
@json_option
def settings(key: str | None, value: str | None, default: bool, as_json: bool) -> None:
    """Show every setting, show KEY, or change KEY to VALUE.

    KEY is one of the list, or keys.ACTION for the keys of an action, such as
    keys.call.hold. Changes apply at once, also to current calls; those of
    network at the next start of the phone.
    """
    if key is None:
        if default:
            raise click.UsageError("--default needs a KEY")
        _list(as_json)
        return
    if value is not None and default:
        raise click.UsageError("give a VALUE, or --default, and not both")
    _check(key)
    if value is not None or default:
        change: Value = None if value is None else _typed(key, value)
        oneshot.ask(ChangeSettings(changes={key: change}))
        _remark(key, _read())
        return
    setting = Setting(key, _values(_read().settings).get(key))
    if as_json:
        print_json(setting)
    else:
        click.echo(_text(setting.value))


def _list(as_json: bool) -> None:
    data = _read()
    if as_json:
        print_json(data)
        return
    for key, value in _values(data.settings).items():
        click.echo(f"{key} = {_text(value)}".rstrip())
        _remark(key, data)


def _read() -> SettingsData:
    data = oneshot.get(GetSettings(), SettingsData)
    if data.problem is not None:
        click.echo(data.problem, err=True)
    return data


def _remark(key: str, data: SettingsData) -> None:
    if key in data.remarks:
        click.echo(f"{key}: {data.remarks[key]}", err=True)


def _values(settings: Settings) -> dict[str, Value]:
    tables = msgspec.to_builtins(settings)
    return {
        f"{table}.{name}": value
        for table, values in tables.items()
        for name, value in values.items()
    }


def _check(key: str) -> None:
    if key not in _values(Settings()) and not key.startswith(f"{_KEYS}."):
        raise click.UsageError(f"there is no setting {key}: “offhook settings” lists them")


def _typed(key: str, text: str) -> Value:
    """Convert the text to the value of a key in config.toml.

    Raises:
        UsageError: it is not a value of this key.
    """
    table, _, name = key.partition(".")
    if table == _KEYS:
        return text
    if key in _FILES and text:
        return whole_path(text)
    fields = msgspec.structs.fields(getattr(Settings(), table))
    (kind,) = (field.type for field in fields if field.name == name)
    try:
        value: Value = msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError:
        raise click.UsageError(f"{key} is {_allowed(kind)}, not “{text}”") from None
    return value


def _allowed(kind: type) -> str:
    match msgspec.inspect.type_info(kind):
        case msgspec.inspect.BoolType():
            return "true or false"
        case msgspec.inspect.LiteralType(values=values):
            return f"one of {', '.join(map(str, values))}"
        case msgspec.inspect.IntType(ge=least, le=most):
            return f"a whole number from {least} to {most}"
        case msgspec.inspect.StrType(min_length=least, max_length=most):
            return f"a text of {least} to {most} characters"
    raise AssertionError(f"a setting of another kind: {kind}")


def _text(value: Value) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
