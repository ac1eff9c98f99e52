"""Questions to the DNS and to the system's resolver; none blocks the engine.

NAPTR and SRV records come from the system's name servers, addresses from the
system itself, which knows /etc/hosts, mDNS and the DNS of a VPN.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from voip.engine.network.answers import Answer, Answers
from voip.protocol.accounts import LookupOutcome
from voip.sip.network.locating import MOST_RECORDS, Pointer, Service

# dnspython is slow to load: a start need not wait for it.
if TYPE_CHECKING:
    import dns.asyncresolver
    from dns.rdata import Rdata

_T = TypeVar("_T")

_LONGEST_S = 4.0
"""Seconds for a question with all its repetitions."""

_LASTS_S = 60.0
"""Seconds for an answer without a time to live: of the system, or of absence."""

_MOST_THREADS = 16
_MOST_HOP_THREADS = 4
_MOST_HOP_NAMES = 32
"""Shares of names in messages: their senders must not use up the accounts' own."""

_RESOLV_CONF = Path("/etc/resolv.conf")


class Names(Protocol):
    """Answers to the questions of RFC 3263; they come within seconds."""

    async def pointers(self, name: str) -> Answer[Pointer]: ...

    async def services(self, name: str) -> Answer[Service]: ...

    async def addresses(self, name: str) -> Answer[str]: ...

    def forget(self) -> None: ...

    async def hop_addresses(self, name: str) -> Answer[str]: ...


class _Threads:
    """Threads that ask the system for addresses; with none left there is no answer."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._running = 0

    async def ask(self, name: str) -> Answer[str]:
        if self._running >= self._most:
            return Answer(LookupOutcome.SILENT)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer[str]] = loop.create_future()

        def finish(answer: Answer[str]) -> None:
            self._running -= 1
            if not future.done():
                future.set_result(answer)

        def work() -> None:
            answer = _system_addresses(name)
            # The engine may have ended meanwhile.
            if not loop.is_closed():
                loop.call_soon_threadsafe(finish, answer)

        self._running += 1
        # Not the loop's own threads: a silent name server would use them up, and
        # the engine's end would wait for them.
        threading.Thread(target=work, name="resolver", daemon=True).start()
        try:
            return await asyncio.wait_for(future, _LONGEST_S)
        except TimeoutError:
            return Answer(LookupOutcome.SILENT)


class Resolver:
    def __init__(self) -> None:
        self._pointers = Answers(self._ask_for_pointers)
        self._services = Answers(self._ask_for_services)
        self._addresses = Answers(_Threads(_MOST_THREADS).ask)
        self._hops = Answers(_Threads(_MOST_HOP_THREADS).ask, _MOST_HOP_NAMES)
        self._resolver: dns.asyncresolver.Resolver | None = None
        self._changed: float | None = None

    async def pointers(self, name: str) -> Answer[Pointer]:
        """NAPTR records that lead to SRV records (flag S, RFC 3263 section 4.1)."""
        return await self._pointers.of(name)

    async def services(self, name: str) -> Answer[Service]:
        """SRV records of a name, which is not searched in other domains."""
        return await self._services.of(name)

    async def addresses(self, name: str) -> Answer[str]:
        """IPv4 and IPv6 addresses of a name, in the system's order (RFC 6724)."""
        return await self._addresses.of(name)

    async def hop_addresses(self, name: str) -> Answer[str]:
        """Addresses of a name that stands in a message."""
        return await self._hops.of(name)

    def forget(self) -> None:
        """Ask anew for every name: the network has changed."""
        for answers in (self._pointers, self._services, self._addresses, self._hops):
            answers.forget()

    # Inside

    async def _ask_for_pointers(self, name: str) -> Answer[Pointer]:
        return await self._ask(name, "NAPTR", _pointers)

    async def _ask_for_services(self, name: str) -> Answer[Service]:
        return await self._ask(name, "SRV", _services)

    async def _ask(
        self,
        name: str,
        kind: str,
        read: Callable[[Sequence[Rdata]], Iterable[_T]],
    ) -> Answer[_T]:
        import dns.exception
        import dns.resolver

        try:
            answer = await self._current().resolve(name, kind, search=False, lifetime=_LONGEST_S)
        except dns.resolver.NXDOMAIN:
            return Answer(LookupOutcome.NO_NAME, lasts_s=_LASTS_S)
        except dns.resolver.NoAnswer:
            return Answer(LookupOutcome.NO_RECORD, lasts_s=_LASTS_S)
        except dns.exception.Timeout:
            return Answer(LookupOutcome.SILENT, lasts_s=_LASTS_S)
        except (dns.exception.DNSException, OSError, ValueError):
            return Answer(LookupOutcome.FAILED, lasts_s=_LASTS_S)
        records = tuple(read(list(answer)[:MOST_RECORDS]))
        lasts_s = max(0.0, answer.expiration - time.time())
        return Answer(LookupOutcome.ANSWERED, records, lasts_s)

    def _current(self) -> dns.asyncresolver.Resolver:
        """Resolver of the name servers that the system has now.

        Raises:
            dns.exception.DNSException, OSError: it has none.
        """
        import dns.asyncresolver

        changed = _RESOLV_CONF.stat().st_mtime
        if self._resolver is None or changed != self._changed:
            self._resolver = dns.asyncresolver.Resolver()
            self._changed = changed
        return self._resolver


def _pointers(records: Sequence[Rdata]) -> Iterator[Pointer]:
    from dns.rdtypes.IN.NAPTR import NAPTR

    for record in records:
        if isinstance(record, NAPTR) and record.flags.upper() == b"S" and not record.regexp:
            service = record.service.decode("ascii", "replace")
            replacement = record.replacement.to_text(omit_final_dot=True)
            yield Pointer(record.order, record.preference, service, replacement)


def _services(records: Sequence[Rdata]) -> Iterator[Service]:
    from dns.rdtypes.IN.SRV import SRV

    for record in records:
        if isinstance(record, SRV):
            host = record.target.to_text(omit_final_dot=True)
            yield Service(record.priority, record.weight, record.port, host)


def _system_addresses(name: str) -> Answer[str]:
    try:
        rows = _rows(name)
    except socket.gaierror as error:
        missing = error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None))
        return Answer(LookupOutcome.NO_NAME if missing else LookupOutcome.FAILED, lasts_s=_LASTS_S)
    except (OSError, UnicodeError):
        return Answer(LookupOutcome.FAILED)
    # A link-local address needs its interface, which SIP cannot say.
    usable = tuple(address for address in dict.fromkeys(rows) if "%" not in address)
    return Answer(LookupOutcome.ANSWERED if usable else LookupOutcome.NO_RECORD, usable, _LASTS_S)


def _rows(name: str) -> list[str]:
    """Addresses of exactly this name.

    The system looks for a name that it does not find in its search domains, and another
    domain must not stand in for an account's. A name without a dot is meant that way.

    Raises:
        socket.gaierror: the name has no address.
    """
    addresses, canonical = _ask_system(name)
    if "." not in name or canonical == name:
        return addresses
    try:
        return _ask_system(f"{name}.")[0]
    except socket.gaierror:
        # /etc/hosts has no absolute names; its aliases are told here alone.
        official, aliases, _ = socket.gethostbyname_ex(name)
        if name in (official.lower(), *map(str.lower, aliases)):
            return addresses
        raise


def _ask_system(name: str) -> tuple[list[str], str]:
    rows = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME)
    return [str(row[4][0]) for row in rows], rows[0][3].removesuffix(".").lower()
