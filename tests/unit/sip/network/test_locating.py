"""Order of a domain's servers (RFC 3263, RFC 2782, RFC 8305)."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.protection import Transport
from voip.sip.network import locating
from voip.sip.network.locating import Pointer, Service

_DOMAIN = "example.com"


def _service(host: str, priority: int = 0, weight: int = 0, port: int = 5061) -> Service:
    return Service(priority, weight, port, host)


def test_naptr_records_are_of_the_accounts_transport_alone() -> None:
    # RFC 3263 section 4.1, with its records in another order.
    pointers = [
        Pointer(50, 50, "SIP+D2U", "_sip._udp.example.com."),
        Pointer(90, 50, "SIP+D2T", "_sip._tcp.example.com."),
        Pointer(100, 50, "sips+d2t", "_sips._tcp.example.com."),
    ]
    assert locating.service_names(pointers, Transport.TLS) == ["_sips._tcp.example.com"]
    assert locating.service_names(pointers, Transport.TCP) == ["_sip._tcp.example.com"]
    assert locating.service_names(pointers, Transport.UDP) == ["_sip._udp.example.com"]


def test_naptr_order_goes_before_preference() -> None:
    pointers = [
        Pointer(20, 1, "SIPS+D2T", "c.example.com"),
        Pointer(10, 9, "SIPS+D2T", "b.example.com"),
        Pointer(10, 5, "SIPS+D2T", "a.example.com"),
    ]
    names = locating.service_names(pointers, Transport.TLS)
    assert names == ["a.example.com", "b.example.com", "c.example.com"]


@pytest.mark.parametrize(
    ("transport", "name"),
    [
        (Transport.TLS, "_sips._tcp.example.com"),
        (Transport.TCP, "_sip._tcp.example.com"),
        (Transport.UDP, "_sip._udp.example.com"),
    ],
)
def test_srv_names(transport: Transport, name: str) -> None:
    assert locating.service_name(_DOMAIN, transport) == name


def test_priority_goes_before_weight_and_weight_is_a_share() -> None:
    services = [
        _service("backup.example.com", 20, 100),
        _service("small.example.com", 10, 10),
        _service("large.example.com", 10, 90),
    ]
    chance = random.Random(7)
    firsts = Counter(locating.in_order(services, chance)[0].host for _ in range(2000))
    assert set(firsts) == {"small.example.com", "large.example.com"}
    assert 100 < firsts["small.example.com"] < 320
    for _ in range(50):
        assert locating.in_order(services, chance)[-1].host == "backup.example.com"


def test_a_service_without_weight_has_a_small_chance() -> None:
    services = [_service("none.example.com", 0, 0), _service("some.example.com", 0, 9)]
    chance = random.Random(3)
    firsts = Counter(locating.in_order(services, chance)[0].host for _ in range(2000))
    assert 0 < firsts["none.example.com"] < 400


@pytest.mark.parametrize(
    "host", ["", ".", "a..b", "-a.example", "a b.example", "é.example", "x" * 64, "a." * 127 + "ab"]
)
def test_a_host_that_is_no_name_is_passed_over(host: str) -> None:
    assert locating.in_order([_service(host)], random.Random(1)) == []
    assert locating.service_names([Pointer(1, 1, "SIPS+D2T", host)], Transport.TLS) == []


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none_is_passed_over(port: int) -> None:
    assert locating.in_order([_service("a.example", port=port)], random.Random(1)) == []


def test_families_take_turns() -> None:
    addresses = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.3", "192.0.2.1"]
    assert locating.alternating(addresses, first_ipv6=True) == [
        "2001:db8::1", "192.0.2.1", "192.0.2.2", "192.0.2.3",
    ]  # fmt: skip
    assert locating.alternating(addresses, first_ipv6=False)[:2] == ["192.0.2.1", "2001:db8::1"]


_SERVICES = st.lists(
    st.builds(
        Service,
        st.integers(0, 3),
        st.integers(0, 65535),
        st.integers(0, 70000),
        st.sampled_from(["a.example", "b.example", "", "c_d.example", "bad name"]),
    ),
    max_size=40,
)


@given(_SERVICES, st.integers())
def test_any_records_are_ordered_once_each_and_bounded(services: list[Service], seed: int) -> None:
    ordered = locating.in_order(services, random.Random(seed))
    assert ordered == locating.in_order(services, random.Random(seed))
    assert [s.priority for s in ordered] == sorted(s.priority for s in ordered)
    assert not Counter(ordered) - Counter(services)
    usable = [s for s in services if locating.is_name(s.host) and 0 < s.port < 65536]
    assert len(ordered) == min(len(usable), locating.MOST_RECORDS)


@given(st.lists(st.ip_addresses().map(str), max_size=30), st.booleans())
def test_any_addresses_are_bounded_and_each_is_there_once(
    addresses: list[str], first_ipv6: bool
) -> None:
    ordered = locating.alternating(addresses, first_ipv6)
    assert len(ordered) == len(set(ordered)) == min(len(set(addresses)), locating.MOST_ADDRESSES)
    assert set(ordered) <= set(addresses)
