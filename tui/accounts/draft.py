"""An account as a form has it, and the changes of it to save.

Pure. What a field may hold is the engine's to say (`CheckFields`), and its
words are the table's; here is what a form leaves out because it is the same
without.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from voip.protocol import account_fields
from voip.protocol.account_fields import BY_NAME, MAX_NAME, Field, Group, Kind
from voip.protocol.accounts import AccountFields

Value = str | int | bool
Typed = dict[str, str | bool]
"""Text in each field of the form, by its name in accounts.toml."""

FIELDS: Final = tuple(field for field in account_fields.FIELDS if field.group is not Group.NOTE)
"""Fields that the form asks for; the engine writes the others."""

USUAL: Final = tuple(field for field in FIELDS if field.group is Group.USUAL)
MORE: Final = tuple(field for field in FIELDS if field.group is Group.MORE)
"""Fields that most accounts do without."""

PASSWORD_PLACES: Final = ("password_command", "password_file")
"""Fields that name the password, so that none is kept by the phone."""

PASSWORD: Final = "password"  # noqa: S105 - the name of a field
NAME: Final = "name"
_USUAL_HOSTS: Final = frozenset(
    {"sip", "sips", "pbx", "voip", "proxy", "registrar", "phone", "www"}
)


def typed(fields: Mapping[str, Value]) -> Typed:
    """The form's text for fields of the file."""
    return {field.name: _shown(field, fields.get(field.name, field.default)) for field in FIELDS}


def _shown(field: Field, value: Value) -> str | bool:
    if field.kind is Kind.SWITCH:
        # What is no switch in the file is mended by the one that is shown.
        return value if isinstance(value, bool) else bool(field.default)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))


def fields(draft: Typed) -> dict[str, Value]:
    """The fields to save: those that say something else than their default."""
    values = {field.name: _value(field, draft[field.name]) for field in FIELDS}
    return {
        field.name: values[field.name]
        for field in FIELDS
        if values[field.name] not in ("", field.default)
    }


def _value(field: Field, shown: str | bool) -> Value:
    if isinstance(shown, bool):
        return shown
    text = shown.strip()
    if field.kind is Kind.NUMBER and text.isascii() and text.isdecimal():
        return int(text)
    return text


def changes(account: AccountFields, draft: Typed) -> dict[str, Value | None]:
    """Changes of an account in the file; None takes a field out.

    Of an account with a problem each field is said that the file has otherwise:
    a value of a kind that no form shows goes, too.
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
    # In Python, true is 1; in TOML it is not.
    return type(one) is type(other) and one == other


def next_hop(draft: Typed) -> str | None:
    """host[:port] of the TLS server in the form, None without one."""
    if draft["transport"] != "tls":
        return None
    places = (str(draft[field]).strip() for field in ("proxy", "server", "domain"))
    return next(filter(None, places), None)


def pin(draft: Typed) -> str | None:
    """The pin in the form as it is compared, without colons and spaces."""
    return re.sub(r"[\s:]", "", str(draft["pin"])).lower() or None


def split_address(text: str, domain: str) -> tuple[str, str] | None:
    """User and domain of a whole address that stands in the field of the user.

    None where it is none, or where the field of the domain says something else:
    there are users with an @ in their name.
    """
    address = text.strip().removeprefix("<").removesuffix(">")
    address = re.sub(r"^sips?:", "", address, flags=re.IGNORECASE)
    user, at, host = address.rpartition("@")
    if not (at and user and host) or domain.strip().lower() not in ("", host.lower()):
        return None
    return user, host


def propose_name(domain: str, taken: Collection[str]) -> str:
    """A name for an account that has none: what people remember of its domain."""
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
    """Problems of a typed password; the engine gets it only to keep it."""
    for field in PASSWORD_PLACES:
        if password and str(draft[field]).strip():
            words = BY_NAME[field].label.lower()
            return {PASSWORD: f"not used while a {words} is set: leave it empty, or remove that"}
    return {}
