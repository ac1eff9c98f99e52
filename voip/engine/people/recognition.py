"""Recognizes a contact by another spelling of their number.

The number of E.164 decides where the account's country gives both one. Else the last
digits do, of one contact alone: what ends alike may be two telephones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from voip.engine.people.targets import ENDING
from voip.protocol.people import Contact, ContactNumber
from voip.security.text import fold
from voip.sip import dialing, plans
from voip.sip.dialing import DialError
from voip.sip.plans import Plan


class Match(NamedTuple):
    """Contact with the number or address that matched."""

    contact: Contact
    number: ContactNumber


class Ending(NamedTuple):
    """Contact with the digits of a number, “+” included."""

    digits: str
    match: Match


Endings = Mapping[str, tuple[Ending, ...]]
"""Numbers by their last digits."""


def endings(everybodys: Iterable[Match]) -> Endings:
    """Sort the numbers that a caller can have by their last digits."""
    found: dict[str, list[Ending]] = defaultdict(list)
    for known in everybodys:
        digits = None if known.number.tones else _digits(known.number.target)
        if digits is not None:
            found[digits[-ENDING:]].append(Ending(digits, known))
    return {ending: tuple(entries) for ending, entries in found.items()}


def find(numbers: Endings, number: str, plan: Plan, last_digits: int) -> Match | None:
    """Return the contact of a caller's number, None if it may be of several."""
    if not plans.may_be_whole(number):
        return None
    entries = numbers.get(number[-ENDING:], ())
    whole = plan.e164(number)
    alike = []
    for digits, known in entries:
        theirs = plan.e164(digits)
        if whole is not None and theirs is not None:
            if whole == theirs:
                return known
        elif _last(digits, last_digits) == _last(number, last_digits) is not None:
            alike.append(known)
    people = {fold(known.contact.name) for known in alike}
    return alike[0] if len(people) == 1 else None


def _last(number: str, count: int) -> str | None:
    digits = number.removeprefix("+")
    return digits[-count:] if len(digits) >= count else None


def _digits(target: str) -> str | None:
    """Number of a contact that a country could know."""
    try:
        parsed = dialing.parse_target(target)
    except DialError:
        return None
    whole = parsed.host is None and not parsed.private and plans.may_be_whole(parsed.user)
    return parsed.user if whole else None
