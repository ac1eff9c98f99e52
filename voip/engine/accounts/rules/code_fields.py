"""Rules of the fields of feature codes; see `accounts.values`."""

from __future__ import annotations

from collections.abc import Callable

from voip.choices import NUMBER, SLOT
from voip.engine.accounts.rules.values import Values
from voip.sip import codes


def _pickup_problem(value: str, values: Values) -> str | None:
    return codes.problem(value, NUMBER, needed=True)


def _plain_problem(value: str, values: Values) -> str | None:
    return codes.problem(value)


def _park_problem(value: str, values: Values) -> str | None:
    return codes.problem(value, SLOT)


def _retrieve_problem(value: str, values: Values) -> str | None:
    return codes.problem(value, SLOT, needed=True)


RULES: dict[str, Callable[[str, Values], str | None]] = {
    "pickup": _pickup_problem,
    "pickup_group": _plain_problem,
    "park": _park_problem,
    "retrieve": _retrieve_problem,
    "voicemail": _plain_problem,
}
