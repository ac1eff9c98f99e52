"""Numbers and addresses of contacts: what is written, as it would be dialled."""

from __future__ import annotations

import functools
import re
from urllib.parse import unquote

from voip.protocol.people import ContactNumber
from voip.security.text import clean
from voip.sip import dialing, numbers, plans
from voip.sip.dialing import Target

_PLAIN_NUMBER = re.compile(r"[+(]*[0-9*#][0-9*#+()\s.\-/\u2010-\u2015]*")
ENDING = 7
"""Digits that all spellings of a number have in common, the fewest of a whole number."""


def phone(value: str) -> ContactNumber | None:
    """Telephone number of a contact, None for what cannot be dialled."""
    scheme, colon, rest = value.partition(":")
    if colon and scheme.lower() == "tel":
        return _of_uri(rest)
    more = numbers.with_tones(value)
    written, tones = (more.written, more.tones) if more else (value.rstrip(",; "), "")
    dialled = numbers.dial_string(value)
    tones = dialled.tones if dialled else tones
    # Letters would be dialled as digits: a number with a note is refused.
    plain = _PLAIN_NUMBER.fullmatch(written) and can_be_called(written)
    return ContactNumber(written, tones=tones) if plain else None


def _of_uri(uri: str) -> ContactNumber | None:
    """Parse the number of a tel URI (RFC 3966), with context, not extension."""
    written, *parameters = uri.split(";")
    tones = [
        numbers.as_tones(value)
        for name, _, value in (parameter.partition("=") for parameter in parameters)
        if name.lower() in ("ext", "postd")
    ]
    rest = [p for p in parameters if p.partition("=")[0].lower() == "phone-context"]
    target = ";".join((f"tel:{written}", *rest))
    if not can_be_called(target):
        return None
    number = dialing.parse_target(target)
    as_written = number.user == numbers.read(written) and unquote(written) == written
    if number.private and plans.may_be_whole(number.user):
        return ContactNumber(target, tones="".join(tones))
    return ContactNumber(written if as_written else number.user, tones="".join(tones))


def address(value: str, is_bare: bool) -> ContactNumber | None:
    """SIP address of a contact; one that `is_bare` needs no scheme."""
    has_scheme = re.match(r"sips?:", value, re.IGNORECASE)
    if not (has_scheme or is_bare) or "@" not in value:
        return None  # the address of another service
    return ContactNumber(value) if can_be_called(value) else None


def typed(text: str) -> ContactNumber | None:
    """Number or SIP address that somebody typed, the scheme optional."""
    value = clean(numbers.without_marks(text))
    whole = value if re.match(r"sips?:", value, re.IGNORECASE) else f"sip:{value}"
    return phone(value) or address(whole, is_bare=False)


def can_be_called(target: str) -> bool:
    """Report if a number or address can be dialled."""
    return parsed(target) is not None


def parsed(target: str) -> Target | None:
    """Number or address as it is dialled; None for what cannot be."""
    try:
        return dialing.parse_target(target)
    except dialing.DialError:
        return None


@functools.lru_cache(maxsize=32_768)
def handle(target: str) -> str:
    """Part of an address that all its spellings share, and few others.

    The last digits of a number, of which a country or a server may want more; else the
    address. Empty for what cannot be called.
    """
    dialled = parsed(target)
    if dialled is None:
        return ""
    number = numbers.read(dialled.user)
    return number[-ENDING:] if number else f"{dialled.user}@{dialled.host or ''}".lower()


def bare(target: str) -> str:
    """Reduce all spellings of a number to one form."""
    return re.sub(r"[\s().\-/\u2010-\u2015]", "", target).lower()
