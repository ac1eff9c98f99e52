"""Identity of an address to an account, and how to call it back.

An exchange puts its own address, or one of a network that nobody else reaches,
behind the numbers that it passes on. Such a number is called at the account,
not at that host.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple, Self
from urllib.parse import unquote

import msgspec

from voip.sip import numbers, plans
from voip.sip.dialing import (
    DialError,
    Target,
    escape_user,
    hides,
    parse_address,
    parse_target,
)

_PLAN = re.compile(r"[A-Za-z0-9.-]+")
_HIDDEN_USERS = frozenset(("anonymous", "restricted", "unavailable", "unknown"))
HIDDEN = "the caller hid their number: they cannot be called back"


class Exchange(msgspec.Struct, frozen=True):
    """An account's own server: its domain, and all its names and addresses."""

    domain: str
    hosts: frozenset[str]

    @classmethod
    def of(cls, domain: str, *hosts: str) -> Self:
        return cls(domain, frozenset(map(_plain, (domain, *hosts))))


class Key(NamedTuple):
    """One key for all spellings of an address; no host at the own domain."""

    user: str
    host: str = ""
    port: int = 0


def bare(uri: str) -> str:
    """A caller's URI without parameters of its message's or number's route.

    A user part may hold “;” and “?” (RFC 3261 section 25.1). Behind a number it holds
    parameters (RFC 3966), of which a context belongs to the number.
    """
    uri = uri.strip()
    if uri[:4].lower() == "tel:":
        number, plan = _subscriber(uri[4:])
        return uri[:4] + (number + plan or uri[4:].partition(";")[0].rstrip())
    user, at, host = uri.rpartition("@")
    scheme, colon, name = user.rpartition(":")
    number, plan = _subscriber(name) if at and ";" in name else ("", "")
    if number:
        user = scheme + colon + escape_user(number) + plan
    # White space before a parameter would make two callers of one.
    return user + at + re.split(r"[;?]", host, maxsplit=1)[0].rstrip()


def keys(text: str, exchange: Exchange | None) -> tuple[Key, ...]:
    """Keys of the address `text`; none for what cannot be called."""
    try:
        return keys_of(parse_target(text), exchange)
    except DialError:
        return ()


def keys_of(target: Target, exchange: Exchange | None) -> tuple[Key, ...]:
    """Keys of a target, the first one common to all its spellings."""
    user, host = numbers.read(target.user) or target.user, target.host
    if exchange is None:
        return (Key(user, host or "", target.port or 0),)
    if host is None or _is_at_home(user, host, exchange):
        return (Key(user), Key(user, exchange.domain))
    return (Key(user, _host(host), target.port or 0),)


def is_one_of(uri: str, addresses: Iterable[str], exchange: Exchange | None) -> bool:
    """True for a caller whose address is in a list; one who hides is in none."""
    if is_hidden(uri):
        return False
    own = frozenset(keys(uri, exchange))
    return any(own.intersection(keys(address, exchange)) for address in addresses)


def canonical(uri: str, exchange: Exchange | None) -> str | None:
    """One spelling of a caller's address; None for a caller who hides.

    An address without a host needs an `exchange`, or gives None.
    """
    spellings = keys(uri, exchange)
    if not spellings or is_hidden(uri):
        return None
    user, host, port = spellings[-1]
    return f"sip:{escape_user(user)}@{host}{f':{port}' if port else ''}" if host else None


def is_hidden(uri: str) -> bool:
    """True for a caller who hides their address (RFC 3323)."""
    try:
        address = parse_address(uri)
    except DialError:
        return False
    if numbers.read(address.user) is None and address.user.lower() in _HIDDEN_USERS:
        return True
    return address.host is not None and hides(address.host)


def call_back(uri: str, exchange: Exchange | None) -> Target:
    """Target that calls `uri` back; `exchange` is the called account's.

    Raises:
        DialError: the caller hides, or gave no address.
    """
    address = parse_address(uri)
    host = address.host
    number = numbers.read(address.user)
    if number is None and address.user.lower() in _HIDDEN_USERS:
        raise DialError(HIDDEN)
    if host is None:
        return address
    if number is not None and number.startswith("+"):
        return Target(number)  # the same telephone, by whatever route
    nowhere = hides(host)
    if exchange is not None:
        if number is not None and (nowhere or _address(host) is not None):
            return Target(number, private=address.private)
        if _plain(host) in exchange.hosts:
            return Target(number or address.user, private=address.private)
    if nowhere:
        raise DialError(HIDDEN)
    return address


def _is_at_home(user: str, host: str, exchange: Exchange) -> bool:
    if _plain(host) in exchange.hosts:
        return True
    # A stranger's public address must not count as home; a private one is in our network.
    address = _address(host)
    return address is not None and not address.is_global and numbers.read(user) is not None


def _host(host: str) -> str:
    """A host as a URI holds it, with one spelling for an IPv6 address."""
    address = _address(host)
    return f"[{address}]" if address is not None and address.version == 6 else host


def _plain(host: str) -> str:
    address = _address(host)
    return str(address) if address else host.lower()


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _subscriber(user: str) -> tuple[str, str]:
    """Number of a telephone-subscriber (RFC 3966), and its private plan.

    Without the plan a country would know a number like it. Both may be empty.
    """
    text, *parameters = user.split(";")
    number = numbers.read(unquote(text))
    if number is None:
        return "", ""
    context = [p for p in parameters if p.partition("=")[0].strip().lower() == "phone-context"]
    with contextlib.suppress(numbers.NumberError):
        number = numbers.in_context(number, context, user)
    names = (p.partition("=")[2].strip() for p in context)
    plan = next((name for name in names if not name.startswith("+")), None)
    if plan is None or not plans.may_be_whole(number) or number.startswith("+"):
        return number, ""
    return number, f";phone-context={plan if _PLAN.fullmatch(plan) else 'invalid'}"
