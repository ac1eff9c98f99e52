"""Text from the network is harmless before anybody sees it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from voip.security.text import MAX_TEXT, clean, fold

ACTING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Every character, lone surrogates too, with more of those that do harm.
HOSTILE = st.text(
    st.characters(exclude_categories=())
    | st.sampled_from("\x00\x07\x1b\x9b\x85\u202e\u2066\u200b\u2028\u2029\ufeff\u0300\u0489 \t\r\n")
)


@given(HOSTILE, st.integers(min_value=1, max_value=300))
def test_harmless_bounded_and_on_one_line(text: str, limit: int) -> None:
    result = clean(text, limit)
    assert not {unicodedata.category(char) for char in result} & ACTING
    assert len(result) <= limit
    assert "  " not in result
    assert result == result.strip()
    assert len(result.splitlines()) <= 1


@given(HOSTILE, st.integers(min_value=1, max_value=300))
def test_cleaning_twice_changes_nothing(text: str, limit: int) -> None:
    once = clean(text, limit)
    assert clean(once, limit) == once


@example("Bob  Smith ", 20)
@given(st.text(st.characters(max_codepoint=127), max_size=40), st.integers(2, 50))
def test_text_of_plain_letters_is_cleaned_and_folded_like_any(text: str, limit: int) -> None:
    # What is all ASCII takes a shorter way than what holds another letter.
    assert clean(f"é{text}", limit) == f"é{clean(f'x{text}', limit)[1:]}"
    assert fold(f"é{text}") == f"é{fold(text)}"


@given(st.text(st.sampled_from("a \u0300\u0301\u0489\u20dd"), max_size=60))
def test_no_towers(text: str) -> None:
    run = 0
    for char in clean(text):
        run = run + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        assert run <= 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Front desk", "Front desk"),
        ("  Front \t desk\r\n", "Front desk"),
        ("a\u00a0\u2003b", "a b"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("\x9b31mred", "\ufffd31mred"),
        ("\x1b]0;title\x07", "\ufffd]0;title\ufffd"),
        ("a\x00b", "a\ufffdb"),
        ("\u202eevil", "\ufffdevil"),
        ("\u2066x\u2069", "\ufffdx\ufffd"),
        ("a\u2028b\u2029c", "a\ufffdb\ufffdc"),
        ("a\x85b", "a\ufffdb"),
        ("\ud800", "\ufffd"),
        ("\ue000", "\ufffd"),
        ("\U000e0041", "\ufffd"),
        ("Zoë Ångström 张伟 שלום", "Zoë Ångström 张伟 שלום"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_examples(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize("char", ["x", "\x1b", " ", "\u0300", "\u202e", "\U0001f512", "\ud800"])
def test_four_thousand_characters(char: str) -> None:
    result = clean(char * 4000)
    assert len(result) <= MAX_TEXT
    assert result.endswith("…")


def test_cut_says_so_and_what_fits_is_whole() -> None:
    assert clean("x" * 10, 10) == "x" * 10
    assert clean("x" * 11, 10) == "x" * 9 + "…"


def test_cut_leaves_no_blank_before_the_dots() -> None:
    assert clean("abc def", 5) == "abc…"


def test_tower_is_cut_to_four_marks_and_the_next_letter_may_have_its_own() -> None:
    assert clean("a" + "\u0300" * 200 + "b\u0301") == "a" + "\u0300" * 4 + "b\u0301"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Straße", "STRASSE"), ("Zoë", "zoe\u0308"), ("Ｗｉｄｅ", "wide"), ("ΣΊΣΥΦΟΣ", "σίσυφοσ")],
)
def test_folded_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(st.text())
def test_folded_twice_is_folded(text: str) -> None:
    assert fold(fold(text)) == fold(text)
