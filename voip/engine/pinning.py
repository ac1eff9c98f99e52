"""What is written when a server's key is accepted: the key, and when that was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

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


def _pin(before: Values) -> str | None:
    pin = before.get("pin")
    return pin_of(pin) if isinstance(pin, str) else None
