"""Recognizes a contact by another spelling of their number.

The number of E.164 decides where the account's country gives both one. Else the last
digits do, of one contact alone: what ends alike may be two telephones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from voip.engine.people import targets
from voip.engine.people.targets import ENDING
from voip.protocol.people import Contact, ContactNumber
from voip.security.text import fold
from voip.sip import plans
from voip.sip.dialing import Target
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


def possible_callers(everybodys: Iterable[Match]) -> list[tuple[Match, Target]]:
    """Numbers that a caller can have: no one calls from behind the tones of a house."""
    return [
        (known, target)
        for known in everybodys
        if not known.number.tones and (target := targets.parsed(known.number.target))
    ]


def endings(callers: Iterable[tuple[Match, Target]]) -> Endings:
    """Sort numbers of possible callers by their last digits."""
    found: dict[str, list[Ending]] = defaultdict(list)
    for known, target in callers:
        if _is_known_to_countries(target):
            found[target.user[-ENDING:]].append(Ending(target.user, known))
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


def _is_known_to_countries(target: Target) -> bool:
    return target.host is None and not target.private and plans.may_be_whole(target.user)
