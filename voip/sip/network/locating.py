"""Servers of a domain, in the order in which they are tried (RFC 3263).

An account's transport is its user's choice, and DNS answers are anybody's: a
record of another transport is passed over, whatever its preference. A TLS
account looks for `_sips._tcp` alone.
"""

from __future__ import annotations

import ipaddress
import random
import re
import socket
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from typing import Final, NamedTuple

from voip.protection import Transport

MOST_RECORDS = 16
"""Records of one answer that are used."""

MOST_ADDRESSES = 8
"""Addresses of one name that are used."""

_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_LONGEST_NAME = 253

_SERVICES = {
    Transport.UDP: ("SIP+D2U", "_sip._udp"),
    Transport.TCP: ("SIP+D2T", "_sip._tcp"),
    Transport.TLS: ("SIPS+D2T", "_sips._tcp"),
}
"""NAPTR service and SRV prefix of each transport (RFC 3263 section 4.1)."""

STUN: Final = ("_stun._udp", 3478)
"""SRV prefix and default port of STUN (RFC 8489 section 8.1)."""

RELAYS: Final = {
    Transport.UDP: ("_turn._udp", 3478),
    Transport.TCP: ("_turn._tcp", 3478),
    Transport.TLS: ("_turns._tcp", 5349),
}
"""SRV prefix and default port of TURN by transport (RFC 8656 section 3)."""


class Pointer(NamedTuple):
    """NAPTR record (RFC 3403) whose replacement has SRV records."""

    order: int
    preference: int
    service: str
    replacement: str


class Service(NamedTuple):
    """SRV record (RFC 2782)."""

    priority: int
    weight: int
    port: int
    host: str


def is_address(host: str) -> bool:
    """Report if a host is an IPv4 or IPv6 address, with brackets or without."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def as_reported(address: str) -> str:
    """Spelling of an address in which PJSIP reports it (RFC 5952)."""
    if ":" not in address or "%" in address:
        return address
    return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, address))


def is_name(text: str) -> bool:
    """Report if a DNS answer's name can be looked up (RFC 1035 section 2.3)."""
    labels = text.removesuffix(".").split(".")
    return len(text) <= _LONGEST_NAME and all(_LABEL.fullmatch(label) for label in labels)


def service_name(domain: str, transport: Transport) -> str:
    """Name of a domain's SRV records for a transport."""
    return f"{_SERVICES[transport][1]}.{domain}"


def service_names(pointers: Iterable[Pointer], transport: Transport) -> list[str]:
    """Names of SRV records that NAPTR records give for a transport, best first.

    Order goes before preference; records of other services are passed over.
    """
    usable = [
        pointer
        for pointer in pointers
        if pointer.service.upper() == _SERVICES[transport][0] and is_name(pointer.replacement)
    ]
    usable.sort(key=lambda pointer: (pointer.order, pointer.preference))
    return [pointer.replacement.removesuffix(".").lower() for pointer in usable[:MOST_RECORDS]]


def in_order(services: Iterable[Service], chance: random.Random) -> list[Service]:
    """SRV records by priority, and by weight at random (RFC 2782 page 3).

    A record whose host is the root says that the service is not there.
    """
    remaining = [s for s in services if is_name(s.host) and 0 < s.port <= 0xFFFF]
    ordered: list[Service] = []
    while remaining and len(ordered) < MOST_RECORDS:
        best = min(service.priority for service in remaining)
        # Those without a weight come first, so that they have a small chance.
        group = sorted(
            (service for service in remaining if service.priority == best),
            key=lambda service: service.weight > 0,
        )
        point = chance.randint(0, sum(service.weight for service in group))
        for service in group:
            point -= service.weight
            if point <= 0:
                ordered.append(service)
                remaining.remove(service)
                break
    return ordered


def alternating(addresses: Sequence[str], first_ipv6: bool) -> list[str]:
    """Addresses of both families in turn (RFC 8305 section 4), each once."""
    once = list(dict.fromkeys(addresses))
    ipv6 = [address for address in once if ":" in address]
    ipv4 = [address for address in once if ":" not in address]
    turns = zip_longest(ipv6, ipv4) if first_ipv6 else zip_longest(ipv4, ipv6)
    return [address for address in chain.from_iterable(turns) if address][:MOST_ADDRESSES]
