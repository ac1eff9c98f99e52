"""Hosts of a certificate (RFC 5922 section 7), and reports of its flaws."""

from __future__ import annotations

import pytest

from voip.causes import Cause, CauseKind
from voip.protection import Certificate
from voip.security.flaws import causes, is_named, weak_key

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
    def kinds(*flaws: CauseKind) -> tuple[CauseKind, ...]:
        return tuple(cause.kind for cause in causes(flaws, HOST, ()))

    untrusted, no_issuer = CauseKind.CERTIFICATE_UNTRUSTED, CauseKind.CERTIFICATE_NO_ISSUER
    expired, purpose = CauseKind.CERTIFICATE_EXPIRED, CauseKind.CERTIFICATE_PURPOSE
    self_signed, refused = CauseKind.CERTIFICATE_SELF_SIGNED, CauseKind.CERTIFICATE_REFUSED
    assert kinds(untrusted, no_issuer) == (no_issuer,)
    assert kinds(no_issuer, self_signed, untrusted) == (self_signed,)
    assert kinds(refused, purpose, expired) == (expired, purpose)
    assert kinds(refused) == (refused,)
    assert kinds() == ()


def test_another_name_is_told_with_those_that_are_there() -> None:
    names = tuple(f"{i}.example.net" for i in range(6))
    shown = Certificate("", "", names, "", "", "", key="EC P-256", signature="")
    kind = CauseKind.CERTIFICATE_OTHER_NAME
    assert causes([kind], HOST, [shown]) == (Cause(kind, (HOST, *names[:4])),)
    assert causes([kind], HOST, []) == (Cause(kind, (HOST,)),)


def certificate(key: str, signature: str = "ecdsa-with-SHA256") -> Certificate:
    return Certificate("", "", (), "", "", "", key=key, signature=signature)


def test_whose_key_is_too_short() -> None:
    good, short = certificate("EC P-256"), certificate("RSA 2047")
    kind = CauseKind.CERTIFICATE_WEAK_KEY
    assert weak_key([short, good]) == Cause(kind, (0, "RSA", 2047, 2048))
    assert weak_key([good, certificate("RSA 2048"), short]) == Cause(kind, (2, "RSA", 2047, 2048))
    assert weak_key([good, certificate("Ed25519")]) is None
    assert causes([kind], HOST, [good]) == (Cause(kind),)


def test_whose_signature_is_weak() -> None:
    good, old = certificate("EC P-256"), certificate("EC P-256", "ecdsa-with-SHA1")
    kind = CauseKind.CERTIFICATE_WEAK_SIGNATURE
    assert causes([kind], HOST, [old]) == (Cause(kind, (0, "SHA-1")),)
    assert causes([kind], HOST, [good, old]) == (Cause(kind, (1, "SHA-1")),)
    assert causes([kind], HOST, [good]) == (Cause(kind),)
