"""The SRTP suites of an account, in the order in which it offers them."""

from __future__ import annotations

import difflib
import re

from voip.engine.accounts.values import Values
from voip.protection import SHORT_TAG_SUITES, SRTP_SUITES, Keying

_KNOWN = (*SRTP_SUITES, *SHORT_TAG_SUITES)


def from_list(value: object) -> object:
    """The text for a list of names, as a TOML file may have it; else the value."""
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return ", ".join(value)
    return value


def parse(value: str) -> tuple[str, ...]:
    """The names in a text, which commas or spaces part; the usual ones of an empty one."""
    return tuple(re.findall(r"[^\s,]+", value)) or SRTP_SUITES


def problem(value: str, values: Values) -> str | None:
    """Problems of the names of suites."""
    found = re.findall(r"[^\s,]+", value)
    if not found:
        return "empty: leave it out to offer the usual ones"
    for name in found:
        if name not in _KNOWN:
            near = difflib.get_close_matches(name.upper(), _KNOWN, n=1)
            hint = f"did you mean “{near[0]}”?" if near else f"known are {', '.join(_KNOWN)}"
            return f"“{name}” is not a suite of this phone, {hint}"
    twice = next((name for name in found if found.count(name) > 1), None)
    if twice:
        return f"“{twice}” is there twice"
    if values.get("media_keying") == Keying.DTLS:
        return "with “dtls” keys the two ends choose the suite: leave it out"
    return None
