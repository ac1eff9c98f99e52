"""Typed text becomes a SIP URI of checked parts, or is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from voip.protection import Transport
from voip.sip.dialing import (
    DialError,
    Target,
    escape_user,
    may_be_name,
    parse_host_port,
    parse_target,
)


@pytest.mark.parametrize(
    ("typed", "user"),
    [
        ("100", "100"),
        ("+34600111222", "+34600111222"),
        ("+34 600 111 222", "+34600111222"),
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("0044 (0)20 7946 0018", "00442079460018"),
        ("(020) 7946-0018", "02079460018"),
        ("(0) 20 79", "02079"),
        ("020.7946/0018", "02079460018"),
        ("020\u20137946\u20110018", "02079460018"),
        ("1-800-FLOWERS", "18003569377"),
        ("1-800-flowers", "18003569377"),
        ("*21#", "*21#"),
        (" 100 ", "100"),
        ("<100>", "100"),
        ("tel:+1-555-0100", "+15550100"),
        ("TEL:+15550100", "+15550100"),
        ("tel:9%23", "9#"),
        ("tel://+15550100", "+15550100"),
        ("Tel: +1 555 0100", "+15550100"),
        ("tel:30123;phone-context=+49", "+4930123"),
        ("tel:30123;npdi;phone-context=+4-9", "+4930123"),
        ("tel:+30123;phone-context=+49", "+30123"),
        ("tel:112;phone-context=+49", "112"),
        ("tel:+4930123;npdi;rn=+4989", "+4930123"),
        ("callto:+49 30 123", "+4930123"),
        ("callto://100", "100"),
        ("(+49) 30 123", "+4930123"),
        ("+(49) 30 123", "+4930123"),
        ("(+49) (0)30 123", "+4930123"),
        ("+49\u00a0(\u202f0 )\u202f30 123", "+4930123"),
        ("\u202a+49 30 123\u202c", "+4930123"),
        ("\u2068+49\u200e 30 \ufeff123\u2069 ", "+4930123"),
        ("<\u202a100\u202c>", "100"),
        ("9bob", "9bob"),
        ("24h-hotline", "24h-hotline"),
        ("12é", "12é"),
        ("bob", "bob"),
        ("front-desk", "front-desk"),
        ("bob;transport=tls", "bob"),
        ("100;transport=tls", "100"),
        ("+4930123;npdi;rn=+49", "+4930123"),
    ],
)
def test_numbers_and_names_of_the_account_s_domain(typed: str, user: str) -> None:
    assert parse_target(typed) == Target(user=user)


@pytest.mark.parametrize("context", ["example.com", "PBX", " example.com", ""])
def test_number_of_a_private_plan_is_marked(context: str) -> None:
    typed = f"tel:600111222;phone-context={context}"
    assert parse_target(typed) == Target(user="600111222", private=True)
    assert parse_target("tel:+600111222;phone-context=a") == Target(user="+600111222")


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ("bob@example.com", Target("bob", "example.com")),
        ("sip:bob@example.com", Target("bob", "example.com")),
        ("SIP:Bob@Example.COM", Target("Bob", "example.com")),
        ("<sip:bob@example.com>", Target("bob", "example.com")),
        ("sips:bob@example.com", Target("bob", "example.com", secure=True)),
        ("sip:bob@example.com:5070", Target("bob", "example.com", 5070)),
        ("sip:bob@example.com:1", Target("bob", "example.com", 1)),
        ("sip:bob@example.com:65535", Target("bob", "example.com", 65535)),
        ("bob@192.0.2.1:5060", Target("bob", "192.0.2.1", 5060)),
        ("bob@[2001:db8::1]", Target("bob", "[2001:db8::1]")),
        ("bob@[::ffff:192.0.2.1]:5061", Target("bob", "[::ffff:192.0.2.1]", 5061)),
        ("bob@bücher.example", Target("bob", "xn--bcher-kva.example")),
        ("bob@example.com.", Target("bob", "example.com")),
        ("sip:a%40b@example.com", Target("a@b", "example.com")),
        ("a@b@example.com", Target("a@b", "example.com")),
        ("sip:bob:secret@example.com", Target("bob", "example.com")),
        ("sip:+1555@example.com;user=phone", Target("+1555", "example.com")),
        ("sip:bob@example.com;transport=udp;lr", Target("bob", "example.com")),
        ("sip:bob@example.com;transport=", Target("bob", "example.com")),
        ("böb@example.com", Target("böb", "example.com")),
        ("\u202abob@example.com\u202c", Target("bob", "example.com")),
        ("callto:bob@example.com", Target("bob", "example.com")),
        ("sip:9%23@example.com", Target("9#", "example.com")),
        ("sip:+4930123;npdi;rn=+4989@example.com", Target("+4930123", "example.com")),
        ("sip:30123;phone-context=+49@example.com", Target("+4930123", "example.com")),
        (
            "sip:100;phone-context=x.example@example.com;user=phone",
            Target("100", "example.com", private=True),
        ),
        ("+4930123;npdi@example.com:5070;x=a@b", Target("+4930123", "example.com", 5070)),
        ("sip:+49-30-123@example.com;user=phone", Target("+4930123", "example.com")),
        ("sip:555-0100@example.com", Target("555-0100", "example.com")),
        ("sip:alice;day=tuesday@example.com", Target("alice;day=tuesday", "example.com")),
        ("sip:bob@example.com;x=a@b", Target("bob", "example.com")),
    ],
)
def test_addresses(typed: str, target: Target) -> None:
    assert parse_target(typed) == target


HEADERS = "an address with headers (“?…”) is not called: remove them"
CONTROL = "the address holds control characters"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "there is nothing to call: type a number, a name or a SIP address"),
        ("  ", "there is nothing to call: type a number, a name or a SIP address"),
        ("<>", "there is nothing to call: type a number, a name or a SIP address"),
        ("1" * 256, "the address is longer than 255 characters"),
        ("sip:bob@example.com?Subject=x", HEADERS),
        ("bob@example.com;x?Route=y", HEADERS),
        ("sip:bob?x@example.com", HEADERS),
        ("100?Replaces=x", HEADERS),
        ("tel:100?x=y", HEADERS),
        ("bob\r\nVia: x@example.com", CONTROL),
        ("b\x00b@example.com", CONTROL),
        ("b\x1bb", CONTROL),
        ("b\x7fb@example.com", CONTROL),
        ("sip:b%0d%0aVia@example.com", CONTROL),
        ("sip:b%00@example.com", CONTROL),
        ("sip:b%7f@example.com", CONTROL),
        ("sip:b%ff@example.com", "the address is not valid UTF-8 text"),
        ("@example.com", "the address lacks the name in front of the @"),
        ("sip::secret@example.com", "the address lacks the name in front of the @"),
        ("sip:example.com", "“sip:example.com” names nobody: a SIP address looks like "
                            "sip:user@domain"),
        ("http://example.com", "“http:” is not an address of a phone"),
        ("sip:bob@example.com;transport=ws", "“ws” is not a transport of this phone"),
        ("sip:bob@example.com:0", "0 is not a port: ports go from 1 to 65535"),
        ("sip:bob@example.com:65536", "65536 is not a port: ports go from 1 to 65535"),
        ("bob@example.com:sip", "“example.com:sip” is not the name or address of a server"),
        ("bob@", "“” is not the name or address of a server"),
        ("bob@[::g]", "“[::g]” is not the name or address of a server"),
        ("bob@[1:2]", "“[1:2]” is not an IPv6 address"),
        ("bob@::1", "“::1” is not the name or address of a server"),
        ("bob@[fe80::1%eth0]", "“[fe80::1%eth0]” is not the name or address of a server"),
        ("bob@1.2.3", "“1.2.3” is not an IPv4 address"),
        ("bob@256.1.1.1", "“256.1.1.1” is not an IPv4 address"),
        ("bob@-x.example", "“-x.example” is not the name of a server"),
        ("bob@a..b", "“a..b” is not the name of a server"),
        ("bob@a_b.example", "“a_b.example” is not the name of a server"),
        ("bob@exa mple.com", "“exa mple.com” is not the name of a server"),
        ("bob@" + "a" * 64, f"“{'a' * 64}” is not the name of a server"),
        ("two words", "“two words” is neither a number nor an address: remove the spaces"),
        ("a|b", "“a|b” is neither a number nor an address"),
        ("localhost:5060", "“localhost:5060” is neither a number nor an address"),
        ("tel:", "“tel:” is not a number"),
        ("tel:+", "“tel:+” is not a number"),
        ("tel:é", "“tel:é” is not a number"),
        ("tel:30 bob", "“tel:30 bob” is not a number"),
        ("callto:bob", "“callto:bob” is not a number"),
        ("tel:+15550100;m-x=1", "“tel:+15550100;m-x=1” asks for “m-x”, which this phone does not "
                                "know"),
        ("tel:030123;phone-context=+49", "“tel:030123;phone-context=+49” is a number within +49: "
                                         "write it whole, with +49"),
        ("tel:*21%23;phone-context=+49", "“tel:*21%23;phone-context=+49” is a number within +49: "
                                         "write it whole, with +49"),
        ("tel:30123;phone-context=+x", "“tel:30123;phone-context=+x” names “+x”, which is not the "
                                       "beginning of a number"),
        ("sip:bob;transport=udp@example.com", "“transport=udp” stands in front of the @: it "
                                              "belongs behind the server"),
        ("b\u202eob@example.com", "the address holds invisible characters: type it yourself"),
        ("anonymous@anonymous.invalid", "“anonymous@anonymous.invalid” is a caller who hides: "
                                        "nobody can be called there"),
        ("555 0100\u2028555 0200", CONTROL),
        ("555 0100\x85555 0200", CONTROL),
        ("sip:b%C2%85@example.com", CONTROL),
    ],
)  # fmt: skip
def test_refusals_in_words(typed: str, words: str) -> None:
    with pytest.raises(DialError) as caught:
        parse_target(typed)
    assert str(caught.value) == words


@pytest.mark.parametrize(
    ("typed", "number", "tones"),
    [
        ("+1 555 0100 ext. 5", "+15550100", "5"),
        ("555 0100 EXT 12", "5550100", "12"),
        ("555-0100x12", "5550100", "12"),
        ("100;ext=5", "100", "5"),
        ("100;5", "100", "5"),
        ("100,,5#", "100", "5#"),
        ("100p5w6", "100", "5,6"),
        ("(+49) 30 123;1, 2", "+4930123", "1,2"),
        ("tel:+1-555-0100;ext=5", "+15550100", "5"),
        ("tel:+1-555-0100;phone-context=x.example;postd=pp5", "+15550100", ",,5"),
        ("sip:+15550100;ext=5@example.com", "+15550100", "5"),
    ],
)
def test_tones_behind_a_number_are_not_part_of_it(typed: str, number: str, tones: str) -> None:
    with pytest.raises(DialError) as caught:
        parse_target(typed)
    words = f"“{typed}” is more than a number: call {number}, then send {tones} as tones"
    assert str(caught.value) == words


@pytest.mark.parametrize(
    "typed",
    [
        "24h Hotline", "+1 555 0100 office", "0800 hotline", "030 123 (Bob)", "+49 30 123 Büro",
        "555 0100\t555 0200", "555 0100 +1 555 0200", "555 0100, 555 0200", "+1555x", "100,",
        "1 800 flowers", "+1 555 0100 555-WORK", "800 FLOWERS ext 5",
        "555 0100 ext.", "5 pm", "+bob", "100;office", "bob;5", ",;0", "100;", "100;ext",
        "tel:100;", "tel:100;+1", "tel:100;ext=", "sip:100;+1@example.com",
    ],
)  # fmt: skip
def test_a_text_that_is_not_wholly_a_number_calls_nobody(typed: str) -> None:
    with pytest.raises(DialError):
        parse_target(typed)


@pytest.mark.parametrize(
    ("typed", "user"),
    [
        ("1-800-FLOWERS", "18003569377"),
        ("1-800-flowers", "18003569377"),
        ("+1.800.GO.FEDEX", "+18004633339"),
        ("(800) FLOWERS", "8003569377"),
        ("1 800 FLOWERS", "18003569377"),
        ("0800-REVERSE", "08007383773"),
        ("+49 800 REVERSE", "+498007383773"),
        ("1-800-4-A-CHILD", "18004224453"),
        # Names at the account's domain stay as they are written.
        ("212-CALL-BOB", "212-CALL-BOB"),
        ("800-anna", "800-anna"),
        ("900-reception", "900-reception"),
        ("1-800-4ACHILD", "1-800-4ACHILD"),
        ("1-800-GO-4FEDEX", "1-800-GO-4FEDEX"),
        ("030-123-office", "030-123-office"),
        ("1-800-555-0100-WORK", "1-800-555-0100-WORK"),
        ("24-hour", "24-hour"),
    ],
)
def test_letters_are_digits_only_in_a_number_whose_every_group_is_one(
    typed: str, user: str
) -> None:
    assert parse_target(typed) == Target(user=user)


@pytest.mark.parametrize("typed", ["Bob <sip:bob@example.com>", '"Bob" <sip:bob@example.com>'])
def test_pasted_name_and_address_does_not_call_somebody_else(typed: str) -> None:
    try:
        target = parse_target(typed)
    except DialError:
        return  # refused, which is right as well
    assert target == Target("bob", "example.com")


@pytest.mark.parametrize("typed", ["mailto:bob@example.com", "xmpp:bob@example.com"])
def test_another_scheme_is_not_taken_for_a_user(typed: str) -> None:
    with pytest.raises(DialError):
        parse_target(typed)


@pytest.mark.parametrize(
    ("transport", "uri"),
    [
        (Transport.TLS, "sip:bob@example.com;transport=tls"),
        (Transport.TCP, "sip:bob@example.com;transport=tcp"),
        (Transport.UDP, "sip:bob@example.com"),
    ],
)
def test_uri_names_the_account_s_transport_whatever_was_typed(
    transport: Transport, uri: str
) -> None:
    assert parse_target("bob;transport=udp").uri("example.com", transport) == uri


def test_uri_of_another_domain() -> None:
    target = parse_target("bob@[2001:db8::1]:5070")
    assert target.uri("example.com", Transport.UDP) == "sip:bob@[2001:db8::1]:5070"


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
def test_sips_needs_an_account_with_tls(transport: Transport) -> None:
    target = parse_target("sips:bob@example.com")
    with pytest.raises(DialError) as caught:
        target.uri("example.com", transport)
    expected = "a sips: address asks for TLS, which this account does not use"
    assert str(caught.value) == expected
    assert target.uri("x.example", Transport.TLS) == "sip:bob@example.com;transport=tls"


@pytest.mark.parametrize(
    ("user", "escaped"),
    [
        ("bob", "bob"),
        ("+1555*#", "+1555*%23"),
        ("a b", "a%20b"),
        ("a@b", "a%40b"),
        ("a%40b", "a%2540b"),
        ("<a>", "%3Ca%3E"),
        ("a;b?c", "a%3Bb%3Fc"),
        ("ö", "%C3%B6"),
        ("sips:x", "sips%3Ax"),
    ],
)
def test_user_is_escaped(user: str, escaped: str) -> None:
    assert escape_user(user) == escaped


SAFE_URI = re.compile(
    r"sip:[A-Za-z0-9\-_.!~*'()&=+$,%]+@"
    r"([a-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?;transport=tls"
)


def assert_safe(uri: str) -> None:
    assert SAFE_URI.fullmatch(uri)
    assert uri.count("@") == 1
    assert not set(uri) & set("?\r\n<> ")


@given(st.text(st.characters(codec="utf-8", exclude_characters="%"), min_size=1, max_size=18))
@example("a@b?Subject=x\r\nVia: y")
@example("sips:x")
@example("<sip:x>")
def test_uri_of_any_user_is_one_plain_uri(user: str) -> None:
    assert_safe(Target(user=user).uri("example.com", Transport.TLS))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (Target(user="\U0001f4de" * 20), "the address is longer than 255 characters"),
        # PJSIP takes “sips:” anywhere in a URI for its scheme.
        (Target(user="bob", host="pbx.sips", port=5060), "cannot be called at a port of its own"),
        (Target(user="a%40b"), "a name with “%” cannot be called"),
    ],
)
def test_what_pjsip_would_read_otherwise_is_not_called(target: Target, words: str) -> None:
    with pytest.raises(DialError, match=words):
        target.uri("example.com", Transport.UDP)


TELLING = "sipel:@<>?;=%0aAdD19.[]:+-*#() \"'\r\n\u202e\u3002"
TYPED = st.one_of(
    st.text(),
    st.text(st.sampled_from(TELLING) | st.characters(codec="utf-8")),
    st.builds(
        "{}{}@{}{}".format,
        st.sampled_from(["", "sip:", "sips:", "<sip:"]),
        st.text(),
        st.text() | st.sampled_from(["example.com", "[::1]", "1.2.3.4"]),
        st.sampled_from(["", ":5060", ":0", ">", ";lr", "?a=b"]),
    ),
)


@given(TYPED)
def test_parse_raises_nothing_but_dial_error_and_gives_safe_uris(typed: str) -> None:
    try:
        uri = parse_target(typed).uri("example.com", Transport.TLS)
    except DialError as error:
        assert str(error) != ""
        return
    assert_safe(uri)


@pytest.mark.parametrize("typed", ["\udcff@example.com", "sip:\ud800@example.com", "\udcff"])
def test_bytes_that_are_no_text_are_refused_in_words(typed: str) -> None:
    # Python turns an argument that is not UTF-8 into surrogates.
    with pytest.raises(DialError):
        parse_target(typed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pbx.example.com", ("pbx.example.com", None)),
        (" pbx.example.com:5061 ", ("pbx.example.com", 5061)),
        ("192.0.2.1:5061", ("192.0.2.1", 5061)),
        ("[::1]", ("[::1]", None)),
        ("[::1]:5061", ("[::1]", 5061)),
    ],
)
def test_host_and_port(text: str, expected: tuple[str, int | None]) -> None:
    assert parse_host_port(text) == expected


@given(st.text())
def test_host_and_port_raises_nothing_but_dial_error(text: str) -> None:
    try:
        host, port = parse_host_port(text)
    except DialError as error:
        assert str(error) != ""
        return
    assert re.fullmatch(r"[a-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", host)
    assert port is None or 1 <= port <= 65535


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bob", True),
        ("front desk", True),
        ("O'Brien & Sons", True),
        ("Room 101", True),
        ("", False),
        ("Echo", False),
        ("100", False),
        (" (0)34", False),
        ("*43#", False),
        ("+34 600", False),
        ("1-800-FLOWERS", False),
        ("bob@example.com", False),
        ("Bob <100>", False),
        ("sip:bob", False),
        ("TEL:100", False),
        ("callto:100", False),
        ("\u202a100\u202c", False),
        ("(+49) 30", False),
        ("100 ext. 5", False),
        ("100;5", False),
        ("+1 555 0100 office", False),
        ("24h Hotline", True),
        ("9bob", True),
        ("2 Guys Pizza", True),
        ("0800 Hotline", True),
    ],
)
def test_what_may_be_a_name(text: str, expected: bool) -> None:
    assert may_be_name(text) is expected


PIECES = ["+", "0", "1", "555", "800", "0100", "(0)", "#", "ext", "x", "h",
          "Bob", "FLOWERS", " ", "-", ".", "(", ")", ",", ";", "\u00a0", "\u202a",
          "\u2028", "\t", "tel:"]  # fmt: skip
NUMBERLIKE = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


@given(st.text(max_size=20) | NUMBERLIKE)
def test_no_name_stands_in_for_a_number_or_an_address(text: str) -> None:
    # Text that is neither an address nor a number may be a name.
    try:
        target = parse_target(text)
    except DialError:
        return
    if target.host is not None or re.fullmatch(r"\+?[0-9*#]*[0-9][0-9*#]*", target.user):
        assert not may_be_name(text)


@given(NUMBERLIKE)
@example("555 0100\u2028555 0200")
@example("24h")
@example(",0")
def test_a_number_is_every_digit_that_was_typed_and_no_letter(text: str) -> None:
    try:
        user = parse_target(text).user
    except DialError:
        return
    typed = re.sub(r"(?i)^\W*tel:", "", text)
    if ";" in typed and typed != text:
        return  # parameters of a URI are tested elsewhere
    if re.search(r"[A-Za-z]", typed):
        # A name as written, or a service's number with a word for its digits.
        written = text.partition(";")[0].strip(" \u00a0\u202a\t\u2028")
        assert user == written or re.match(r"\+?[0-9]{0,4}800[0-9]+", user)
        return
    digits = re.sub(r"[^+0-9*#]", "", typed)
    if not re.search(r"[0-9]", digits):
        return
    assert user == digits or user == re.sub(r"[^+0-9*#]", "", typed.replace("(0)", ""))
