"""Rules of the fields of ICE, STUN and TURN; see `accounts.values`."""

from __future__ import annotations

from collections.abc import Callable

from voip.engine.accounts.rules.values import Values, is_empty
from voip.protocol.account_fields import BY_NAME


def _for_ice(value: str, values: Values) -> str | None:
    return None if values.get("ice") is True else "is for ICE: turn “ice” on as well"


def _for_a_relay(value: str, values: Values) -> str | None:
    if not is_empty(values.get("turn_server")):
        return None
    return "is for a relay, and there is none: name it in “turn_server”"


def _relay_transport_problem(value: str, values: Values) -> str | None:
    if value == BY_NAME["turn_transport"].default:
        return None
    return _for_a_relay(value, values)


def _ice_problem(values: Values) -> str | None:
    # A candidate of any other kind tells the address of this phone.
    if values.get("hide_identity") is not True or not is_empty(values.get("turn_server")):
        return None
    return "with “hide_identity” a relay is needed, which hides your address: name a “turn_server”"


RULES: dict[str, Callable[[str, Values], str | None]] = {
    "stun_server": _for_ice,
    "turn_server": _for_ice,
    "turn_transport": _relay_transport_problem,
    "turn_user": _for_a_relay,
    "turn_password_command": _for_a_relay,
    "turn_password_file": _for_a_relay,
}

SWITCH_RULES: dict[str, Callable[[Values], str | None]] = {"ice": _ice_problem}
"""Rules of switches that are on."""
