"""Translators, which lead from IPv6 to IPv4 addresses (RFC 6146), and their prefixes.

A network tells its prefix by the IPv6 address of a name that has only IPv4
ones (RFC 7050).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network

TELLING_NAME = "ipv4only.arpa"
"""Name that has IPv4 addresses only, but through a DNS64 (RFC 6147)."""

BEHIND = "192.0.0.2"
"""Address that voice behind a translator is said to come from.

A machine that translates by itself has it too (RFC 7335, as RFC 6877 uses it).
"""

_TOLD = (IPv4Address("192.0.0.170"), IPv4Address("192.0.0.171"))
_LENGTHS = (96, 64, 56, 48, 40, 32)
_UNUSED = 8
"""Byte that is zero, whatever the length (RFC 6052 section 2.2)."""

_WELL_KNOWN = IPv6Network("64:ff9b::/96")


def prefix_of(addresses: Iterable[str]) -> str | None:
    """Prefix, such as `64:ff9b::/96`, that the telling name's addresses have.

    Addresses that hold the IPv4 one at several places, or at none, tell nothing.
    """
    for text in addresses:
        if ":" not in text or "%" in text:
            continue
        address = IPv6Address(text)
        lengths = [length for length in _LENGTHS if _inner(address, length) in _TOLD]
        if len(lengths) == 1:
            return str(IPv6Network((address, lengths[0]), strict=False))
    return None


def translated(address: str, prefix: str) -> str | None:
    """IPv6 address by which a translator leads to an IPv4 one; None where it may not."""
    network, inner = IPv6Network(prefix), IPv4Address(address)
    # RFC 6052 section 3.1: the prefix of everybody is for addresses of the Internet.
    if network == _WELL_KNOWN and not inner.is_global:
        return None
    at = network.prefixlen // 8
    data = bytearray(network.network_address.packed)
    for byte in inner.packed:
        at += at == _UNUSED
        data[at] = byte
        at += 1
    return str(IPv6Address(bytes(data)))


def is_translated(address: str, prefix: str | None) -> bool:
    """Report if an address leads through the translator of a prefix."""
    if prefix is None or ":" not in address:
        return False
    return IPv6Address(address) in IPv6Network(prefix)


def is_ipv4(text: str) -> bool:
    """Report if a text is an IPv4 address."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _inner(address: IPv6Address, length: int) -> IPv4Address | None:
    data = address.packed
    if data[_UNUSED] and length < 96:
        return None
    at = range(length // 8, 16)
    return IPv4Address(bytes([data[i] for i in at if i != _UNUSED or length == 96][:4]))
