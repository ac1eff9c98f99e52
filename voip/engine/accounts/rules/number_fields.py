"""Rules of the fields of an account's dialling plan; see `accounts.values`."""

from __future__ import annotations

import re
from collections.abc import Callable

from voip.engine.accounts.rules.values import Values, is_empty
from voip.sip import plans

_PLUS = re.compile(r"\+|[0-9]{2,6}")
_DIGITS = re.compile(r"[0-9]+")


def _country_problem(value: str, values: Values) -> str | None:
    if plans.is_country(value.upper()):
        return None
    return f"“{value}” is not the code of a country, such as ES, US or DE"


def _plus_problem(value: str, values: Values) -> str | None:
    return None if _PLUS.fullmatch(value) else "+, or two to six digits such as 00 or 011"


def _trunk_problem(value: str, values: Values) -> str | None:
    if value != plans.NO_TRUNK and not _DIGITS.fullmatch(value):
        return f"digits such as 0, or {plans.NO_TRUNK}"
    if is_empty(values.get("country")):
        return "is for numbers of a country: name it in “country”"
    return None


RULES: dict[str, Callable[[str, Values], str | None]] = {
    "country": _country_problem,
    "plus": _plus_problem,
    "trunk": _trunk_problem,
}
