"""Choice of the contacts that have a lamp at an account's server."""

from __future__ import annotations

from collections.abc import Iterable

from voip.engine.accounts.fields import Account
from voip.lamps import target_of
from voip.protocol.people import Contact, ContactNumber
from voip.sip import dialing, plans
from voip.sip.dialing import DialError

MOST = 256
"""Lamps of an account at once."""

_LONGEST_EXTENSION = 6


def persons(account: Account, contacts: Iterable[Contact]) -> dict[str, set[str]]:
    """Return the URIs of an account's server to watch, each with its lamps' targets."""
    found: dict[str, set[str]] = {}
    for contact in contacts:
        for number in contact.numbers:
            uri = _uri(account, number)
            if uri is not None:
                found.setdefault(uri, set()).add(target_of(number.target))
    return found


def _uri(account: Account, number: ContactNumber) -> str | None:
    """URI of a number at the account's own server, None for all others.

    The numbers of the world are nobody's at that server: it would only learn whom its
    user knows.
    """
    try:
        target = dialing.parse_target(number.target)
        uri = target.uri(account.ascii_domain, account.transport)
    except DialError:
        return None
    if number.tones or target.port is not None:
        return None
    is_extension = (
        target.host is None
        and target.user.isascii()
        and target.user.isdecimal()
        and len(target.user) <= _LONGEST_EXTENSION
        and not plans.is_emergency(target.user, account.plan.country)
    )
    # Of its parameters the To header may hold none (RFC 3261 section 19.1.1).
    return uri.partition(";")[0] if is_extension or target.host == account.ascii_domain else None
