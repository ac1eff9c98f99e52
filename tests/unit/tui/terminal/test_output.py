"""Sending changes alone draws the same screen as sending everything."""

from __future__ import annotations

from collections.abc import Sequence

import pyte
from hypothesis import given
from hypothesis import strategies as st
from pyte.screens import Char
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

from tui.terminal.output import Changes, Shown

WIDTH, HEIGHT = 16, 4
SIZE = Size(WIDTH, HEIGHT)
STYLES = (
    Style.parse("#102030 on #405060"),
    Style.parse("#a0b0c0 on #405060"),
    Style.parse("bold #a0b0c0 on #405060"),
    Style.parse("red on default"),
    Style.parse("bold dim #a0b0c0 on #102030"),
    Style.parse("italic strike #a0b0c0 on #102030"),
    Style.parse("underline"),
    Style.parse("bold reverse on #102030"),
    Style.parse("reverse"),
    Style(),
)

Pieces = Sequence[tuple[str, Style]]
texts = st.text(alphabet="abc  ·漢é", max_size=6)
lines = st.lists(st.tuples(texts, st.sampled_from(STYLES)), max_size=5)
frames = st.lists(lines, min_size=HEIGHT, max_size=HEIGHT)


def console() -> Console:
    return Console(color_system="truecolor", force_terminal=True, width=WIDTH)


def strip(pieces: Pieces) -> Strip:
    text = [Segment(text, style) for text, style in pieces]
    return Strip(text).adjust_cell_length(WIDTH, STYLES[0])


def frame(drawn_lines: Sequence[Pieces]) -> LayoutUpdate:
    return LayoutUpdate([[strip(pieces)] for pieces in drawn_lines], Region(0, 0, WIDTH, HEIGHT))


class Terminal:
    """A terminal that draws its input (pyte)."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.Stream(self.screen)

    def feed(self, text: str) -> None:
        self._stream.feed(text)

    def cells(self) -> list[list[tuple[object, ...]]]:
        # The rest of half a wide character is blank.
        rows = [[self.screen.buffer[y][x] for x in range(WIDTH)] for y in range(HEIGHT)]
        return [[_seen(char) for char in row] for row in rows]


def _seen(char: Char) -> tuple[object, ...]:
    """Return a cell as drawn: of a plain blank only the background."""
    plain = not (char.underscore or char.reverse or char.strikethrough)
    if char.data.strip() or not plain:
        return (char.data or " ", *char[1:])
    return (" ", char.bg)


def everything(drawn_lines: Sequence[Pieces]) -> Terminal:
    """Return a terminal that got a whole frame as Textual writes it."""
    terminal = Terminal()
    terminal.feed(frame(drawn_lines).render_segments(console()))
    return terminal


@given(st.lists(frames, min_size=1, max_size=4))
def test_differences_add_up_to_the_last_frame(shown: list[list[list[tuple[str, Style]]]]) -> None:
    terminal, screen = Terminal(), Shown()
    for drawn_lines in shown:
        terminal.feed(Changes(frame(drawn_lines), screen, SIZE).render_segments(console()))
    assert terminal.cells() == everything(shown[-1]).cells()


@given(frames, lines, st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1), st.integers(1, WIDTH))
def test_a_span_changes_its_cells_alone(
    before: list[list[tuple[str, Style]]], line: list[tuple[str, Style]], y: int, x: int, width: int
) -> None:
    terminal, screen = Terminal(), Shown()
    terminal.feed(Changes(frame(before), screen, SIZE).render_segments(console()))
    end = min(WIDTH, x + width)
    # Textual sends the whole piece of the line, and reports which part changed.
    old = strip(before[y])
    fresh = Strip.join([old.crop(0, x), strip(line).crop(x, end), old.crop(end, WIDTH)])
    chops: list[dict[int, Strip | None]] = [{0: None} for _ in range(HEIGHT)]
    chops[y] = {0: fresh}
    update = ChopsUpdate(chops, [(y, x, end)], [[WIDTH]] * HEIGHT)
    terminal.feed(Changes(update, screen, SIZE).render_segments(console()))
    expected = [*before]
    expected[y] = [(s.text, s.style or Style()) for s in fresh]
    assert terminal.cells() == everything(expected).cells()


def test_what_is_there_already_is_not_sent_again() -> None:
    screen = Shown()
    drawn_lines = [[("Echo line   04:12", STYLES[0])]] * HEIGHT
    assert Changes(frame(drawn_lines), screen, SIZE).render_segments(console())
    assert Changes(frame(drawn_lines), screen, SIZE).render_segments(console()) == ""
    screen.forget()
    assert "Echo line" in Changes(frame(drawn_lines), screen, SIZE).render_segments(console())


def test_a_second_that_passes_is_a_place_a_style_and_a_digit() -> None:
    screen = Shown()
    before = [[("call     04:12  ", STYLES[0])]] * HEIGHT
    after = [*before]
    after[1] = [("call     04:13  ", STYLES[0])]
    Changes(frame(before), screen, SIZE).render_segments(console())
    sent = Changes(frame(after), screen, SIZE).render_segments(console())
    assert sent == "\x1b[2;14H\x1b[0;38;2;16;32;48;48;2;64;80;96m3\x1b[0m"


def test_of_a_blank_nothing_is_sent_that_nobody_sees() -> None:
    words = [("ab", STYLES[0]), ("  ", STYLES[1]), ("cd", STYLES[0]), ("  ", STYLES[2])]
    sent = Changes(frame([words] * HEIGHT), Shown(), SIZE).render_segments(console())
    assert sent.startswith("\x1b[1;1H\x1b[0;38;2;16;32;48;48;2;64;80;96mab  cd  ")


def test_bold_begins_and_ends_without_the_colours() -> None:
    words = [("ab", STYLES[1]), ("cd", STYLES[2]), ("ef", STYLES[1])]
    sent = Changes(frame([words] * HEIGHT), Shown(), SIZE).render_segments(console())
    assert "mab\x1b[1mcd\x1b[22mef" in sent


def test_a_character_of_doubtful_width_does_not_move_what_follows() -> None:
    drawn_lines = [[(set_cell_size("a漢b", WIDTH), STYLES[0])]] * HEIGHT
    sent = Changes(frame(drawn_lines), Shown(), SIZE).render_segments(console())
    assert cell_len("a漢") == 3
    assert "漢\x1b[1;4Hb" in sent


def test_another_size_is_another_screen() -> None:
    screen = Shown()
    drawn_lines = [[("abc", STYLES[0])]] * HEIGHT
    Changes(frame(drawn_lines), screen, SIZE).render_segments(console())
    sent = Changes(frame(drawn_lines), screen, Size(WIDTH + 2, HEIGHT)).render_segments(console())
    assert sent.count("abc") == HEIGHT


def test_without_colours_attributes_stay() -> None:
    plain = Console(color_system=None, force_terminal=True, width=WIDTH)
    drawn_lines = [[("abc", STYLES[2])]] * HEIGHT
    sent = Changes(frame(drawn_lines), Shown(), SIZE).render_segments(plain)
    assert "\x1b[0;1mabc" in sent
    assert "38;" not in sent
