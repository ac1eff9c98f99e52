"""Feature codes of a server: dial strings for pick-up and parking.

A code is never read as an address: it is a user at the account's own domain, and
no country knows it as a number.
"""

from __future__ import annotations

import re

from voip.sip.dialing import DialError, Target

_DIALLED = re.compile(r"[A-Za-z0-9*#+._-]+")
_BRACES = re.compile(r"\{[^{}]*\}|[{}]")
_ALLOWED = "digits, letters, and * # + . _ - are"


def problem(code: str, blank: str = "", *, needed: bool = False) -> str | None:
    """Report problems of a code in which `blank` may stand for a number or a place."""
    braces = _BRACES.findall(code)
    unknown = next((found for found in braces if found != blank), None)
    if unknown is not None:
        known = f"only {blank} is filled in" if blank else "nothing is filled in here"
        return f"“{unknown}” is not known: {known}"
    if len(braces) > 1:
        return f"{blank} is there more than once"
    if needed and not braces:
        return f"lacks {blank}, which stands for what you choose"
    odd = _odd("".join(_BRACES.split(code)))
    return f"{odd} is not dialled: {_ALLOWED}" if odd else None


def filled(code: str, value: str = "") -> Target:
    """Return the callee that a code without problems names, with `value` in its blank.

    Raises:
        DialError: `value` holds what is not dialled; it could name another server.
    """
    odd = _odd(value)
    if odd:
        raise DialError(f"“{value}” cannot be part of a code: {odd} is not dialled, {_ALLOWED}")
    # `private` keeps it from a country's numbers: **620 would become an international one.
    return Target(user=_BRACES.sub(lambda _: value, code), private=True)


def _odd(text: str) -> str:
    """Words for the first character that no code has, empty without one."""
    char = next((char for char in text if not _DIALLED.fullmatch(char)), "")
    if char and not char.isprintable():
        return "a control character"
    return "a space" if char.isspace() else char and f"“{char}”"
