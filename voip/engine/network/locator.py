"""Search for an account's servers: SIP (RFC 3263 section 4), STUN and TURN.

Each step is kept as it was, for the screen that shows what a name led to.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import msgspec

from voip import routing
from voip.causes import Cause, CauseKind
from voip.engine.network import translators
from voip.engine.network.answers import Answer
from voip.engine.network.resolver import Names
from voip.protection import Transport
from voip.protocol.accounts import LookupOutcome
from voip.protocol.worker.accounts import Target
from voip.sip.dialing import parse_host_port
from voip.sip.network import locating
from voip.sip.network.locating import Service

_MOST_TARGETS = 32


class Step(msgspec.Struct, frozen=True):
    """One question of a search, and what came back."""

    record: str
    name: str
    outcome: LookupOutcome
    records: tuple[str, ...] = ()
    stale: bool = False


class Located(msgspec.Struct, frozen=True):
    """Targets in the order in which they are tried, or the cause for none.

    `server_name` is the host as the user wrote it, for TLS to prove.
    """

    server_name: str
    targets: tuple[Target, ...] = ()
    steps: tuple[Step, ...] = ()
    cause: Cause | None = None


class Locator:
    """Finds servers with `names`."""

    def __init__(
        self,
        names: Names,
        chance: random.Random | None = None,
        prefers_ipv6: Callable[[], bool] = lambda: has_ipv6_route(),
        find_route: Callable[[str, int], str | None] = routing.local_address,
    ) -> None:
        self._names = names
        self._find_route = find_route
        self._chance = chance or random.Random()
        self._prefers_ipv6 = prefers_ipv6

    async def locate(self, server: str, transport: Transport) -> Located:
        """Find the targets of host[:port] for a transport."""
        search = _Search(self._names, self._prefers_ipv6(), transport.value.upper())

        def ask(host: str) -> Awaitable[Sequence[Service]]:
            return search.sip_services(host, transport, self._chance)

        return await self._locate(server, transport.default_port, search, ask)

    async def locate_stun(self, server: str) -> Located:
        """Find the targets of a STUN server."""
        return await self._locate_service(server, locating.STUN, "STUN")

    async def locate_relay(self, server: str, transport: Transport) -> Located:
        """Find the targets of a TURN server for a transport."""
        return await self._locate_service(server, locating.RELAYS[transport], "TURN")

    async def _locate_service(
        self, server: str, service: tuple[str, int], protocol: str
    ) -> Located:
        prefix, default_port = service
        search = _Search(self._names, self._prefers_ipv6(), protocol)

        def ask(host: str) -> Awaitable[Sequence[Service]]:
            return search.services(f"{prefix}.{host}", host, default_port, self._chance)

        return await self._locate(server, default_port, search, ask)

    async def _locate(
        self,
        server: str,
        default_port: int,
        search: _Search,
        ask: Callable[[str], Awaitable[Sequence[Service]]],
    ) -> Located:
        host, port = parse_host_port(server)
        bare = host.strip("[]")
        if locating.is_address(host):
            target = Target(locating.as_reported(bare), port or default_port)
            lost = not target.is_ipv6 and self._find_route(target.address, target.port) is None
            reached = self._through(await self._find_prefix(), [target]) if lost else [target]
            return Located(server_name=bare, targets=tuple(reached))
        services = await ask(host) if port is None else [Service(0, 0, port, host)]
        targets: dict[Target, None] = {}
        # At once: a silent name server costs its seconds once.
        prefix, of_each = await asyncio.gather(
            self._find_prefix(),
            asyncio.gather(*(search.addresses(service.host) for service in services)),
        )
        for service, addresses in zip(services, of_each, strict=True):
            targets.update((Target(address, service.port), None) for address in addresses)
        cause = None if targets else search.cause(host)
        reached = self._through(prefix, targets)
        return Located(host, tuple(reached)[:_MOST_TARGETS], tuple(search.steps), cause)

    async def _find_prefix(self) -> str | None:
        return await translators.find_prefix(self._names) if self._prefers_ipv6() else None

    def _through(self, prefix: str | None, targets: Iterable[Target]) -> Iterable[Target]:
        """Targets as this machine reaches them, some through a translator."""
        if prefix is None:
            return targets
        return translators.through(targets, prefix, self._find_route)


def has_ipv6_route() -> bool:
    """Report if the machine reaches IPv6 addresses; sends nothing."""
    try:
        # A kernel without IPv6 refuses the socket.
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            # An address of the Internet; documentation's have no route.
            probe.connect(("2001:4860:4860::8888", 53))
    except OSError:
        return False
    return True


class _Search:
    def __init__(self, names: Names, prefers_ipv6: bool, protocol: str) -> None:
        self._names = names
        self._prefers_ipv6 = prefers_ipv6
        self._protocol = protocol
        self.steps: list[Step] = []

    async def sip_services(
        self, domain: str, transport: Transport, chance: random.Random
    ) -> Sequence[Service]:
        """SIP servers of a domain, or the domain itself at the default port."""
        usual = locating.service_name(domain, transport)
        # Both at once: a silent name server costs its seconds once.
        pointers, answer = await asyncio.gather(
            self._names.pointers(domain), self._names.services(usual)
        )
        named = locating.service_names(pointers.records, transport)
        shown = [f"{pointer.service} {pointer.replacement}" for pointer in pointers.records]
        self._note("NAPTR", domain, pointers, shown)
        for name in named or [usual]:
            if name != usual:
                answer = await self._names.services(name)
            services = self._answered(name, answer, chance)
            if services is not None:
                return services
        return [Service(0, 0, transport.default_port, domain)]

    async def services(
        self, name: str, host: str, default_port: int, chance: random.Random
    ) -> Sequence[Service]:
        """Servers of an SRV name, or else the host itself at the default port."""
        services = self._answered(name, await self._names.services(name), chance)
        return [Service(0, 0, default_port, host)] if services is None else services

    async def addresses(self, host: str) -> list[str]:
        if locating.is_address(host):
            return [host]
        answer = await self._names.addresses(host.lower())
        self._note("A/AAAA", host, answer, answer.records)
        return locating.alternating(answer.records, self._prefers_ipv6)

    def cause(self, host: str) -> Cause:
        """Cause for which there is no target, of the last question."""
        last = self.steps[-1]
        if last.outcome.is_trouble:
            return Cause(CauseKind.NAME_NOT_ANSWERED, (host,))
        if last.record == "SRV":
            # The root as the host of a record says that there is no such service.
            return Cause(CauseKind.NO_SUCH_SERVICE, (host, self._protocol))
        return Cause(CauseKind.NAME_NOT_FOUND, (last.name,))

    def _answered(
        self, name: str, answer: Answer[Service], chance: random.Random
    ) -> Sequence[Service] | None:
        """Servers of SRV records in their order, None where there are no records."""
        self._note("SRV", name, answer, [f"{s.host}:{s.port}" for s in answer.records])
        if answer.outcome is not LookupOutcome.ANSWERED:
            return None
        return locating.in_order(answer.records, chance)

    def _note(self, record: str, name: str, answer: Answer[Any], shown: Sequence[str]) -> None:
        self.steps.append(Step(record, name, answer.outcome, tuple(shown), answer.stale))
