from __future__ import annotations

import dataclasses
import math
import unicodedata
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich._emoji_codes import EMOJI as EMOJI_CODES
from rich.cells import cell_len

from tui.terminal.glyphs import (
    ASCII,
    EMOJI,
    SIGN_CELLS,
    UNICODE,
    Glyphs,
    choose,
    is_plain,
    meter,
    spark,
    speaks_utf8,
)
from voip.protection import Sign

SETS = [UNICODE, EMOJI, ASCII]
UTF8 = {"LANG": "en_GB.UTF-8", "TERM": "xterm-256color"}

# Characters listed as Emoji in Unicode's emoji-data.txt: a terminal may draw them two cells
# wide, whatever their width in text is.
PICTURES = {char for sequence in EMOJI_CODES.values() for char in sequence if not char.isascii()}


def symbols(glyphs: Glyphs) -> dict[str, str]:
    chosen = dataclasses.asdict(glyphs)
    return {name: text for name, text in chosen.items() if isinstance(text, str) and name != "name"}


def test_unicode_symbols_are_one_cell_a_character_and_no_pictures() -> None:
    for name, text in symbols(UNICODE).items():
        for char in text:
            assert cell_len(char) == 1, name
            assert char not in PICTURES, name
            assert unicodedata.east_asian_width(char) not in "WF", name


def test_ascii_symbols_are_printable_ascii() -> None:
    for name, text in symbols(ASCII).items():
        assert text.isascii(), name
        assert text.isprintable(), name


@pytest.mark.parametrize("glyphs", SETS, ids=lambda glyphs: glyphs.name)
def test_the_signs_of_locks_are_words_of_one_width_and_differ(glyphs: Glyphs) -> None:
    drawn = {glyphs.sign(sign) for sign in Sign}
    assert len(drawn) == len(Sign)
    assert {cell_len(text) for text in (*drawn, glyphs.sign(None))} == {SIGN_CELLS}
    assert not glyphs.sign(None).strip()
    for sign in Sign:
        assert sign.value in glyphs.sign(sign).lower()
        if glyphs is not EMOJI:
            assert glyphs.sign(sign).isascii()


@pytest.mark.parametrize(
    ("environ", "pictures"),
    [
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM_PROGRAM": "WezTerm"}, True),
        ({"TERM": "xterm-ghostty"}, True),
        ({"WT_SESSION": "1"}, True),
        ({"TERM_PROGRAM": "WezTerm", "TMUX": "/tmp/tmux-0/default,1,0"}, False),
        ({"WT_SESSION": "1", "STY": "1.tty"}, False),
        ({"TERM": "xterm-kitty"}, False),
        ({}, False),
    ],
)
def test_padlocks_are_drawn_where_the_terminal_is_known_for_it(
    environ: dict[str, str], pictures: bool
) -> None:
    chosen = choose("auto", "auto", {**UTF8, **environ})
    assert chosen.signs == (EMOJI if pictures else UNICODE).signs
    assert choose("unicode", "pictures", UTF8).signs == EMOJI.signs
    assert choose("emoji", "words", {**UTF8, **environ}).signs == UNICODE.signs
    assert choose("ascii", "pictures", {**UTF8, **environ}).signs == ASCII.signs


def test_emoji_are_two_cells_by_themselves() -> None:
    different = {
        name: text for name, text in symbols(EMOJI).items() if text != symbols(UNICODE)[name]
    }
    assert different
    for name, text in different.items():
        # One code point drawn as a picture by default: no selector needed.
        assert len(text) == 1, name
        assert cell_len(text) == 2, name
        assert unicodedata.east_asian_width(text) == "W", name


@pytest.mark.parametrize("glyphs", SETS, ids=lambda glyphs: glyphs.name)
@pytest.mark.parametrize(
    "group",
    [
        ("incoming", "outgoing", "missed"),
        ("registered", "registering", "failed", "offline"),
        ("muted", "recording", "playing", "held"),
        ("on", "off"),
        ("check_ok", "check_failed", "check_skipped"),
        ("up", "down"),
    ],
    ids=lambda group: group[0],
)
def test_what_stands_in_one_place_differs_in_shape_and_not_in_width(
    glyphs: Glyphs, group: tuple[str, ...]
) -> None:
    texts = [symbols(glyphs)[name] for name in group]
    assert len(set(texts)) == len(texts)
    assert len({cell_len(text) for text in texts}) == 1


@given(level=st.floats(), width=st.integers(0, 60), glyphs=st.sampled_from(SETS))
def test_a_meter_fills_its_width_whatever_the_level(
    level: float, width: int, glyphs: Glyphs
) -> None:
    bar = meter(level, width, glyphs)
    assert cell_len(bar) == width
    assert set(bar) <= set(glyphs.meter_steps + glyphs.meter_track)


@pytest.mark.parametrize("glyphs", SETS, ids=lambda glyphs: glyphs.name)
def test_a_meter_has_one_step_for_each_symbol(glyphs: Glyphs) -> None:
    bars = [meter(10 ** (decibels / 200), 8, glyphs) for decibels in range(-600, 1)]
    distinct = list(dict.fromkeys(bars))
    assert len(distinct) == len(glyphs.meter_steps) + 1
    assert distinct[0] == glyphs.meter_track * 8
    assert distinct[-1] == glyphs.meter_steps[-1] * 8
    # Louder never looks softer.
    assert [bars.index(bar) for bar in distinct] == sorted(bars.index(bar) for bar in distinct)


def test_a_meter_is_in_decibels() -> None:
    assert meter(0.0, 4, UNICODE) == "····"
    assert meter(10 ** (-48 / 20), 4, UNICODE) == "····"
    assert meter(10 ** (-42.1 / 20), 4, UNICODE) == "▌···"
    assert meter(10 ** (-24.1 / 20), 4, UNICODE) == "██··"
    assert meter(1.0, 4, UNICODE) == "████"
    assert meter(7.0, 4, UNICODE) == "████"
    assert meter(math.nan, 4, UNICODE) == "····"
    assert meter(10 ** (-30 / 20), 4, ASCII) == "##--"
    assert meter(10 ** (-30 / 20), 3, ASCII) == "#:-"


def test_a_spark_line_goes_from_low_to_high_with_gaps() -> None:
    assert spark([1.0, 4.4, None, 2.7, -5.0, 99.0, math.nan], 1.0, 4.5, UNICODE) == "▁█ ▄▁█ "
    assert spark([1.0, 2.0, 3.0, 4.0, None], 1.0, 4.5, ASCII) == ".:|# "


@given(st.lists(st.none() | st.floats(), max_size=80), st.sampled_from(SETS))
def test_a_spark_line_has_a_cell_for_each_value(values: list[float | None], glyphs: Glyphs) -> None:
    assert cell_len(spark(values, 1.0, 4.5, glyphs)) == len(values)


@pytest.mark.parametrize(
    ("environ", "utf8"),
    [
        ({"LANG": "en_GB.UTF-8"}, True),
        ({"LANG": "de_DE.utf8@euro"}, True),
        ({"LANG": "C.UTF-8", "LC_CTYPE": "C.UTF-8"}, True),
        ({"LANG": "C", "LC_CTYPE": "pt_BR.UTF-8"}, True),
        ({"LC_CTYPE": "UTF-8"}, True),
        ({"LANG": "C", "LC_ALL": "C.UTF-8"}, True),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "en_GB.UTF-8", "LC_CTYPE": "ru_RU.KOI8-R"}, False),
        ({"LANG": "en_GB.ISO-8859-1"}, False),
        ({"LANG": "en_GB"}, False),
        ({"LANG": ""}, False),
        ({}, False),
        # A Python started in the C locale has this in its environment.
        ({"LC_CTYPE": "C.UTF-8"}, False),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "POSIX"}, False),
    ],
)
def test_the_locale_is_read_as_posix_says(environ: dict[str, str], utf8: bool) -> None:
    assert speaks_utf8(environ) is utf8


@pytest.mark.parametrize("term", ["dumb", "linux", "vt100", "vt220", ""])
def test_a_console_gets_ascii(term: str) -> None:
    assert is_plain({"TERM": term})
    assert choose("auto", "auto", {**UTF8, "TERM": term}) is ASCII


def test_auto_takes_unicode_where_it_can_be_shown() -> None:
    assert choose("auto", "auto", UTF8) == UNICODE
    assert choose("auto", "auto", {**UTF8, "LC_ALL": "C"}).name == "ascii"


@pytest.mark.parametrize("setting", ["auto", "ascii"])
def test_where_the_locale_is_not_utf8_text_is_folded_with_the_symbols(
    setting: Literal["auto", "ascii"],
) -> None:
    assert choose(setting, "auto", {**UTF8, "LC_ALL": "C"}) == replace(ASCII, folds_text=True)


def test_what_is_asked_for_is_taken_anywhere() -> None:
    for environ in (UTF8, {"TERM": "dumb"}):
        assert choose("emoji", "auto", environ) == EMOJI
        assert choose("unicode", "auto", environ) == UNICODE
        assert choose("ascii", "auto", environ).name == "ascii"
