"""A link of another program becomes text for the dial line, and nothing besides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.sip import links
from voip.sip.dialing import MAX_TARGET, DialError, Target, parse_target
from voip.sip.numbers import without_marks

_SINK = "%3Csip:evil.test:5060;transport=udp;lr%3E"

_WITHOUT_EFFECT = {
    f"sip:bob@pbx.test?Route={_SINK}": "sip:bob@pbx.test",
    "sip:bob@pbx.test?Replaces=1%40evil.test%3Bto-tag=a%3Bfrom-tag=b": "sip:bob@pbx.test",
    "sip:bob@pbx.test?Refer-To=sip:evil@evil.test&Call-Info=x": "sip:bob@pbx.test",
    "sip:bob@pbx.test?body=v=0%0d%0ac=IN%20IP4%20192.0.2.1": "sip:bob@pbx.test",
    "sip:bob@pbx.test?Subject=x%0d%0aVia:%20y": "sip:bob@pbx.test",
    f"sip:bob@pbx.test?body={'x' * 5000}": "sip:bob@pbx.test",
    "sip:bob@pbx.test?x=y@evil.test": "sip:bob@pbx.test",
    "sip:bob@pbx.test;maddr=192.0.2.1": "sip:bob@pbx.test",
    "sip:bob@pbx.test;transport=udp": "sip:bob@pbx.test",
    "sip:bob@pbx.test;TRANSPORT=udp;lr": "sip:bob@pbx.test",
    "sip:bob@pbx.test;method=REFER": "sip:bob@pbx.test",
    "sip:bob@pbx.test;ttl=1;ob;x=sips:": "sip:bob@pbx.test",
    "sip:bob@evil.test;x=alice@bank.test": "sip:bob@evil.test",
    "sip:bob:secret@pbx.test": "sip:bob@pbx.test",
    "tel:+34600111222;maddr=192.0.2.1;method=MESSAGE": "+34600111222",
    "tel:+34600111222;phone-context=udp": "+34600111222",
    "tel:100?Replaces=x": "100",
}
"""Link, and the text that calls the same without what is in it."""

_WRITTEN = {
    "sip:bob@pbx.test": "sip:bob@pbx.test",
    "SIP:Bob@PBX.test": "sip:Bob@pbx.test",
    "sips:bob@pbx.test": "sips:bob@pbx.test",
    "sip:bob@pbx.test:5070": "sip:bob@pbx.test:5070",
    "sip:bob@[2001:db8::1]:5061": "sip:bob@[2001:db8::1]:5061",
    "sip:bob@b%C3%BCcher.test": None,
    "sip:bob@bücher.test": "sip:bob@xn--bcher-kva.test",
    "sip:alice%40bank.test@evil.test": "sip:alice%40bank.test@evil.test",
    "sip:%E2%80%AEbob@pbx.test": "sip:%E2%80%AEbob@pbx.test",
    "sip:b\u202eob@pbx.test": "sip:bob@pbx.test",
    "sip:+49-30-123@pbx.test;user=phone": "sip:+4930123@pbx.test",
    "tel:+1-555-0100": "+15550100",
    "tel:+1(555)01.00": "+15550100",
    "tel:%2B1%20555%200100": "+15550100",
    "tel:%252B15550100": None,
    "tel://+15550100": "+15550100",
    "tel:9%23": "9#",
    "tel:*21%23": "*21#",
    "tel:%E2%80%AA(+49)%2030%20123%E2%80%AC": "+4930123",
    "tel:30123;phone-context=+49": "+4930123",
    "tel:112;phone-context=+49": "112",
    "  tel:100  ": "100",
}
"""Link, and its text in the dial line; None where it stays as written."""

_NOT_GUESSED = (
    "tel:+1-555-0100;ext=5", "tel:7042;phone-context=pbx.test", "tel:030123;phone-context=+49",
    "tel:100;postd=pp5", "tel:+15550100;m-x=1", "sip:100;phone-context=x.test@pbx.test",
)  # fmt: skip
"""Links whose text stays as written, for the dial line to judge."""

_NO_LINKS = (
    "", " ", "bob", "100", "+15550100", "echo", "bob@pbx.test", "callto:100", "mailto:bob@pbx.test",
    "http://pbx.test/?sip:bob@pbx.test", "javascript:tel:100", "xtel:100", "--help", "sip", "tel:",
    "sip:?Subject=x", "Bob <sip:bob@pbx.test>", "<sip:bob@pbx.test>", "sip:<sip:evil@evil.test>",
    'tel:"x" <100>', "sip:bob@pbx.test\r\nVia: x", "tel:555 0100\n555 0200", "tel:1\u20282",
    "tel:1\x852", "tel:1\x1b[2J2", "tel:1\udcff2", "tel:" + "1" * MAX_TARGET,
    "sip:" + "é" * 60 + "@pbx.test", "tel:é", "sip:bob@[é]", "sip:é",
)  # fmt: skip


@pytest.mark.parametrize("link", _WITHOUT_EFFECT)
def test_headers_and_parameters_of_a_link_are_left_out(link: str) -> None:
    assert links.dialled(link) == _WITHOUT_EFFECT[link]


@pytest.mark.parametrize("link", _WRITTEN)
def test_a_link_names_its_callee(link: str) -> None:
    text = _WRITTEN[link]
    assert links.dialled(link) == (link if text is None else text)


@pytest.mark.parametrize("link", _NOT_GUESSED)
def test_extensions_and_private_numbers_are_not_guessed(link: str) -> None:
    assert links.dialled(link) == link


@pytest.mark.parametrize("text", _NO_LINKS)
def test_what_is_no_link_is_refused(text: str) -> None:
    with pytest.raises(DialError):
        links.dialled(text)


PIECES = ["sip:", "sips:", "tel:", "bob", "%40", "@", "pbx.test", "evil.test", ":5070", ";", "=",
          "transport=udp", "maddr=192.0.2.1", "phone-context=", "+49", "30123", "ext", "?",
          "Route", "%0d%0a", "%3B", "%00", "\u202e", "\n", " ", "<", ">", '"', "é", "%",
          "x" * 90]  # fmt: skip


@given(st.text(max_size=20) | st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
def test_the_text_of_a_link_calls_whom_it_names_or_nobody(rest: str) -> None:
    for scheme in ("sip:", "tel:"):
        link = f"{scheme}{rest}"
        try:
            text = links.dialled(link)
        except DialError:
            continue
        assert 0 < len(text) <= MAX_TARGET
        assert "?" not in text
        assert text.isascii()
        assert text.isprintable()
        named = _target(without_marks(link).strip(" ").partition("?")[0])
        assert named == _target(text)


def _target(text: str) -> Target | None:
    try:
        return parse_target(text)
    except DialError:
        return None
