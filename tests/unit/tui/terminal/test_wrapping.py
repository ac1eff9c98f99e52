"""Breaking text into lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.terminal.text import Part
from tui.terminal.wrapping import Paragraph, paragraph, wrap

_TEXT = st.text(alphabet="ab é日🔒  ", max_size=60)
_PARTS = st.lists(_TEXT, max_size=4)


def texts(text: Paragraph, width: int) -> list[str]:
    return ["".join(part.text for part in line.left) for line in wrap(text, width)]


def test_lines_end_between_words() -> None:
    assert texts(paragraph("one two three"), 8) == ["one two", "three"]


def test_lines_after_the_first_hang() -> None:
    assert texts(paragraph("  one two three", hang=2), 9) == ["  one two", "  three"]


def test_a_word_that_fits_no_line_ends_anywhere() -> None:
    assert texts(paragraph("a 0123456789"), 4) == ["a", "0123", "4567", "89"]


def test_a_character_of_two_cells_is_never_cut() -> None:
    assert texts(paragraph("日日日"), 5) == ["日日", "日"]


def test_no_text_is_an_empty_line() -> None:
    assert texts(paragraph(), 10) == [""]


def test_roles_stay_with_their_text() -> None:
    broken = wrap(paragraph("one ", Part("two three", "error")), 7)
    assert [list(line.left) for line in broken] == [
        [Part("one "), Part("two", "error")],
        [Part("three", "error")],
    ]


@given(pieces=_PARTS, width=st.integers(2, 30), hang=st.integers(0, 40))
def test_no_line_is_too_wide_and_no_word_is_lost(pieces: list[str], width: int, hang: int) -> None:
    lines = texts(paragraph(*pieces, hang=hang), width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(pieces).replace(" ", "")
