"""Names that could be mistaken for something other than a claim."""

from __future__ import annotations

import dataclasses
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.security.test_text import HOSTILE
from tui.terminal.glyphs import ASCII, EMOJI, UNICODE
from tui.words.phrases import quoted, who
from voip.engine.intake import party
from voip.model import Party
from voip.security.imitation import imitates, inert, inert_address, looks

URI = "sip:mallory@evil.example"

# Ordinary names hold these too, and “…” ends one that was cut.
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
    caller = party(f'"{sign} Bob {sign}" <sip:b{sign}b@example.com>')
    assert caller.name == "\ufffd Bob \ufffd"
    assert caller.uri == "sip:b\ufffdb@example.com"


@given(st.lists(HOSTILE | st.sampled_from(sorted(SIGNS | set(OTHERS)))).map("".join))
def test_no_text_of_a_far_end_holds_a_sign_or_what_changes_one(text: str) -> None:
    caller = party(f'"{text}" <sip:{text}@example.com>')
    for shown in (caller.name, caller.uri, who(caller)):
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
        "(secure)", "Proven", "PROTECTED", "Please wait", "waiting", "End to end", "end-to-end",
        "E2E call", "compared", "Encrypted line", "Private", "Trusted", "s e c u r e",
        "S.E.C.U.R.E",
        "|secure|", "secuгe", "\ufffd Bob",
        "s3cure", "5ecure", "vvait", "ꜱᴇᴄᴜʀᴇ", "ѕесurе", "se\ufffdcure", "🇸🇪🇨🇺🇷🇪", "🅟🅡🅞🅥🅔🅝",
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
        URI, "Bob Waite", "Endre", "Security Office", "Awaiting Ltd", "Trustees", "Privatbank",
        "Weekend to enjoy", "Provence", "Anna S E Cure",
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
    assert imitates(name, URI, [looks("Alice"), looks("Bob")])
    assert not imitates(name, URI, [looks("Alice")])


_BRACKETS = "[]{}「」【】［］〔〕❲❳⟦⟧⁅⁆⦋⦌﹇﹈⊏⊐"
_SIGN_WORDS = st.sampled_from(["secure", "proven", " wait ", " open ", "wait", "open"])


@given(HOSTILE | st.text(st.sampled_from(_BRACKETS + ' “”"\u20de\u20dd\u3164🅂🄢🅢ab')), _SIGN_WORDS)
def test_nothing_in_a_name_reads_as_a_sign(text: str, word: str) -> None:
    for name in (
        text,
        *(f"{a}{word}{b} {text}" for a, b in zip(_BRACKETS[::2], _BRACKETS[1::2], strict=True)),
    ):
        shown = inert(name)
        assert not set(_BRACKETS) & set(shown)
        assert not {unicodedata.category(c) for c in shown} & {"Me", "Cf", "Co"}
        assert not any(sign in shown for sign in ASCII.signs.values())
        assert not set('"“”„') & set(shown)
        assert inert(shown) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("[secure] Front desk", "(secure) Front desk"),
        ("【open】", "(open)"),
        ("🅂🄴🄲🅄🅁🄴", "SECURE"),
        ("s\u20dee\u20dec", "sec"),
        ("se\u3164cure", "secure"),
        ("⏳ Bob", "\ufffd Bob"),
        ("\N{WHITE HOURGLASS} Bob", "\ufffd Bob"),
        ("\N{BLACK CROSS ON SHIELD} Bob", "\ufffd Bob"),
        ("\N{LOWER RIGHT SHADOWED WHITE SQUARE} Bob", "\ufffd Bob"),
        ("Robert “Bob” Smith", "Robert 'Bob' Smith"),
        ("Anna 🇩🇪", "Anna 🇩🇪"),
        ("Müller (Büro)", "Müller (Büro)"),
    ],
)
def test_the_harmless_form_of_a_name(name: str, shown: str) -> None:
    assert inert(name) == shown


@pytest.mark.parametrize("sign", [*ASCII.signs.values(), "[server] ", "{sealed}"])
def test_a_sign_in_a_claimed_name_is_gone_and_the_name_counts_as_an_imitation(sign: str) -> None:
    caller = party(f'"{sign} Bob" <sip:{sign.strip()}@example.com>')
    assert caller.imitates
    for shown in (caller.name, caller.uri, who(caller)):
        assert not set("[]{}") & set(shown)


@pytest.mark.parametrize(
    "uri",
    ["sip:bob@[2001:db8::1]:5061", "sip:bob@[::ffff:192.0.2.1]", "tel:+4930123", "sip:a(b)@x"],
)
def test_the_brackets_of_an_ipv6_address_stay(uri: str) -> None:
    assert inert_address(uri) == uri


@given(HOSTILE)
def test_what_looks_like_something_looks_like_itself(text: str) -> None:
    assert looks(looks(text)) == looks(text)


def test_a_name_that_imitates_is_quoted_behind_its_address() -> None:
    assert who(Party(URI, "+1 555 0100", True)) == "mallory@evil.example (“+1 555 0100”)"
    assert who(Party("", "LOCK", True)) == "unknown (“LOCK”)"
    assert who(Party(URI, "+1 555 0100")) == "“+1 555 0100” (mallory@evil.example)"


def test_no_name_ends_its_own_quotes() -> None:
    assert quoted('a" (b@c) “d” „e') == "“a' (b@c) 'd' 'e”"
