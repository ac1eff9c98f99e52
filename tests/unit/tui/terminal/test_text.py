from __future__ import annotations

from typing import get_args

from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tests.support.screen.texts import texts
from tui.terminal.text import Line, Part, Role, cells_of, cut, fit, line
from tui.widgets.lines import changed

ELLIPSES = ["…", "..."]
FAMILY = "👨\N{ZERO WIDTH JOINER}👩\N{ZERO WIDTH JOINER}👧"
HEART = "❤\N{VARIATION SELECTOR-16}"
RED, BLUE = Style(color="red"), Style(color="blue")

parts = st.builds(Part, texts, st.sampled_from(get_args(Role)), st.sampled_from([None, "call.end"]))
sides = st.lists(parts, max_size=4).map(tuple)
lines = st.builds(Line, sides, sides)
segments = st.builds(
    lambda text, style: Segment(text[:40], style), texts, st.sampled_from([None, RED, BLUE])
)
strips = st.lists(segments, max_size=4).map(Strip)


def width_of(cut_parts: list[Part]) -> int:
    return sum(cell_len(part.text) for part in cut_parts)


def text_of(cut_parts: list[Part]) -> str:
    return "".join(part.text for part in cut_parts)


# fit


@given(drawn=lines, width=st.integers(0, 130), ellipsis=st.sampled_from(ELLIPSES))
@example(drawn=line("好" * 40, right=("右",)), width=9, ellipsis="…")
@example(drawn=line(FAMILY * 9), width=7, ellipsis="...")
@example(drawn=line(HEART * 9), width=8, ellipsis="…")
@example(drawn=line("\N{COMBINING ACUTE ACCENT}" * 256, "x"), width=3, ellipsis="…")
@example(drawn=line("W" * 256, right=("x" * 256,)), width=80, ellipsis="…")
def test_a_line_fills_its_width_whatever_is_in_it(drawn: Line, width: int, ellipsis: str) -> None:
    assert width_of(fit(drawn, width, ellipsis)) == width


@given(drawn=lines, width=st.integers(0, 130), ellipsis=st.sampled_from(ELLIPSES))
def test_the_right_side_is_whole_or_not_there(drawn: Line, width: int, ellipsis: str) -> None:
    cut_parts = fit(drawn, width, ellipsis)
    tail = tuple(cut_parts[len(cut_parts) - len(drawn.right) :])
    if tail == drawn.right:
        return
    assert width_of(list(drawn.right)) > width * 2 // 3
    assert width_of([*drawn.left, *drawn.right]) + 1 > width


@given(left=sides, width=st.integers(0, 130), ellipsis=st.sampled_from(ELLIPSES))
def test_what_fits_is_not_cut(left: tuple[Part, ...], width: int, ellipsis: str) -> None:
    whole = width_of(list(left))
    cut_parts = cut(left, width, ellipsis)
    if whole <= width:
        assert cut_parts == list(left)
    else:
        assert width_of(cut_parts) <= width
        assert width < cell_len(ellipsis) or cut_parts[-1].text == ellipsis


def test_both_sides_stand_at_their_ends() -> None:
    assert text_of(fit(line("left", right=("right",)), 12, "…")) == "left   right"
    assert text_of(fit(line("left", right=("right",)), 10, "…")) == "left right"


def test_the_left_side_gives_way() -> None:
    assert text_of(fit(line("Front desk", right=("04:12",)), 12, "…")) == "Front… 04:12"
    assert text_of(fit(line("Front desk", right=("04:12",)), 12, "...")) == "Fro... 04:12"


def test_a_right_side_that_would_push_all_else_away_is_dropped() -> None:
    assert text_of(fit(line("Front desk", right=("a long reason",)), 16, "…")) == (
        "Front desk      "
    )


def test_a_right_side_of_nothing_takes_no_room() -> None:
    assert text_of(fit(line("four", right=("",)), 4, "…")) == "four"


def test_a_wide_character_is_never_halved() -> None:
    assert text_of(fit(line("好好好"), 4, "…")) == "好… "
    assert text_of(fit(line("好好好"), 5, "…")) == "好好…"


def test_roles_and_clicks_stay_with_their_text() -> None:
    drawn = Line((Part("e", "accent", "call.end"), Part(" end", "muted", "call.end")))
    assert fit(drawn, 8, "…")[:2] == list(drawn.left)
    assert fit(drawn, 4, "…") == [
        Part("e", "accent", "call.end"), Part(" e", "muted", "call.end"), Part("…", "muted")
    ]  # fmt: skip


# cells_of


@given(strip=strips)
@example(strip=Strip([Segment(HEART), Segment("\N{VARIATION SELECTOR-16}x")]))
@example(strip=Strip([Segment("\N{ZERO WIDTH JOINER}xy")]))
@example(strip=Strip([Segment(FAMILY + "x")]))
@example(strip=Strip([Segment("好\N{COMBINING ACUTE ACCENT}x")]))
def test_a_strip_has_as_many_cells_as_it_is_wide(strip: Strip) -> None:
    cells = cells_of(strip)
    assert len(cells) == strip.cell_length
    # Nothing is lost but zero-width characters before the first cell.
    assert strip.text.endswith("".join(text for text, _ in cells))
    assert not cells or cells[0][0] != ""


@given(segment=segments)
def test_every_character_stands_where_the_terminal_draws_it(segment: Segment) -> None:
    cells = cells_of(Strip([segment]))
    skipped = len(segment.text) - sum(len(text) for text, _ in cells)
    for x, (text, _) in enumerate(cells):
        if text:
            before = skipped + sum(len(earlier) for earlier, _ in cells[:x])
            assert cell_len(segment.text[:before]) == x


def test_marks_joiners_and_selectors_go_with_their_character() -> None:
    strip = Strip([Segment(f"a\N{COMBINING ACUTE ACCENT}好{HEART}{FAMILY}z", RED)])
    assert [text for text, _ in cells_of(strip)] == [
        "a\N{COMBINING ACUTE ACCENT}", "好", "", HEART, "", FAMILY, "", "z"
    ]  # fmt: skip


def test_a_cell_has_the_style_of_its_character() -> None:
    strip = Strip([Segment("a好", RED), Segment("\N{COMBINING ACUTE ACCENT}b", BLUE)])
    assert cells_of(strip) == [
        ("a", RED), ("好\N{COMBINING ACUTE ACCENT}", RED), ("", RED), ("b", BLUE)
    ]  # fmt: skip


# changed


def of_width(strip: Strip, width: int) -> Strip:
    return strip.adjust_cell_length(width)


@given(old=strips, new=strips)
def test_the_span_covers_every_cell_that_differs_and_cuts_none(old: Strip, new: Strip) -> None:
    width = max(old.cell_length, new.cell_length)
    before, after = of_width(old, width), of_width(new, width)
    span = changed(before, after)
    was, now = cells_of(before), cells_of(after)
    differ = [x for x in range(width) if was[x] != now[x]]
    if span is None:
        assert not differ
        return
    start, end = span
    assert 0 <= start < end <= width
    assert all(start <= x < end for x in differ)
    for cells in (was, now):
        assert cells[start][0] != ""
        assert end == width or cells[end][0] != ""


@given(strip=strips)
def test_nothing_is_sent_for_what_stayed(strip: Strip) -> None:
    again = Strip([Segment(s.text, s.style) for s in strip])
    assert changed(strip, again) is None


@given(strip=strips)
def test_nothing_is_sent_for_another_division_into_pieces(strip: Strip) -> None:
    pieces = [
        Segment(char, style)
        for text, style, _ in strip
        for char in ([*text] if text.isascii() else [text])
    ]
    assert changed(strip, Strip(pieces)) is None


def test_only_what_differs_is_sent() -> None:
    before = Strip([Segment("work   04:12")])
    after = Strip([Segment("work   04:13")])
    assert changed(before, after) == (11, 12)
    assert changed(before, Strip([Segment("work", RED), Segment("   04:12")])) == (0, 4)


def test_a_wide_character_is_sent_with_both_its_cells() -> None:
    assert changed(Strip([Segment("a好c")]), Strip([Segment("abbc")])) == (1, 3)
    assert changed(Strip([Segment("a好c")]), Strip([Segment("a字c")])) == (1, 3)
    assert changed(Strip([Segment("a好c")]), Strip([Segment("abc ")])) == (1, 4)
    # One begins where another ends: both are replaced.
    assert changed(Strip([Segment("好x好")]), Strip([Segment("好好x")])) == (2, 5)
    assert changed(Strip([Segment("x好y")]), Strip([Segment("好yy")])) == (0, 3)


def test_what_is_behind_a_picture_is_found_where_it_stands() -> None:
    before = Strip([Segment(f"{HEART} 04:12")])
    after = Strip([Segment(f"{HEART} 04:13")])
    assert changed(before, after) == (7, 8)


def test_a_line_of_another_width_is_sent_whole() -> None:
    assert changed(Strip([Segment("abc")]), Strip([Segment("abcd")])) == (0, 4)


def test_another_click_is_another_cell() -> None:
    before = Strip([Segment("e end", Style.from_meta({"@click": "app.do('call.end')"}))])
    after = Strip([Segment("e end", Style.from_meta({"@click": "app.do('phone.help')"}))])
    assert changed(before, after) == (0, 5)
