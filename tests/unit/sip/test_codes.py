"""Feature codes: what may stand in one, and whom a filled one names."""

from __future__ import annotations

import pytest

from voip.choices import NUMBER, SLOT, FeatureCodes
from voip.protection import Transport
from voip.sip import codes
from voip.sip.dialing import DialError, Target

_NOT_DIALLED = "is not dialled: digits, letters, and * # + . _ - are"


@pytest.mark.parametrize(
    ("code", "blank"),
    [("**{number}", NUMBER), ("*8", ""), ("700", SLOT), ("*68{slot}", SLOT), ("{slot}", SLOT)],
)
def test_a_code_of_a_server_has_no_problem(code: str, blank: str) -> None:
    assert codes.problem(code, blank) is None


@pytest.mark.parametrize(
    ("code", "blank", "words"),
    [
        ("{number}{number}", NUMBER, "{number} is there more than once"),
        ("**{num{number}ber}", NUMBER, "“{” is not known: only {number} is filled in"),
        ("**{number}}", NUMBER, "“}” is not known: only {number} is filled in"),
        ("**{NUMBER}", NUMBER, "“{NUMBER}” is not known: only {number} is filled in"),
        ("**{}", NUMBER, "“{}” is not known: only {number} is filled in"),
        ("*8{slot}", "", "“{slot}” is not known: nothing is filled in here"),
        ("700@evil.test", SLOT, f"“@” {_NOT_DIALLED}"),
        ("7 0", SLOT, f"a space {_NOT_DIALLED}"),
        ("7\r0", SLOT, f"a control character {_NOT_DIALLED}"),
        ("7٣", SLOT, f"“٣” {_NOT_DIALLED}"),
    ],
)
def test_another_code_has_words_for_its_problem(code: str, blank: str, words: str) -> None:
    assert codes.problem(code, blank) == words


def test_a_blank_may_be_needed() -> None:
    assert codes.problem("**", NUMBER) is None
    words = "lacks {number}, which stands for what you choose"
    assert codes.problem("**", NUMBER, needed=True) == words
    assert codes.problem("**{number}", NUMBER, needed=True) is None


@pytest.mark.parametrize(
    ("code", "value", "user"),
    [
        ("**{number}", "620", "**620"),
        ("**{number}", "+4930123", "**+4930123"),
        ("*8", "", "*8"),
        ("{slot}", "#7", "%237"),
        ("park+{slot}", "a.b_c-d", "park+a.b_c-d"),
    ],
)
def test_a_filled_code_is_a_user_of_the_accounts_domain(code: str, value: str, user: str) -> None:
    target = codes.filled(code, value)
    assert (target.host, target.port, target.secure, target.private) == (None, None, False, True)
    assert target.uri("pbx.test", Transport.TLS) == f"sip:{user}@pbx.test;transport=tls"


@pytest.mark.parametrize(
    "value",
    ["x@evil.test", "7%40evil", "7;transport=udp", "7?X=y", "7\r\nX: y", "7 0", "{slot}", "sip:7"],
)
def test_a_value_that_is_not_dialled_is_refused(value: str) -> None:
    with pytest.raises(DialError, match="cannot be part of a code"):
        codes.filled("*88{slot}", value)


def test_a_value_is_put_in_as_it_is() -> None:
    # A replacement of `re` would read a backslash as a group.
    assert codes.filled("*88{slot}", "1.2") == Target(user="*881.2", private=True)


def test_whether_a_place_is_asked_for() -> None:
    assert FeatureCodes(park="*68{slot}").asks_where
    assert not FeatureCodes(park="700").asks_where
    assert not FeatureCodes(retrieve="{slot}").asks_where
