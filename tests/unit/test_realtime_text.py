"""Lines of a call's real-time text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.texts import (
    ERASE,
    LONGEST_LINE,
    MOST_CHARACTERS,
    MOST_LINES,
    NEW_LINE,
    TypedLine,
    TypedLines,
    with_typed,
)

_AT = "2026-01-01T00:00:00Z"
_E = "e\N{COMBINING ACUTE ACCENT}"


def _typed(*pieces: tuple[bool, str]) -> list[tuple[bool, str]]:
    lines: TypedLines = ()
    for ours, text in pieces:
        lines = with_typed(lines, ours, text, _AT)
    return [(line.ours, line.text) for line in lines]


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        pytest.param([(True, "Hi")], [(True, "Hi")], id="a line that grows"),
        pytest.param([(True, "a\nb")], [(True, "a"), (True, "b")], id="two lines"),
        pytest.param([(True, "ab\b\bc")], [(True, "c")], id="erased"),
        pytest.param([(True, "a\b\b\bb")], [(True, "b")], id="more erased than there is"),
        pytest.param([(True, "a\n\bb")], [(True, "ab")], id="an erased end of a line"),
        pytest.param([(True, "a\nb\b\bc")], [(True, "ac")], id="erased up to the line before"),
        pytest.param([(True, f"a{_E}\b")], [(True, "a")], id="a letter with its accent"),
        pytest.param([(False, "a"), (True, "b\b\b")], [(False, "a")], id="not the other's"),
        pytest.param(
            [(False, "Hel"), (True, "Y"), (False, "lo"), (True, "es")],
            [(False, "Hello"), (True, "Yes")],
            id="both at once",
        ),
        pytest.param(
            [(False, "Who?"), (True, "I.\n"), (False, " Oh")],
            [(False, "Who?"), (True, "I."), (False, " Oh")],
            id="an answer to who never ends a line",
        ),
        pytest.param(
            [(False, "ab"), (True, "c\n"), (False, "d\b\b")],
            [(False, "a"), (True, "c")],
            id="erased above the answer",
        ),
    ],
)
def test_lines_are_as_both_sides_typed_them(
    pieces: list[tuple[bool, str]], shown: list[tuple[bool, str]]
) -> None:
    assert _typed(*pieces) == shown


def test_a_long_line_goes_on_in_the_next() -> None:
    lines = with_typed((), True, "x" * (LONGEST_LINE + 1), _AT)
    assert [len(line.text) for line in lines] == [LONGEST_LINE, 1]


def test_the_newest_lines_are_kept() -> None:
    many = "".join(f"{number}\n" for number in range(MOST_LINES + 5))
    lines = with_typed((), False, many, _AT)
    assert lines[0] == TypedLine(ours=False, text="5", time=_AT, ended=True)
    assert len(lines) == MOST_LINES
    long = with_typed((), False, ("y" * 400 + "\n") * 50, _AT)
    assert sum(len(line.text) for line in long) <= MOST_CHARACTERS


_text = st.text(st.sampled_from(["a", _E[-1], ERASE, NEW_LINE]), max_size=30)


@given(st.lists(st.tuples(st.booleans(), _text), max_size=8))
def test_pieces_may_be_cut_anywhere(pieces: list[tuple[bool, str]]) -> None:
    whole = cut = TypedLines()
    for ours, text in pieces:
        whole = with_typed(whole, ours, text, _AT)
        for char in text:
            cut = with_typed(cut, ours, char, _AT)
    assert whole == cut


@given(st.text(st.sampled_from(["a", "b", NEW_LINE]), max_size=40))
def test_everything_can_be_erased(text: str) -> None:
    lines = with_typed((), True, text, _AT)
    assert with_typed(lines, True, ERASE * len(text), _AT) == ()
