"""A translator's prefix, and the addresses that it leads to."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest

from voip.sip.network import translation

_PREFIXES = {
    # RFC 6052 section 2.4: 192.0.2.33 by each length.
    "2001:db8::/32": "2001:db8:c000:221::",
    "2001:db8:100::/40": "2001:db8:1c0:2:21::",
    "2001:db8:122::/48": "2001:db8:122:c000:2:2100::",
    "2001:db8:122:300::/56": "2001:db8:122:3c0:0:221::",
    "2001:db8:122:344::/64": "2001:db8:122:344:c0:2:2100::",
    "2001:db8:122:344::/96": "2001:db8:122:344::192.0.2.33",
}


@pytest.mark.parametrize(("prefix", "address"), _PREFIXES.items())
def test_an_address_by_each_length_of_a_prefix(prefix: str, address: str) -> None:
    there = translation.translated("192.0.2.33", prefix)
    assert there is not None
    assert IPv6Address(there) == IPv6Address(address)
    assert translation.is_translated(there, prefix)


@pytest.mark.parametrize("prefix", _PREFIXES)
def test_the_telling_name_s_addresses_tell_the_prefix(prefix: str) -> None:
    for told in ("192.0.0.170", "192.0.0.171"):
        there = translation.translated(told, prefix)
        assert there is not None
        assert translation.prefix_of(("192.0.0.170", there)) == prefix


@pytest.mark.parametrize(
    "addresses",
    [
        (),
        ("192.0.0.170", "192.0.0.171"),
        ("2001:db8::192.0.2.1",),
        # At two places: which is the prefix?
        ("2001:db8:c000:aa::192.0.0.170",),
        # The byte that is always zero is not.
        ("2001:db8:122:344:1c0:0:aa00::",),
        ("fe80::192.0.0.170%eth0",),
    ],
)
def test_other_addresses_tell_nothing(addresses: tuple[str, ...]) -> None:
    assert translation.prefix_of(addresses) is None


def test_everybody_s_prefix_is_for_addresses_of_the_internet_alone() -> None:
    assert translation.translated("8.8.8.8", "64:ff9b::/96") == "64:ff9b::808:808"
    assert translation.translated("10.0.0.1", "64:ff9b::/96") is None
    assert translation.translated("10.0.0.1", "2001:db8:1::/96") == "2001:db8:1::a00:1"


def test_an_address_of_another_prefix_or_family_is_not_translated() -> None:
    assert not translation.is_translated("2001:db8::1", "64:ff9b::/96")
    assert not translation.is_translated("192.0.2.1", "64:ff9b::/96")
    assert not translation.is_translated("64:ff9b::808:808", None)
