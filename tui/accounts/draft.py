"""Text in an account's form, and the changes it makes to the file.

Pure. The engine validates the values (`CheckFields`); the table of account
fields holds their labels and help.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from voip.protocol import account_fields
from voip.protocol.account_fields import BY_NAME, MAX_NAME
from voip.protocol.accounts import AccountFields
from voip.protocol.field import Field, Group, Kind

Value = str | int | bool
Typed = dict[str, str | bool]
"""Text in each field of the form, by its name in accounts.toml."""

FIELDS: Final = tuple(field for field in account_fields.FIELDS if field.group is not Group.NOTE)
"""Fields in the form; the engine writes the others."""

USUAL: Final = tuple(field for field in FIELDS if field.group is Group.USUAL)
MORE: Final = tuple(field for field in FIELDS if field.group is Group.MORE)
"""Fields under More, which most accounts leave at their defaults."""

PASSWORD_PLACES: Final = ("password_command", "password_file")
"""Fields that say where the password is; with one, the phone stores none."""

PASSWORD: Final = "password"  # noqa: S105 - the name of a field
NAME: Final = "name"
_USUAL_HOSTS: Final = frozenset(
    {"sip", "sips", "pbx", "voip", "proxy", "registrar", "phone", "www"}
)


def typed(fields: Mapping[str, Value]) -> Typed:
    """The form's text for fields of the file."""
    return {field.name: _input(field, fields.get(field.name, field.default)) for field in FIELDS}


def _input(field: Field, value: Value) -> str | bool:
    if field.kind is Kind.SWITCH:
        # A value of another type in the file is replaced by the switch's on saving.
        return value if isinstance(value, bool) else bool(field.default)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))


def fields(draft: Typed) -> dict[str, Value]:
    """The fields to save: those that differ from their default."""
    values = {field.name: _value(field, draft[field.name]) for field in FIELDS}
    return {
        field.name: values[field.name]
        for field in FIELDS
        if values[field.name] not in ("", field.default)
    }


def _value(field: Field, entered: str | bool) -> Value:
    if isinstance(entered, bool):
        return entered
    text = entered.strip()
    if field.kind is Kind.NUMBER and text.isascii() and text.isdecimal():
        return int(text)
    return text


def changes(account: AccountFields, draft: Typed) -> dict[str, Value | None]:
    """Changes of an account in the file; None removes a field.

    With a problem in the account, compares every field with the file, so that
    saving also removes values of types the form cannot show.
    """
    to_save, before = fields(draft), typed(account.fields)
    edits: dict[str, Value | None] = {}
    for field in FIELDS:
        name = field.name
        if draft[name] == before[name] and account.problem is None:
            continue
        value, written = to_save.get(name), account.fields.get(name)
        if value is None and _same(written, field.default):
            continue
        if not _same(value, written) or value is None:
            edits[name] = value
    return edits


def _same(one: Value | None, other: Value | None) -> bool:
    # True == 1 in Python, but not in TOML.
    return type(one) is type(other) and one == other


def next_hop(draft: Typed) -> str | None:
    """Address (host[:port]) of the TLS server in the form, or None."""
    if draft["transport"] != "tls":
        return None
    places = (str(draft[field]).strip() for field in ("proxy", "server", "domain"))
    return next(filter(None, places), None)


def pin(draft: Typed) -> str | None:
    """The pin in the form, normalised: lower case, no colons or spaces."""
    return re.sub(r"[\s:]", "", str(draft["pin"])).lower() or None


def split_address(text: str, domain: str) -> tuple[str, str] | None:
    """Split a whole address typed as the user into user and domain.

    None if it is not one, or if the domain field names another host: a user
    may contain an @.
    """
    address = text.strip().removeprefix("<").removesuffix(">")
    address = re.sub(r"^sips?:", "", address, flags=re.IGNORECASE)
    user, at, host = address.rpartition("@")
    if not (at and user and host) or domain.strip().lower() not in ("", host.lower()):
        return None
    return user, host


def propose_name(domain: str, taken: Collection[str]) -> str:
    """Account name made from the domain, with a number if it is in use."""
    name = _short(domain.strip().strip("[]").lower())
    if name not in taken and name != "echo":
        return name
    return next(
        free for number in range(2, len(taken) + 4) if (free := f"{name}-{number}") not in taken
    )


def _short(domain: str) -> str:
    labels = domain.split(".")
    if len(labels) > 1 and not labels[-1].isdecimal():
        named = [label for label in labels[:-1] if label not in _USUAL_HOSTS]
        domain = max(named, key=len, default=labels[0])
    return re.sub(r"[^a-z0-9.-]+", "-", domain).strip(".-")[: MAX_NAME - 3] or "account"


def own_problems(draft: Typed, password: str) -> dict[str, str]:
    """Problems of a typed password, which CheckFields does not receive."""
    for field in PASSWORD_PLACES:
        if password and str(draft[field]).strip():
            words = BY_NAME[field].label.lower()
            return {PASSWORD: f"not used while a {words} is set: leave it empty, or remove that"}
    return {}
