"""Pinned server keys: notes of acceptance, and the alarm of another key."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from voip.causes import Cause, CauseKind
from voip.choices import Means
from voip.engine.accounts.fields import Account
from voip.engine.accounts.rules.trust_fields import pin_of
from voip.engine.accounts.rules.values import Values
from voip.protocol.account_fields import FIELDS
from voip.protocol.field import Group

_Value = TypeVar("_Value")

_BEGINNING = 16


class Note(msgspec.Struct, frozen=True):
    """Time (RFC 3339), user and means by which a key was accepted here."""

    on: str | None = None
    by: str | None = None
    means: Means | None = None


def login_name() -> str:
    """Return the user of this process; no other can reach the engine's socket."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def noted(
    changes: Mapping[str, _Value], before: Values, note: Note
) -> dict[str, _Value | str | None]:
    """Add a `note` to changes that pin a new key.

    Only the engine writes the note; it is kept and removed with the pin.
    """
    given: dict[str, _Value | str | None] = {
        field: value for field, value in changes.items() if field not in _NOTE
    }
    if "pin" not in given:
        return given
    pin = given["pin"]
    if pin is None:
        return {**given, **dict.fromkeys(_NOTE)}
    key = pin_of(pin) if isinstance(pin, str) else None
    if key is None:
        return given
    given["pin"] = key
    if key != _pin(before):
        given |= {
            "pinned_on": note.on,
            "pinned_by": note.by,
            "pinned_with": note.means.value if note.means else None,
            "pinned_key": key[:_BEGINNING],
        }
    return given


_NOTE = tuple(field.name for field in FIELDS if field.group is Group.NOTE)


def note_of(account: Account) -> Note:
    """Return the note about an account's pin, empty if written by hand.

    A pin replaced by hand still has the note of the previous one.
    """
    key = pin_of(account.pin) if account.pin else None
    if key is None or not key.startswith(account.pinned_key or ""):
        return Note()
    return Note(account.pinned_on, account.pinned_by, account.pinned_with)


def accepted_on(account: Account) -> str:
    """Return the day on which an account's pin was accepted; empty if unknown."""
    on = note_of(account).on
    return on[:10] if on else ""


def stopped(name: str, account: Account, key: str) -> Cause:
    """Return the cause that stops a pinned account; `key` is the server's now."""
    server = account.next_hop
    return Cause(CauseKind.STOPPED_FOR_KEY, (*other_key(account, key).detail, server, name))


def other_key(account: Account, key: str) -> Cause:
    """Return the cause that names both keys and the day of the pin."""
    pin = (account.pin and pin_of(account.pin)) or ""
    return Cause(CauseKind.OTHER_KEY, (accepted_on(account), pin, key))


def _pin(before: Values) -> str | None:
    pin = before.get("pin")
    return pin_of(pin) if isinstance(pin, str) else None
