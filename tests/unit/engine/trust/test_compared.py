"""Results of comparing a far end's key, and its address as remembered."""

from __future__ import annotations

import pytest

from voip.engine.trust.compared import Answer, comparison, far_end
from voip.protection import Compared, ComparedKey, Comparison
from voip.security.sas import Ends
from voip.sip.callers import Exchange

ENDS = Ends("sha-256 aa", "sha-256 bb")
NOW, BEFORE, LAST = "2026-03-12T10:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
PBX = Exchange.of("pbx.example.com", "sip.example.com", "10.0.0.5")


def key(fingerprint: str, on: str = BEFORE) -> ComparedKey:
    return ComparedKey("work", "bob@pbx.example.com", fingerprint, on)


SAME, OTHER = key(ENDS.remote), key("sha-256 cc", LAST)


@pytest.mark.parametrize(
    ("answer", "keys", "expected"),
    [
        (None, (), Comparison(Compared.PENDING)),
        (None, (SAME,), Comparison(Compared.REMEMBERED, BEFORE)),
        (None, (OTHER,), Comparison(Compared.CHANGED, LAST)),
        (None, (SAME, OTHER), Comparison(Compared.REMEMBERED, BEFORE)),
        (None, (key("sha-256 dd"), OTHER), Comparison(Compared.CHANGED, LAST)),
        # Our own certificate must not count as theirs.
        (None, (key(ENDS.local),), Comparison(Compared.CHANGED, BEFORE)),
        (Answer(ENDS, True, NOW), (), Comparison(Compared.EQUAL, NOW)),
        (Answer(ENDS, False, None), (), Comparison(Compared.DIFFERENT)),
        (Answer(ENDS, False, BEFORE), (SAME,), Comparison(Compared.DIFFERENT, BEFORE)),
        # An answer must not count for other certificates, of either end.
        (Answer(ENDS._replace(remote="sha-256 ee"), True, NOW), (), Comparison(Compared.PENDING)),
        (Answer(ENDS._replace(local="sha-256 ee"), True, NOW), (), Comparison(Compared.PENDING)),
        (Answer(Ends(*reversed(ENDS)), True, NOW), (), Comparison(Compared.PENDING)),
    ],
)
def test_the_standing_of_a_call(
    answer: Answer | None, keys: tuple[ComparedKey, ...], expected: Comparison
) -> None:
    assert comparison(ENDS, answer, keys) == expected


def test_nothing_is_compared_where_there_are_no_words() -> None:
    assert comparison(None, Answer(ENDS, True, NOW), (SAME,)) is None


@pytest.mark.parametrize(
    "uri",
    [
        "sip:100@pbx.example.com",
        "sips:100@PBX.example.com;transport=tls",
        "sip:1-0-0@sip.example.com",
        "sip:100@10.0.0.5",
    ],
)
def test_one_far_end_has_one_spelling(uri: str) -> None:
    assert far_end(uri, PBX) == "100@pbx.example.com"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sip:bob@example.com", "bob@example.com"),
        ("sip:bob@example.com:5071", "bob@example.com:5071"),
        ("sip:100@other.example.com", "100@other.example.com"),
        ("sip:b%20b@example.com", "b%20b@example.com"),
        ("100@pbx.example.com", "100@pbx.example.com"),
    ],
)
def test_other_addresses_are_other_far_ends(uri: str, expected: str) -> None:
    assert far_end(uri, PBX) == expected


@pytest.mark.parametrize(
    "uri",
    [
        "sip:anonymous@anonymous.invalid",
        "sip:anonymous@pbx.example.com",
        "sip:+34600111222@anonymous.invalid",
        "tel:+34600111222",
        "100",
        "",
        "sip:",
        "sip:pbx.example.com",
    ],
)
def test_nothing_is_remembered_of_who_hides_or_names_no_host(uri: str) -> None:
    assert far_end(uri, PBX) is None


def test_nothing_is_remembered_without_an_account_s_server() -> None:
    assert far_end("sip:bob@example.com", None) is None
