"""Identity of an address to an account, for any text of a caller."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from voip.sip import numbers
from voip.sip.callers import Exchange, Key, bare, call_back, canonical, is_hidden, keys
from voip.sip.dialing import DialError, Target, hides, parse_target

EXCHANGE = Exchange.of("pbx.example.com", "[2001:DB8:0::1]", "SIP.example.com", "192.0.2.9")

USERS = st.sampled_from(
    [
        "+4930123",
        "100",
        "9%23",
        "bob",
        "anonymous",
        "100;npdi",
        "a;b",
        "",
        "6001112;phone-context=pbx.test",
    ]
)
HOSTS = st.sampled_from(
    ["pbx.example.com", "sip.example.com:5061", "[2001:db8::1]", "192.0.2.9", "10.0.0.1",
     "9.9.9.9", "evil.example", "anonymous.invalid", ""]
)  # fmt: skip
CALLERS = st.text(max_size=30) | st.builds("sip:{}@{}".format, USERS, HOSTS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sip:bob@[2001:db8::1]:5061", (Key("bob"), Key("bob", "pbx.example.com"))),
        ("sip:bob@SIP.EXAMPLE.COM", (Key("bob"), Key("bob", "pbx.example.com"))),
        ("+49-30 (123)", (Key("+4930123"), Key("+4930123", "pbx.example.com"))),
        ("sip:+49-30-123@10.0.0.1", (Key("+4930123"), Key("+4930123", "pbx.example.com"))),
        ("sip:bob@192.0.2.10", (Key("bob", "192.0.2.10"),)),
        ("sip:bob@evil.example:5070", (Key("bob", "evil.example", 5070),)),
        ("sip:+4930123@evil.example", (Key("+4930123", "evil.example"),)),
        ("sip:x@anonymous.invalid", ()),
        ("not an address", ()),
    ],
)
def test_keys(text: str, expected: tuple[Key, ...]) -> None:
    assert keys(text, EXCHANGE) == expected


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sip:600111222;phone-context=pbx.test;npdi@pbx.example.com",
         "sip:600111222;phone-context=pbx.test@pbx.example.com"),
        ("sip:600111222;phone-context=a_b@pbx.example.com",
         "sip:600111222;phone-context=invalid@pbx.example.com"),
        ("tel:600111222;phone-context=pbx.test", "tel:600111222;phone-context=pbx.test"),
        ("tel:600111222;phone-context=+34", "tel:+34600111222"),
        ("tel:7042;phone-context=pbx.test", "tel:7042"),
        ("tel:+34600111222;phone-context=pbx.test", "tel:+34600111222"),
    ],
)  # fmt: skip
def test_long_number_of_a_private_plan_keeps_it(uri: str, expected: str) -> None:
    assert bare(uri) == expected
    assert parse_target(expected).private is ("context" in expected)
    back = call_back(expected, EXCHANGE)
    assert (back.host, back.private) == (None, "context" in expected)


@given(CALLERS)
@example("0\r;")
@example("tel:0 ;")
@example("sip:bob@pbx.test\t?x")
def test_a_callers_address_has_one_bare_form(uri: str) -> None:
    assert bare(bare(uri)) == bare(uri)


@given(CALLERS, st.sampled_from([EXCHANGE, None]))
@example("sip:bob@[2001:db8::2]:5070", EXCHANGE)
@example("sip:9%23@pbx.example.com", EXCHANGE)
def test_the_canonical_address_is_that_of_the_same_caller(
    uri: str, exchange: Exchange | None
) -> None:
    expected = canonical(uri, exchange)
    if expected is not None:
        assert not is_hidden(uri)
        assert set(keys(expected, exchange)) == set(keys(uri, exchange))
        assert canonical(expected, exchange) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("100", "sip:100@pbx.example.com"),
        ("sip:100@192.0.2.9", "sip:100@pbx.example.com"),
        ("Mallory <sip:m@EVIL.example:5070>", "sip:m@evil.example:5070"),
        ("sip:m@[2001:DB8::2]", "sip:m@[2001:db8::2]"),
        ("anonymous", None),
        ("sip:Anonymous@pbx.example.com", None),
        ("sip:+4930123@anonymous.invalid", None),
    ],
)
def test_one_way_to_write_a_caller(written: str, expected: str | None) -> None:
    assert canonical(written, EXCHANGE) == expected


@given(CALLERS, st.sampled_from([EXCHANGE, None]))
@example("sip:100@anonymous.invalid", None)
@example("sip:+4930123@evil.example", None)
def test_no_caller_is_called_back_where_nobody_is(uri: str, exchange: Exchange | None) -> None:
    try:
        target = call_back(uri, exchange)
    except DialError as error:
        assert str(error)
        return
    assert target.host is None or not hides(target.host)
    number = numbers.read(target.user)
    if number and number.startswith("+"):
        assert target == Target(number)
