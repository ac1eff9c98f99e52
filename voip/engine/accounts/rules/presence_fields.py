"""Rules of lamps and of the user's own state; see `accounts.values`."""

from __future__ import annotations

from collections.abc import Callable

from voip.engine.accounts.rules.values import Values
from voip.protocol.account_fields import BY_NAME

_HIDES = "and “hide_identity” hides who you are: turn one of them off"


def _lamps_problem(value: str, values: Values) -> str | None:
    # A server may pass the question on to the phone of whom it is about.
    if value == BY_NAME["lamps"].default or values.get("hide_identity") is not True:
        return None
    return f"asks in your name what others do, {_HIDES}"


def _publish_problem(values: Values) -> str | None:
    if values.get("hide_identity") is not True:
        return None
    return f"tells others what you do, {_HIDES}"


RULES: dict[str, Callable[[str, Values], str | None]] = {"lamps": _lamps_problem}

SWITCH_RULES: dict[str, Callable[[Values], str | None]] = {"publish_state": _publish_problem}
"""Rules of switches that are on."""
