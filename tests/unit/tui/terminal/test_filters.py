"""Terminal output, in each theme and with each set of symbols."""

from __future__ import annotations

import ast
import asyncio
import fcntl
import itertools
import os
import pty
import re
import struct
import sys
import termios
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import Color, ColorSystem, ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as Background
from textual.filter import LineFilter
from textual.pilot import Pilot
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip
from textual.widgets import Checkbox, Select

from tests.support.screen.sampler import PHASE, ROLES, SIZE, Sampler, segments
from tui.terminal import glyphs as symbols
from tui.terminal.filters import ALL_ASCII, DRAWN_ASCII, filters
from tui.themes import choice as themes

ROOT = Path(__file__).parents[4]
BLACK = Background(0, 0, 0)
SIXTEEN = {*range(30, 38), *range(90, 98), *range(40, 48), *range(100, 108), 39, 49}
STYLES = {0, 1, 2, 4, 7}
MIXED = {38, 48}
# Each kind of theme after each other kind, and after one of the same kind.
CHANGES = {
    "dark": ("plain", "dark"),
    "plain": ("ansi16",),
    "ansi16": ("light",),
    "light": ("high-contrast",),
    "high-contrast": (),
}

Look = list[tuple[str, str]]


@pytest.fixture(autouse=True)
def _own_symbols() -> Iterator[None]:
    yield
    symbols.install(symbols.UNICODE)


async def _look(pilot: Pilot[None]) -> Look:
    """Return each piece of drawn text with its style."""
    await pilot.pause()
    await pilot.pause()
    return [
        (segment.text, Strip.render_ansi(segment.style or Style(), ColorSystem.TRUECOLOR))
        for segment in segments(pilot.app)
    ]


def _text(look: Look) -> str:
    return "".join(text for text, _ in look)


async def test_in_ascii_no_widget_draws_anything_else() -> None:
    app = Sampler("plain")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        look = await _look(pilot)
        assert "a notice" in _text(look)
        app.query_one(Select).expanded = True
        opened = await _look(pilot)
        assert opened != look
        await app.open_palette()
        await pilot.press("q")
        palette = await _look(pilot)
        assert "uit" in _text(palette)
    for drawn in (look, opened, palette):
        assert {char for char in _text(drawn) if not char.isascii()} == set()


async def test_elsewhere_textual_draws_as_it_does() -> None:
    app = Sampler("dark")
    async with app.run_test(size=SIZE) as pilot:
        drawn = set(_text(await _look(pilot)))
    assert set("▊▔╭▼▐") <= drawn


async def test_symbols_can_be_changed_back() -> None:
    symbols.install(symbols.ASCII)
    assert ScrollBar.renderer is symbols.AsciiScrollBarRender
    assert Checkbox.BUTTON_LEFT == "["
    symbols.install(symbols.UNICODE)
    assert ScrollBar.renderer is ScrollBarRender
    assert Checkbox.BUTTON_LEFT == "▐"


def test_an_ascii_scroll_bar_shows_its_thumb_by_reverse_video() -> None:
    bar = list(symbols.AsciiScrollBarRender.render_bar(8, 97, 31, 37).segments)
    assert {segment.text for segment in bar} == {" "}
    reversed_ = [bool(segment.style and segment.style.reverse) for segment in bar]
    assert True in reversed_
    assert False in reversed_


async def test_switching_live_looks_as_if_it_had_always_been_so() -> None:
    always: dict[str, Look] = {}
    switched: list[tuple[str, str, Look]] = []
    for first, followers in CHANGES.items():
        app = Sampler(first)
        async with app.run_test(size=SIZE) as pilot:
            always[first] = await _look(pilot)
            for second in followers:
                app.wear(second)
                switched.append((first, second, await _look(pilot)))
                app.wear(first)
                switched.append((second, first, await _look(pilot)))
    wrong = [(first, second) for first, second, look in switched if look != always[second]]
    assert wrong == []
    pairs = itertools.combinations(always, 2)
    same = [(one, other) for one, other in pairs if always[one] == always[other]]
    assert same == []


async def test_a_theme_that_was_read_again_is_taken_at_once() -> None:
    app = Sampler("light")
    async with app.run_test(size=SIZE) as pilot:
        expected = await _look(pilot)
    app = Sampler("dark")
    async with app.run_test(size=SIZE) as pilot:
        assert await _look(pilot) != expected
        app.register_theme(replace(app.phone_themes.themes["light"], name="dark"))
        app.wear("dark")
        assert await _look(pilot) == expected


@pytest.mark.parametrize("first", [first for first, followers in CHANGES.items() if followers])
async def test_no_color_holds_in_every_theme_whatever_came_first(
    monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Sampler(first)
    async with app.run_test(size=SIZE) as pilot:
        for theme in (first, *CHANGES[first], first):
            app.wear(theme)
            await pilot.pause()
            await pilot.pause()
            colors = _colors(segments(app))
            assert colors
            if theme in ("ansi16", "plain"):
                assert all(color.is_default for color in colors)
            else:
                # Textual's own way: greys of the theme's colours.
                greys = [color.triplet for color in colors if color.triplet is not None]
                assert greys
                assert all(len(set(grey)) == 1 for grey in greys)


def _colors(drawn: Iterable[Segment]) -> set[Color]:
    styles = [segment.style for segment in drawn if segment.style]
    both = {style.color for style in styles} | {style.bgcolor for style in styles}
    return {color for color in both if color is not None}


async def test_without_colour_roles_differ_in_style() -> None:
    app = Sampler("plain")
    async with app.run_test(size=SIZE) as pilot:
        styles = {
            segment.text.strip(): segment.style
            for segment in segments(app)
            if segment.text.strip() in (*ROLES, "chosen") and segment.style
        }
        await pilot.pause()
    assert styles["muted"].dim
    assert styles["error"].bold
    assert styles["secure"].bold
    assert styles["insecure"].underline
    assert not styles["insecure"].bold
    assert styles["chosen"].reverse
    assert not styles["error"].reverse


@pytest.mark.parametrize("name", ["ansi16", "plain"])
def test_a_colour_of_a_style_sheets_own_is_not_sent(name: str) -> None:
    theme = themes.load_all(None).themes[name]
    drawn = [
        Segment("x", Style.parse("#ff8000 on #101010")),
        Segment("y", Style(color="color(99)")),
    ]
    for line_filter in filters([], theme, symbols.UNICODE):
        drawn = line_filter.apply(drawn, BLACK)
    colors = _colors(drawn)
    if name == "plain":
        assert all(color.is_default for color in colors)
    else:
        assert {color.type for color in colors} == {ColorType.STANDARD}


@given(st.text(max_size=60))
def test_folding_everything_leaves_ascii_of_the_same_width(text: str) -> None:
    (folded,) = ALL_ASCII.apply([Segment(text)], BLACK)
    assert folded.text.isascii()
    assert cell_len(folded.text) == cell_len(text)


@given(st.text(max_size=60))
def test_folding_what_is_drawn_keeps_the_width(text: str) -> None:
    (folded,) = DRAWN_ASCII.apply([Segment(text)], BLACK)
    assert cell_len(folded.text) == cell_len(text)


@pytest.mark.parametrize(
    ("which", "text", "folded"),
    [
        (DRAWN_ASCII, "╭─ Zoë ─╮", "+- Zoë -+"),
        (ALL_ASCII, "╭─ Zoë ─╮", "+- Zoe -+"),
        (ALL_ASCII, "Ægir", "?gir"),
        (ALL_ASCII, "田中", "????"),
        # In an 8-bit terminal 0x9b begins a sequence (ě is C4 9B).
        (ALL_ASCII, "ě[2J", "e[2J"),
        (DRAWN_ASCII, "“say” – it’s…", '"say" - it\'s.'),
    ],
)
def test_what_stands_for_what(which: LineFilter, text: str, folded: str) -> None:
    assert which.apply([Segment(text)], BLACK)[0].text == folded


_HOLD_CHARACTERS_OF_OTHERS = {
    "tui/calls/dial.py", "tui/terminal/glyphs.py", "tui/terminal/text.py", "voip/security/text.py",
    "voip/security/imitation.py", "voip/sip/numbers.py", "voip/worker/link.py",
    "voip/engine/calls/text/realtime.py", "voip/engine/calls/text/typed_text.py",
    "voip/worker/calls/text.py",
}  # fmt: skip
"""Sources that search for these characters, or have an ASCII set too."""


def test_all_that_our_own_sentences_are_written_with_has_a_substitute() -> None:
    sources = {
        str(path.relative_to(ROOT)): path
        for top in ("tui", "voip")
        for path in (ROOT / top).rglob("*.py")
    }
    assert sources.keys() >= _HOLD_CHARACTERS_OF_OTHERS
    left: dict[str, list[str]] = {}
    for name in sources.keys() - _HOLD_CHARACTERS_OF_OTHERS:
        for text in _strings(sources[name]):
            (folded,) = DRAWN_ASCII.apply([Segment(text)], BLACK)
            if not folded.text.isascii():
                left.setdefault(name, []).append(text)
    assert left == {}


def _strings(source: Path) -> Iterator[str]:
    """Return the strings that a module uses: no docstrings."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def test_an_edge_that_was_half_a_cell_is_not_shown_in_reverse() -> None:
    inner_half = Style(color="green", bgcolor="blue", reverse=True)
    thumb = Style(color="green", reverse=True)
    edge, other = DRAWN_ASCII.apply([Segment("▊", inner_half), Segment("▊ x", thumb)], BLACK)
    assert edge == Segment("|", Style(color="blue", bgcolor="green", reverse=False))
    assert other == Segment("| x", thumb)


async def _sent(environ: Mapping[str, str], *names: str) -> list[str]:
    """Return the sampler's terminal output, in one theme after another."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.screen.sampler", *names,
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": ".", **environ},
    )  # fmt: skip
    os.close(theirs)
    data = await asyncio.to_thread(_read_all, ours)
    assert await process.wait() == 0, data[-2000:].decode(errors="replace")
    return data.decode().split(PHASE)[1:-1]


def _read_all(descriptor: int) -> bytes:
    written = b""
    with os.fdopen(descriptor, "rb", buffering=0) as terminal:
        while True:
            try:
                part = terminal.read(65536)
            except OSError:  # EIO: the other end is closed
                return written
            if not part:
                return written
            written += part


def _sgr(sent: str) -> set[int]:
    """Return all parameters of “select graphic rendition” (ECMA-48 8.3.117)."""
    written: set[int] = set()
    for numbers in re.findall(r"\x1b\[([0-9;]*)m", sent):
        given_ = iter(int(number or 0) for number in numbers.split(";"))
        for number in given_:
            written.add(number)
            if number in MIXED:
                # The next numbers are the colour: 2;r;g;b or 5;n.
                for _ in range({2: 3, 5: 1}[next(given_)]):
                    next(given_)
    return written


@pytest.mark.parametrize("color", ["truecolor", ""])
async def test_a_terminal_gets_no_other_colours_than_the_theme_has(color: str) -> None:
    environ = {"TERM": "xterm-256color", "COLORTERM": color, "LANG": "C.UTF-8"}
    names = ["ansi16", "dark", "plain", "light", "ansi16", "plain"]
    phases = await _sent(environ, *names)
    assert len(phases) == len(names) - 1
    for name, sent in zip(names[1:], phases, strict=True):
        drawn = _sgr(sent)
        match name:
            case "plain":
                assert {0, 1, 7} <= drawn <= STYLES | {39, 49}
                assert sent.isascii()
            case "ansi16":
                assert {32, 39, 49} <= drawn <= STYLES | SIXTEEN
            case _:
                assert MIXED <= drawn <= STYLES | MIXED
