"""Checks values of fields, typed or read, by the rules of their kinds.

The field's declaration sets the rule; the message fits next to the field.
"""

from __future__ import annotations

import difflib
import re
import shlex
import unicodedata
from collections.abc import Mapping

from voip.protection import Transport
from voip.protocol.account_fields import BY_NAME
from voip.protocol.field import Content, Field, Group, Kind
from voip.security.policy import DEMANDS
from voip.sip.dialing import DialError, parse_host_port

Values = Mapping[str, object]
"""Fields of any type, known or not."""

SCHEME = re.compile(r"(sips?|tel|https?|tls|tcp|udp|[a-z][a-z0-9+.-]*(?=://)):(//)?", re.IGNORECASE)


def is_secure(values: Values) -> bool:
    """Report if the account would use TLS."""
    transport = values.get("transport", Transport.TLS)
    return isinstance(transport, str) and any(
        demands.tls_only for name, demands in DEMANDS.items() if name == transport
    )


def is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def as_text(name: str, value: object) -> object:
    """Join a list of names from a TOML file; return other values unchanged."""
    if BY_NAME[name].kind is not Kind.NAMES or not isinstance(value, list):
        return value
    return ", ".join(value) if all(isinstance(one, str) for one in value) else value


def typed(name: str, value: object) -> object:
    """Convert a value to its field's type: text of names to a list."""
    is_list = BY_NAME[name].kind is Kind.NAMES and isinstance(value, str)
    return _names_of(str(value)) if is_list else value


def _names_of(text: str) -> tuple[str, ...]:
    """Split a text at commas or spaces into names."""
    return tuple(re.findall(r"[^\s,]+", text))


def problem(field: Field, value: object) -> str | None:
    """Report problems of a value against its field's declaration."""
    match field.kind, value:
        case Kind.SWITCH, bool():
            return None
        case Kind.SWITCH, _:
            return f"true or false is needed, not {_kind(value)}"
        case Kind.NUMBER, int(number) if not isinstance(value, bool):
            return _number_problem(field, number)
        case Kind.NUMBER, _:
            return f"a whole number of {field.unit} is needed, not {_kind(value)}"
        case _, str(text):
            return _text_problem(field, text)
        case _:
            return f"text is needed, not {_kind(value)}"


def _kind(value: object) -> str:
    kinds = ((bool, "true or false"), (int | float, "a number"), (str, "text"), (list, "a list"),
             (dict, "a table"), (type(None), "nothing"))  # fmt: skip
    return next((words for kind, words in kinds if isinstance(value, kind)), "a date or a time")


def _number_problem(field: Field, value: int) -> str | None:
    if field.bounds is None:
        return None
    least, most = field.bounds
    return None if least <= value <= most else f"{least} to {most} {field.unit}, not {value}"


def _text_problem(field: Field, value: str) -> str | None:
    if field.longest is not None and len(value) > field.longest:
        return f"longer than {field.longest} characters"
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in value):
        return "holds control characters"
    if field.kind is Kind.CHOICE:
        return _choice_problem(field, value)
    if field.kind is Kind.NAMES:
        return _names_problem(field, _names_of(value))
    if field.empty and not value.strip():
        return f"empty: {field.empty}"
    if field.content is Content.HOST:
        return host_problem(value)
    return _command_problem(value) if field.content is Content.COMMAND else None


def _choice_problem(field: Field, value: str) -> str | None:
    if value in field.values:
        return None
    *others, last = field.values
    words = f"{', '.join(others)} or {last}, not “{value}”"
    return f"{words}; the phone sets it with the pin" if field.group is Group.NOTE else words


def _names_problem(field: Field, names: tuple[str, ...]) -> str | None:
    if not names:
        return f"empty: {field.empty}"
    for name in names:
        if name not in field.names:
            as_written = {known.lower(): known for known in field.names}
            near = difflib.get_close_matches(name.lower(), as_written, n=1)
            known = ", ".join(field.names)
            hint = f"did you mean “{as_written[near[0]]}”?" if near else f"known are {known}"
            return f"“{name}” is not a {field.noun} of this phone, {hint}"
    twice = next((name for name in names if names.count(name) > 1), None)
    return f"“{twice}” is there twice" if twice else None


def _command_problem(value: str) -> str | None:
    try:
        shlex.split(value, comments=True)
    except ValueError:
        return "a quote in it is not closed"
    return None


def host_problem(value: str) -> str | None:
    """Report problems of a server's name or address, with or without a port."""
    scheme = SCHEME.match(value)
    if scheme:
        return f"without “{scheme[0]}”: only the name of the server, such as pbx.example.com"
    if re.search(r"\s", value):
        return "without spaces: only the name of the server, such as pbx.example.com"
    user, at, _ = value.rpartition("@")
    if at:
        return f"only what follows the @: “{user}” is a user's name, not a server's"
    host, colon, port = value.rpartition(":")
    if colon and "]" not in port and ":" not in host.strip("[]") and not port.isdecimal():
        return f"“{port}” is not a port: ports go from 1 to 65535"
    try:
        parse_host_port(value)
    except DialError as error:
        return str(error)
    return None
