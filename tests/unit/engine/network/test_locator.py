"""Search for an account's servers, from what DNS answers."""

from __future__ import annotations

import errno
import random
import socket

import pytest

from tests.support.standin.names import ScriptedNames
from voip.causes import Cause, CauseKind
from voip.engine.network.answers import Answer
from voip.engine.network.locator import Located, Locator, has_ipv6_route
from voip.protection import Transport
from voip.protocol.accounts import LookupOutcome
from voip.protocol.worker.accounts import Target
from voip.sip.network.locating import Pointer, Service

_TLS = Transport.TLS


async def _located(
    names: ScriptedNames, server: str, transport: Transport = _TLS, ipv6: bool = False
) -> Located:
    return await Locator(names, random.Random(1), lambda: ipv6).locate(server, transport)


@pytest.mark.parametrize(
    ("server", "name", "target"),
    [
        ("192.0.2.7", "192.0.2.7", Target("192.0.2.7", 5061)),
        ("192.0.2.7:5070", "192.0.2.7", Target("192.0.2.7", 5070)),
        ("[2001:db8::7]", "2001:db8::7", Target("2001:db8::7", 5061)),
        ("[2001:db8::7]:5070", "2001:db8::7", Target("2001:db8::7", 5070)),
    ],
)
async def test_an_address_asks_nobody(server: str, name: str, target: Target) -> None:
    names = ScriptedNames()
    located = await _located(names, server)
    assert (located.server_name, located.targets, located.steps) == (name, (target,), ())
    assert names.asked == []


async def test_a_port_asks_for_addresses_alone() -> None:
    names = ScriptedNames()
    located = await _located(names, "pbx.example.com:5070")
    assert located.targets == (Target("192.0.2.1", 5070),)
    assert names.asked == ["pbx.example.com"]


async def test_a_domain_without_records_is_its_own_server() -> None:
    names = ScriptedNames()
    assert (await _located(names, "example.com")).targets == (Target("192.0.2.1", 5061),)
    open_one = await _located(names, "example.com", Transport.UDP)
    assert open_one.targets == (Target("192.0.2.1", 5060),)
    assert "_sips._tcp.example.com" in names.asked
    assert "_sip._udp.example.com" in names.asked


async def test_records_lead_to_targets_in_order_and_the_name_to_prove_stays() -> None:
    names = ScriptedNames()
    names.pointers_of["example.com"] = (Pointer(1, 1, "SIPS+D2T", "_sips._tcp.other.test"),)
    names.services_of["_sips._tcp.other.test"] = (
        Service(20, 0, 5062, "b.other.test"),
        Service(10, 0, 5063, "a.other.test"),
    )
    names.addresses_of["a.other.test"] = ("192.0.2.8", "2001:db8::8")
    names.addresses_of["b.other.test"] = ("192.0.2.9",)
    located = await _located(names, "example.com", ipv6=True)
    assert located.server_name == "example.com"
    assert located.targets == (
        Target("2001:db8::8", 5063),
        Target("192.0.2.8", 5063),
        Target("192.0.2.9", 5062),
    )
    assert [(step.record, step.name) for step in located.steps] == [
        ("NAPTR", "example.com"),
        ("SRV", "_sips._tcp.other.test"),
        ("A/AAAA", "a.other.test"),
        ("A/AAAA", "b.other.test"),
    ]
    assert located.steps[1].records == ("b.other.test:5062", "a.other.test:5063")


@pytest.mark.parametrize("service", ["SIP+D2T", "SIP+D2U", "SIPS+D2S", "SIPS+D2W"])
async def test_dns_chooses_no_other_transport(service: str) -> None:
    names = ScriptedNames()
    names.pointers_of["example.com"] = (Pointer(1, 1, service, "_sip._udp.example.com"),)
    names.services_of["_sip._udp.example.com"] = (Service(1, 1, 5060, "evil.test"),)
    names.services_of["_sip._tcp.example.com"] = (Service(1, 1, 5060, "evil.test"),)
    assert (await _located(names, "example.com")).targets == (Target("192.0.2.1", 5061),)
    assert "evil.test" not in names.asked


async def test_a_domain_may_say_that_it_has_no_such_server() -> None:
    names = ScriptedNames()
    names.services_of["_sips._tcp.example.com"] = (Service(0, 0, 0, ""),)
    located = await _located(names, "example.com")
    assert located.targets == ()
    assert located.cause == Cause(CauseKind.NO_SUCH_SERVICE, ("example.com", "TLS"))


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (LookupOutcome.NO_NAME, CauseKind.NAME_NOT_FOUND),
        (LookupOutcome.NO_RECORD, CauseKind.NAME_NOT_FOUND),
        (LookupOutcome.FAILED, CauseKind.NAME_NOT_ANSWERED),
        (LookupOutcome.SILENT, CauseKind.NAME_NOT_ANSWERED),
    ],
)
async def test_a_name_without_an_address_has_a_cause(
    outcome: LookupOutcome, kind: CauseKind
) -> None:
    class Nothing(ScriptedNames):
        async def addresses(self, name: str) -> Answer[str]:
            return Answer(outcome)

    located = await _located(Nothing(), "example.com")
    assert located.targets == ()
    assert located.cause == Cause(kind, ("example.com",))


_PREFIX = "2001:db8:64::/96"


async def _through_a_translator(
    server: str, *addresses: str, ipv4: str | None = None, ipv6: bool = True
) -> tuple[tuple[Target, ...], list[str]]:
    """Targets of a server, and the names that were asked for; `ipv4` is its route's."""
    names = ScriptedNames()
    names.addresses_of["ipv4only.arpa"] = ("192.0.0.170", "2001:db8:64::192.0.0.170")
    names.addresses_of["pbx.example.com"] = addresses
    locator = Locator(names, random.Random(1), lambda: ipv6, lambda *_: ipv4)
    return (await locator.locate(server, _TLS)).targets, names.asked


async def test_an_ipv4_address_without_a_route_is_reached_through_a_translator() -> None:
    there = Target("2001:db8:64::c000:207", 5061, _PREFIX)
    targets, _ = await _through_a_translator("192.0.2.7")
    assert targets == (there,)
    targets, _ = await _through_a_translator("pbx.example.com", "192.0.2.7")
    assert targets == (there,)


async def test_a_dns64_s_address_is_the_same_target() -> None:
    dns64 = ("2001:db8:64::c000:207", "192.0.2.7", "2001:db8::9")
    targets, _ = await _through_a_translator("pbx.example.com", *dns64)
    assert [target.address for target in targets] == ["2001:db8:64::c000:207", "2001:db8::9"]
    assert {target.translator for target in targets} == {_PREFIX}


async def test_an_ipv4_address_with_a_route_is_used_as_it_is() -> None:
    targets, asked = await _through_a_translator("192.0.2.7", ipv4="192.0.2.100")
    assert (targets, asked) == ((Target("192.0.2.7", 5061),), [])
    targets, _ = await _through_a_translator("pbx.example.com", "192.0.2.7", ipv4="192.0.2.100")
    assert targets == (Target("192.0.2.7", 5061),)


async def test_no_translator_is_looked_for_without_ipv6_or_for_its_addresses() -> None:
    targets, asked = await _through_a_translator("192.0.2.7", ipv6=False)
    assert (targets, asked) == ((Target("192.0.2.7", 5061),), [])
    targets, asked = await _through_a_translator("[2001:db8::7]")
    assert (targets, asked) == ((Target("2001:db8::7", 5061),), [])


async def test_targets_are_bounded_and_each_is_there_once() -> None:
    names = ScriptedNames()
    names.services_of["_sips._tcp.example.com"] = tuple(
        Service(0, 0, 5000 + number, f"h{number}.example.com") for number in range(1, 40)
    )
    for number in range(1, 40):
        names.addresses_of[f"h{number}.example.com"] = tuple(f"192.0.2.{n}" for n in range(1, 60))
    located = await _located(names, "example.com")
    assert len(located.targets) == len(set(located.targets)) == 32


async def test_an_address_is_spelled_as_connections_report_it() -> None:
    for server in ("[2001:DB8:0:0::7]", "[2001:0db8::0007]"):
        located = await _located(ScriptedNames(), server)
        assert located.targets == (Target("2001:db8::7", 5061),)
    mapped = await _located(ScriptedNames(), "[::FFFF:192.0.2.7]")
    assert mapped.targets == (Target("::ffff:192.0.2.7", 5061),)


def test_a_kernel_without_ipv6_reaches_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr(socket, "socket", refuse)
    assert not has_ipv6_route()
