"""Translator of this machine's network, by which IPv6 leads to IPv4 addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from voip.engine.network.resolver import Names
from voip.protocol.worker.accounts import Target
from voip.sip.network import translation


async def find_prefix(names: Names) -> str | None:
    """Return the prefix of the network's translator (RFC 7050), None without one."""
    answer = await names.addresses(translation.TELLING_NAME)
    return translation.prefix_of(answer.records)


def through(
    targets: Iterable[Target], prefix: str, find_route: Callable[[str, int], str | None]
) -> list[Target]:
    """Return targets with the prefix, those of IPv4 by the translator if no route leads there."""
    reached: dict[Target, None] = {}
    for target in targets:
        address: str | None = target.address
        if not target.is_ipv6 and find_route(target.address, target.port) is None:
            address = translation.translated(target.address, prefix)
        if address is not None and ":" in address:
            target = replace(target, address=address, translator=prefix)
        reached[target] = None
    return list(reached)
