"""A server's key that an account accepts: what is written of it, and what is said of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from voip.certificatewords import fingerprint
from voip.engine.accountfields import Account
from voip.engine.fieldvalues import Values
from voip.engine.trustfields import pin_of
from voip.model import rfc3339

_Value = TypeVar("_Value")


def dated(
    changes: Mapping[str, _Value], before: Values, now: float
) -> dict[str, _Value | str | None]:
    """Changes to an account's fields, with `pinned_on` going along with `pin`.

    The date is ours to set: it is that of the pin, stays while the pin does, and
    goes with it. `now` is in seconds since the epoch.
    """
    given: dict[str, _Value | str | None] = {
        field: value for field, value in changes.items() if field != "pinned_on"
    }
    if "pin" not in given:
        return given
    pin = given["pin"]
    if isinstance(pin, str):
        given["pin"] = pin_of(pin) or pin
    if pin is None:
        given["pinned_on"] = None
    elif given["pin"] != _pin(before):
        given["pinned_on"] = rfc3339(now)
    return given


def changed(name: str, account: Account, key: str) -> str:
    """Why a pinned account has stopped; `key` is what the server shows now."""
    return (
        f"{changed_in_short(account, key)}. Nothing is sent to it. If whoever runs the server says "
        "that the new key is theirs, accept it with “offhook trust "
        f"{account.next_hop} --account {name}”, or in the phone"
    )


def changed_in_short(account: Account, key: str) -> str:
    """Both keys, and when the pinned one was accepted."""
    since = f" on {account.pinned_on[:10]}" if account.pinned_on else ""
    pin = (account.pin and pin_of(account.pin)) or ""
    return (
        f"the server shows another key than the one that was accepted{since}. "
        f"Accepted: {fingerprint(pin)}. Shown now: {fingerprint(key)}"
    )


def _pin(before: Values) -> str | None:
    pin = before.get("pin")
    return pin_of(pin) if isinstance(pin, str) else None
