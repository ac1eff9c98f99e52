"""Real-time text as it is cleaned where it enters the engine."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.engine.calls.text.typed_text import TypedText
from voip.security.text import MAX_MARKS, acts, imitates_sign
from voip.texts import ERASE, LOST, NEW_LINE

_ACCENT = "\N{COMBINING ACUTE ACCENT}"


@pytest.mark.parametrize(
    ("came", "shown"),
    [
        pytest.param("Hello", "Hello", id="text"),
        pytest.param("añ€😀", "añ€😀", id="characters of several bytes"),
        pytest.param(" a  b ", " a  b ", id="spaces as they are"),
        pytest.param("a\tb\u00a0c", "a b c", id="other spaces"),
        pytest.param("a\u2028b\u2029c\rd\ne\r\nf", "a\nb\nc\nd\ne\nf", id="ends of lines"),
        pytest.param("ab\b", "ab\b", id="erased"),
        pytest.param("a\x07\ufeffb", "ab", id="a bell, and a mark of the byte order"),
        pytest.param("a\x1b[31mb\x00\x7f", "a[31mb", id="control characters"),
        pytest.param("a\x9b1;31mb", "ab", id="colours of T.140"),
        pytest.param("a\x9bXb", "aXb", id="no colour after all"),
        pytest.param("a\u202eb\u2066c\u200fd", "abcd", id="direction"),
        pytest.param("a🔒b✔", "a?b?", id="signs of the phone"),
        pytest.param("a\ue000\U000e0041b", "ab", id="characters without a meaning"),
        pytest.param(f"a{LOST}{LOST}b{LOST}", f"a{LOST}b{LOST}", id="lost"),
        pytest.param("e" + _ACCENT * 9, "e" + _ACCENT * MAX_MARKS, id="a heap of accents"),
    ],
)
def test_text_is_made_safe(came: str, shown: str) -> None:
    assert TypedText().read(came.encode()) == shown


def test_bytes_that_are_no_text_count_as_lost() -> None:
    assert TypedText().read(b"a\xff\xfeb\xc3") == f"a{LOST}b"


def test_marks_are_counted_over_pieces() -> None:
    text = TypedText()
    read = [text.read(_ACCENT.encode()) for _ in range(MAX_MARKS + 3)]
    assert "".join(read) == _ACCENT * MAX_MARKS


@given(st.binary(max_size=60), st.data())
def test_pieces_may_be_cut_anywhere(data: bytes, draw: st.DataObject) -> None:
    place = draw.draw(st.integers(0, len(data)))
    cut = TypedText()
    assert cut.read(data[:place]) + cut.read(data[place:]) == TypedText().read(data)


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_nothing_that_acts_is_left(came: str) -> None:
    read = TypedText().read(came.encode("utf-8", "surrogatepass"))
    for char in read:
        assert char in (NEW_LINE, ERASE) or not (acts(char) or imitates_sign(char))
        assert unicodedata.category(char) not in ("Zl", "Zp")
