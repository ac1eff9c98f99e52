"""Hosts of a certificate (RFC 5922 section 7), and reports of its flaws."""

from __future__ import annotations

import pytest

from voip.protection import Certificate
from voip.security.flaws import Flaw, is_named, problems, weak_key

HOST = "pbx.example.com"


@pytest.mark.parametrize(
    ("host", "names", "uris"),
    [
        (HOST, ["other.test", "PBX.Example.COM"], []),
        (HOST, [], ["sip:pbx.example.com"]),
        (HOST, [], ["SIP:PBX.example.com"]),
        ("192.0.2.1", ["192.0.2.1"], []),
        ("[2001:db8::1]", ["2001:db8:0::1"], []),
    ],
)
def test_a_name_that_is_there(host: str, names: list[str], uris: list[str]) -> None:
    assert is_named(host, names, uris, allow_wildcard=False)


@pytest.mark.parametrize(
    ("host", "names", "uris"),
    [
        (HOST, [], []),
        (HOST, ["example.com", "pbx.example.com.", "pbx.example.com\0.evil.test"], []),
        (HOST, ["xpbx.example.com"], ["sips:pbx.example.com", "sip:a@pbx.example.com"]),
        (HOST, [], ["sip:pbx.example.com:5061", "https://pbx.example.com"]),
        ("192.0.2.1", ["192.0.2.2"], ["sip:192.0.2.1"]),
        ("192.0.2.1", ["*.0.2.1", "pbx.example.com"], []),
        ("::1", ["127.0.0.1"], []),
    ],
)
@pytest.mark.parametrize("allow_wildcard", [False, True])
def test_a_name_that_is_not_there(
    host: str, names: list[str], uris: list[str], allow_wildcard: bool
) -> None:
    assert not is_named(host, names, uris, allow_wildcard)


def test_a_wildcard_is_one_whole_label_and_only_where_it_is_allowed() -> None:
    assert is_named(HOST, ["*.example.com"], [], allow_wildcard=True)
    assert not is_named(HOST, ["*.example.com"], [], allow_wildcard=False)
    for name in ("*.com", "p*.example.com", "*", "pbx.*.com", "*.*.com"):
        assert not is_named(HOST, [name], [], allow_wildcard=True)
    assert not is_named("a.pbx.example.com", ["*.example.com"], [], allow_wildcard=True)
    # A wildcard must not match a whole top-level domain.
    assert not is_named("example.com", ["*.com"], [], allow_wildcard=True)


def test_what_is_said_better_is_not_said_twice() -> None:
    def told(*flaws: Flaw) -> tuple[str, ...]:
        return problems(flaws, HOST, ())

    assert told(Flaw.UNTRUSTED, Flaw.NO_ISSUER) == (Flaw.NO_ISSUER,)
    assert told(Flaw.NO_ISSUER, Flaw.SELF_SIGNED, Flaw.UNTRUSTED) == (Flaw.SELF_SIGNED,)
    assert told(Flaw.OTHER, Flaw.PURPOSE, Flaw.EXPIRED) == (Flaw.EXPIRED, Flaw.PURPOSE)
    assert told(Flaw.OTHER) == (Flaw.OTHER,)
    assert told(Flaw.OTHER_NAME) == (f"{Flaw.OTHER_NAME} than {HOST}",)
    assert told() == ()


def certificate(key: str, signature: str = "ecdsa-with-SHA256") -> Certificate:
    return Certificate("", "", (), "", "", "", key=key, signature=signature)


def test_whose_key_is_too_short() -> None:
    good, short = certificate("EC P-256"), certificate("RSA 2047")
    words = "key is too short: RSA 2047 bits, and 2048 are the least that is safe"
    assert weak_key([short, good]) == f"the server's {words}"
    assert weak_key([good, certificate("RSA 2048"), short]) == f"its authority's {words}"
    assert weak_key([good, certificate("Ed25519")]) is None
    assert problems([Flaw.WEAK_KEY], HOST, [good]) == (Flaw.WEAK_KEY,)


def test_whose_signature_is_weak() -> None:
    good, old = certificate("EC P-256"), certificate("EC P-256", "ecdsa-with-SHA1")
    words = "certificate is signed with SHA-1, which is no longer safe"
    assert problems([Flaw.WEAK_SIGNATURE], HOST, [old]) == (f"the server's {words}",)
    assert problems([Flaw.WEAK_SIGNATURE], HOST, [good, old]) == (f"its authority's {words}",)
    assert problems([Flaw.WEAK_SIGNATURE], HOST, [good]) == (Flaw.WEAK_SIGNATURE,)
