"""The resolver asks the system's name servers, and waits for none too long."""

from __future__ import annotations

import asyncio
import threading
import time

import dns.rcode
import pytest

from tests.support.peers.nameserver import NameServer
from voip.engine.network.answers import Answer
from voip.engine.network.resolver import Resolver
from voip.protocol.accounts import LookupOutcome
from voip.sip.network.locating import Pointer, Service

_NAME = "pbx.example.test"


@pytest.fixture
def resolver() -> Resolver:
    return Resolver()


async def test_records_of_each_kind(nameserver: NameServer, resolver: Resolver) -> None:
    nameserver.add(_NAME, "A", "203.0.113.5")
    nameserver.add(_NAME, "AAAA", "2001:db8::5")
    nameserver.add(_NAME, "SRV", "10 20 5071 edge.example.test.")
    nameserver.add(
        _NAME,
        "NAPTR",
        '10 50 "s" "SIPS+D2T" "" _sips._tcp.example.test.',
        '10 60 "u" "E2U+sip" "!^.*$!sip:x@y!" .',
    )
    addresses = await resolver.addresses(_NAME)
    assert set(addresses.records) <= {"203.0.113.5", "2001:db8::5"}
    assert "203.0.113.5" in addresses.records
    assert (await resolver.services(_NAME)).records == (Service(10, 20, 5071, "edge.example.test"),)
    pointers = await resolver.pointers(_NAME)
    assert pointers.records == (Pointer(10, 50, "SIPS+D2T", "_sips._tcp.example.test"),)
    assert pointers.lasts_s == pytest.approx(300, abs=5)


async def test_another_domain_does_not_stand_in(nameserver: NameServer, resolver: Resolver) -> None:
    # resolv.conf has it as a search domain.
    nameserver.add(f"{_NAME}.evil.test", "A", "203.0.113.66")
    nameserver.add(f"{_NAME}.evil.test", "SRV", "1 1 5061 evil.test.")
    assert (await resolver.addresses(_NAME)).outcome is LookupOutcome.NO_NAME
    assert (await resolver.services(_NAME)).outcome is LookupOutcome.NO_NAME


async def test_an_alias_leads_to_its_address(nameserver: NameServer, resolver: Resolver) -> None:
    nameserver.add(_NAME, "CNAME", "host.example.test.")
    nameserver.add("host.example.test", "A", "203.0.113.7")
    assert (await resolver.addresses(_NAME)).records == ("203.0.113.7",)


async def test_absence_and_failure_are_told_apart(
    nameserver: NameServer, resolver: Resolver
) -> None:
    nameserver.add("known.test", "A", "203.0.113.5")
    nameserver.rcodes["broken.test"] = dns.rcode.SERVFAIL
    assert (await resolver.services("known.test")).outcome is LookupOutcome.NO_RECORD
    assert (await resolver.services("unknown.test")).outcome is LookupOutcome.NO_NAME
    assert (await resolver.services("broken.test")).outcome in (
        LookupOutcome.FAILED,
        LookupOutcome.SILENT,
    )
    assert (await resolver.addresses("broken.test")).outcome is LookupOutcome.FAILED


async def test_silence_holds_up_nothing_else(nameserver: NameServer, resolver: Resolver) -> None:
    nameserver.add(_NAME, "A", "203.0.113.5")
    silent = [f"s{number}.test" for number in range(30)]
    nameserver.silent.update(silent)
    waiting = asyncio.gather(*(resolver.addresses(name) for name in silent))
    await asyncio.sleep(0)
    # The loop's own threads are free for files and the keyring.
    assert await asyncio.to_thread(lambda: 5) == 5
    answers: list[Answer[str]] = await waiting
    assert {answer.outcome for answer in answers} == {LookupOutcome.SILENT}
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("resolver") <= 16


async def test_the_last_answer_is_used_while_the_dns_is_gone(
    nameserver: NameServer, resolver: Resolver
) -> None:
    nameserver.add(_NAME, "A", "203.0.113.5")
    nameserver.add(_NAME, "SRV", "10 20 5071 edge.example.test.")
    before = await resolver.addresses(_NAME), await resolver.services(_NAME)
    resolver.forget()
    nameserver.is_silent = True
    began = time.monotonic()
    addresses, services = await asyncio.gather(resolver.addresses(_NAME), resolver.services(_NAME))
    assert time.monotonic() - began < 9
    assert (addresses.records, services.records) == (before[0].records, before[1].records)
    assert addresses.stale and services.stale
