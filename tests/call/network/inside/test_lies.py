"""DNS may lie: a TLS account sends no byte of SIP to who does not prove its domain."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from tests.call.network.inside.ground import DOMAIN, registers
from tests.conftest import NewPhone
from tests.support.parts import Parts
from tests.support.peers import sip
from tests.support.peers.hostile import DatagramServer, HostileServer
from tests.support.peers.nameserver import NameServer
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import RegistrationState
from voip.protocol.accounts import AccountEvent

_EVIL = "evil.test"
_HOST = "127.66.0.1"
_SRV = f"_sips._tcp.{DOMAIN}"

Lie = Callable[[NameServer, int], None]


def _another_host(dns: NameServer, port: int) -> None:
    dns.add(_SRV, "SRV", f"1 1 {port} {_EVIL}.")


def _another_port(dns: NameServer, port: int) -> None:
    dns.add(_SRV, "SRV", f"1 1 {port} {DOMAIN}.")
    dns.add(DOMAIN, "A", _HOST)


def _another_address(dns: NameServer, port: int) -> None:
    dns.add(DOMAIN, "A", _HOST)
    dns.add(_SRV, "SRV", f"1 1 {port} {DOMAIN}.")


def _an_alias(dns: NameServer, port: int) -> None:
    dns.add(_SRV, "SRV", f"1 1 {port} sip.{DOMAIN}.")
    dns.add(f"sip.{DOMAIN}", "CNAME", f"{_EVIL}.")


def _an_alias_of_the_service(dns: NameServer, port: int) -> None:
    dns.add(_SRV, "CNAME", f"_sips._tcp.{_EVIL}.")
    dns.add(f"_sips._tcp.{_EVIL}", "SRV", f"1 1 {port} {_EVIL}.")


def _another_zone(dns: NameServer, port: int) -> None:
    dns.add(DOMAIN, "NAPTR", f'1 1 "s" "SIPS+D2T" "" _sips._tcp.{_EVIL}.')
    dns.add(f"_sips._tcp.{_EVIL}", "SRV", f"1 1 {port} {_EVIL}.")


def _a_long_name(dns: NameServer, port: int) -> None:
    long = ".".join(["a" * 49] * 5)
    dns.add(_SRV, "SRV", f"1 1 {port} {long}.", f"2 1 {port} {_EVIL}.")
    dns.add(long, "A", _HOST)


_LIES: dict[str, Lie] = {
    "another host": _another_host,
    "another port": _another_port,
    "another address": _another_address,
    "an alias": _an_alias,
    "an alias of the service": _an_alias_of_the_service,
    "another zone": _another_zone,
    "a long name": _a_long_name,
}


@pytest.fixture
async def evil(authority: Authority) -> AsyncIterator[HostileServer]:
    """A server with a good certificate, of its own name."""
    async with Parts() as parts:
        leaf = authority.issue("evil", dns=[_EVIL], addresses=[_HOST])
        yield await parts.begin(HostileServer(_HOST, registers, leaf))


async def _fails(phone: Phone, authority: Authority) -> AccountEvent:
    """Add a TLS account, and wait until it cannot be registered."""
    await phone.add(
        "work", password="x", user="alice", domain=DOMAIN, transport="tls",
        ca_file=str(authority.file),
    )  # fmt: skip
    return await phone.until(
        AccountEvent, lambda e: e.account.registration.state is RegistrationState.FAILED
    )


@pytest.mark.parametrize("lie", list(_LIES))
async def test_a_lie_makes_the_account_fail_and_no_more(
    new_phone: NewPhone,
    nameserver: NameServer,
    authority: Authority,
    evil: HostileServer,
    lie: str,
) -> None:
    nameserver.add(_EVIL, "A", _HOST)
    _LIES[lie](nameserver, evil.port)
    phone = await new_phone()
    failed = await _fails(phone, authority)
    assert failed.account.distrusted
    assert await evil.all_received() == b""
    # A call has no other way.
    call = await phone.call("bob")
    await phone.until_logged(call)
    assert await evil.all_received() == b""


async def test_a_weaker_service_is_not_used(
    new_phone: NewPhone, nameserver: NameServer, authority: Authority
) -> None:
    received: list[sip.Message] = []
    async with Parts() as parts:
        open_one = await parts.begin(
            DatagramServer(_HOST, lambda _client, message: received.append(message))
        )
        nameserver.add(_EVIL, "A", _HOST)
        for service, prefix in (("SIP+D2U", "_sip._udp"), ("SIP+D2T", "_sip._tcp")):
            name = f"{prefix}.{DOMAIN}"
            nameserver.add(DOMAIN, "NAPTR", f'1 1 "s" "{service}" "" {name}.')
            nameserver.add(name, "SRV", f"1 1 {open_one.port} {_EVIL}.")
        failed = await _fails(await new_phone(), authority)
        cause = failed.account.registration.cause
        assert cause is not None and cause.kind.value == "name_not_found"
        assert received == []
