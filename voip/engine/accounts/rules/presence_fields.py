"""Rule of the field that publishes the user's own state; see `accounts.values`."""

from __future__ import annotations

from collections.abc import Callable

from voip.engine.accounts.rules.values import Values


def _publish_problem(values: Values) -> str | None:
    if values.get("hide_identity") is not True:
        return None
    return "tells others what you do, and “hide_identity” hides who you are: turn one of them off"


SWITCH_RULES: dict[str, Callable[[Values], str | None]] = {"publish_state": _publish_problem}
"""Rules of switches that are on."""
