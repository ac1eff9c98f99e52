"""Names that could be taken for something else than a far end's claim."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_text import HOSTILE
from tui.glyphs import ASCII, EMOJI, UNICODE
from tui.words import quoted, who
from voip.engine.intake import party
from voip.model import Party
from voip.names import imitates, looks

URI = "sip:mallory@evil.example"

# What ordinary names hold too, and the end of one that was cut.
_PUNCTUATION = set("·…–")
SIGNS = {
    char
    for glyphs in (UNICODE, EMOJI)
    for value in dataclasses.astuple(glyphs)
    if isinstance(value, str)
    for char in value
    if not char.isascii()
} - _PUNCTUATION
OTHERS = "🔏🔐🔑🗝🔒🔓─│┌█▒⇐⟶➔🔴🟢☑✔✖\ue0a2"


@pytest.mark.parametrize("sign", sorted(SIGNS | set(OTHERS)))
def test_a_sign_of_the_interface_is_never_in_a_far_end_s_name(sign: str) -> None:
    found = party(f'"{sign} Bob {sign}" <sip:b{sign}b@example.com>')
    assert found.name == "\ufffd Bob \ufffd"
    assert found.uri == "sip:b\ufffdb@example.com"


@given(st.lists(HOSTILE | st.sampled_from(sorted(SIGNS | set(OTHERS)))).map("".join))
def test_no_text_of_a_far_end_holds_a_sign_or_what_changes_one(text: str) -> None:
    found = party(f'"{text}" <sip:{text}@example.com>')
    for shown in (found.name, found.uri, who(found)):
        assert not SIGNS & set(shown)
        assert not set("\ufe0f\ufe0e") & set(shown)


def test_the_lock_of_the_ascii_set_reads_like_one() -> None:
    for sign in (*ASCII.signs.values(), ASCII.incoming, ASCII.outgoing, ASCII.missed):
        assert imitates(f"{sign} Front desk", URI)


@pytest.mark.parametrize(
    "name",
    [
        "LOCK", "lock closed", "L0CK", "ＬＯＣＫ", "ореn", "Open", "encrypted to pbx.example.com",
        "Front desk  TLS", "-> Support", "<- Support", "[x] verified", ".:|###", "* Bob", "A · B",
        "“Bob”", 'Bob" (bob@example.com)',
        "+1 555 0100", "+1 (555) 0100", "100", "1OO", "٠١٢", "Call 555-0100 now",
        "boss@example.com", "boss＠example.com", "The boss <sip:boss@example.com>", "sip:boss",
        "mаllory@evil.example",
    ],
)  # fmt: skip
def test_it_reads_like_something_else(name: str) -> None:
    assert imitates(name, URI)


@pytest.mark.parametrize(
    "name",
    [
        "", "Bob", "Front desk", "Room 101", "Zoë-Ann O'Neil", "Smith, John", "Müller – Schmidt",
        "Gal·la", "Dr. J. R. Tolkien", "Support (24 h)", "Locksmith", "Anonymous",
        "张伟", "שלום", "مرحبا بالعالم", "Иван", "mallory@evil.example", "Mallory@Evil.example",
        URI,
    ],
)  # fmt: skip
def test_an_ordinary_name_does_not(name: str) -> None:
    assert not imitates(name, URI)


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("+1 555 0100", "sip:+15550100@pbx.example.com"),
        ("100", "sip:100@pbx.example.com"),
        ("(555) 0100", "tel:5550100"),
        ("+1 (0)555 0100", "sip:+15550100@pbx.example.com"),
        ("001 555 0100", "sip:+15550100@pbx.example.com"),
    ],
)
def test_a_caller_may_be_called_by_its_own_number(name: str, uri: str) -> None:
    assert not imitates(name, uri)
    assert imitates(name, uri.replace("0100", "0200").replace("sip:100", "sip:200"))


@pytest.mark.parametrize("name", ["Bob", "BOB", "В0ь", "Bοb"])
def test_the_name_of_somebody_who_has_another_address(name: str) -> None:
    assert imitates(name, URI, ["Alice", "Bob"])
    assert not imitates(name, URI, ["Alice"])


@given(HOSTILE)
def test_what_looks_like_something_looks_like_itself(text: str) -> None:
    assert looks(looks(text)) == looks(text)


def test_a_name_that_imitates_is_quoted_and_has_its_address_beside_it() -> None:
    assert who(Party(URI, "+1 555 0100", True)) == "“+1 555 0100” (mallory@evil.example)"
    assert who(Party("", "LOCK", True)) == "“LOCK” (unknown)"
    assert who(Party(URI, "+1 555 0100")) == "+1 555 0100"


def test_no_name_ends_its_own_quotes() -> None:
    assert quoted('a" (b@c) “d” „e') == "“a' (b@c) 'd' 'e”"
