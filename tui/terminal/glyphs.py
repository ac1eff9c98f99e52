"""The symbols that the screen draws, in three sets, and which set a terminal gets.

Each set tells everything by shape, so that it holds without colour. The sign of
a lock is a word of one length: in brackets, or behind a picture where the
terminal draws it well. Arrows show which way a call went. Symbols of state
stand beside their word.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.widgets import Checkbox

from voip.protection import Sign
from voip.protocol import settings

SIGN_CELLS: Final = 8
"""The width of each sign of a lock."""

FLOOR_DB = -48.0
"""Silence on a meter, in decibels below full scale."""


@dataclass(frozen=True)
class Glyphs:
    """One set. Every symbol has a fixed width; `meter_steps` and `spark_steps`
    are single cells in rising order, and `meter_track` is a cell that is empty.

    `folds_text` is for terminals that no other character than ASCII can be
    sent to: names, too, are folded to it (by `tui.terminal.filters`).
    """

    name: str
    signs: Mapping[Sign, str]
    incoming: str
    outgoing: str
    missed: str
    registered: str
    registering: str
    failed: str
    offline: str
    dot: str
    ellipsis: str
    meter_steps: str
    meter_track: str
    spark_steps: str
    muted: str
    recording: str
    playing: str
    held: str
    ended: str
    prompt: str
    cursor: str
    enter: str
    up: str
    down: str
    on: str
    off: str
    check_ok: str
    check_failed: str
    check_skipped: str
    mail: str
    folds_text: bool = False

    def sign(self, of: Sign | None) -> str:
        """The sign of a lock, as many blanks for a call that never had a voice."""
        return " " * SIGN_CELLS if of is None else self.signs[of]


def meter(level: float, width: int, glyphs: Glyphs) -> str:
    """A sound level as a bar of `width` cells.

    `level` is linear, 0.0 to 1.0, and is shown in decibels from -48 to 0 in as
    many steps as there are symbols, whatever the width: a bar that moves
    seldom costs little over a slow line. What is no number is silence.
    """
    steps = len(glyphs.meter_steps)
    full, part = divmod(_step(level, steps) * width, steps)
    bar = glyphs.meter_steps[-1] * full + (glyphs.meter_steps[part - 1] if part else "")
    return bar.ljust(width, glyphs.meter_track)


def _step(level: float, steps: int) -> int:
    if not level > 0:  # no number is as silent as zero
        return 0
    decibels = 20 * math.log10(min(level, 1.0))
    return max(0, math.ceil((decibels - FLOOR_DB) / -FLOOR_DB * steps))


def spark(values: Sequence[float | None], low: float, high: float, glyphs: Glyphs) -> str:
    """One cell for each value from `low` to `high` (greater); a gap for None.

    Values outside are drawn as the nearest end.
    """
    return "".join(_point(value, low, high, glyphs.spark_steps) for value in values)


def _point(value: float | None, low: float, high: float, steps: str) -> str:
    if value is None or math.isnan(value):
        return " "
    share = (min(max(value, low), high) - low) / (high - low)
    return steps[min(int(share * len(steps)), len(steps) - 1)]


_IN_WORDS: Final = {sign: sign.bracketed for sign in Sign}

_PICTURES: Final = {
    Sign.SERVER: "🔒",
    Sign.SEALED: "🔐",
    Sign.WAIT: "⏳",
    Sign.UNSAFE: "🔓",
    Sign.VERIFY: "❗",
}

_IN_PICTURES: Final = {sign: f"{_PICTURES[sign]}{sign.word}" for sign in Sign}

UNICODE = Glyphs(
    name="unicode",
    signs=_IN_WORDS,
    incoming="←",
    outgoing="→",
    missed="↚",
    registered="●",
    registering="◐",
    failed="✗",
    offline="○",
    dot="·",
    ellipsis="…",
    meter_steps="▏▎▍▌▋▊▉█",
    meter_track="·",
    spark_steps="▁▂▃▄▅▆▇█",
    muted="⊘",
    recording="◉",
    playing="♪",
    held="‖",
    ended="×",
    prompt="›",
    cursor="▸",
    enter="⏎",
    up="↑",
    down="↓",
    on="[✓]",
    off="[ ]",
    check_ok="✓",
    check_failed="✗",
    check_skipped="–",
    mail="⊠",
)

EMOJI = replace(
    UNICODE,
    name="emoji",
    signs=_IN_PICTURES,
    muted="🔇",
    recording="🔴",
    playing="🎵",
    held="✋",
    check_ok="✅",
    check_failed="❌",
    check_skipped="➖",
    mail="📨",
)

ASCII = Glyphs(
    name="ascii",
    signs=_IN_WORDS,
    incoming="<-",
    outgoing="->",
    missed="<x",
    registered="*",
    registering="~",
    failed="!",
    offline="-",
    dot="-",
    ellipsis="...",
    meter_steps=".:|#",
    meter_track="-",
    spark_steps=".:|#",
    muted="x",
    recording="o",
    playing="~",
    held="=",
    ended="x",
    prompt=">",
    cursor=">",
    enter="Enter",
    up="^",
    down="v",
    on="[x]",
    off="[ ]",
    check_ok="ok  ",
    check_failed="FAIL",
    check_skipped="skip",
    mail="@",
)

_ASCII_ALONE = replace(ASCII, folds_text=True)

_SETS = {found.name: found for found in (UNICODE, EMOJI, ASCII)}


def choose(setting: settings.Glyphs, lock: settings.LockSign, environ: Mapping[str, str]) -> Glyphs:
    """The set that `setting` names; for `auto`, the one that the terminal can show.

    `auto` never takes emoji: terminals disagree about how wide they are. `lock`
    is how the sign of a lock is drawn; ASCII has no pictures.
    """
    if setting == "auto":
        setting = "ascii" if is_plain(environ) or not speaks_utf8(environ) else "unicode"
    if setting == "ascii":
        return ASCII if speaks_utf8(environ) else _ASCII_ALONE
    found = _SETS[setting]
    if lock == "auto":
        lock = "pictures" if setting == "emoji" or draws_padlocks(environ) else "words"
    return replace(found, signs=_IN_PICTURES if lock == "pictures" else _IN_WORDS)


_DRAW_PADLOCKS: Final = frozenset(("apple_terminal", "iterm.app", "wezterm", "ghostty"))


def draws_padlocks(environ: Mapping[str, str]) -> bool:
    """True if the terminal is known to draw a padlock, two cells wide.

    Those bring a font with it, or run where the system has one. Behind tmux or
    screen another terminal may be attached at any time.
    """
    if environ.get("TMUX") or environ.get("STY"):
        return False
    return (
        environ.get("TERM") == "xterm-ghostty"
        or environ.get("TERM_PROGRAM", "").lower() in _DRAW_PADLOCKS
        or bool(environ.get("WT_SESSION"))
    )


def is_plain(environ: Mapping[str, str]) -> bool:
    """True if TERM is a console with a small font, or no screen to speak of."""
    terminal = environ.get("TERM", "")
    return terminal in ("", "dumb", "linux") or terminal.startswith("vt")


def speaks_utf8(environ: Mapping[str, str]) -> bool:
    """True if the locale of the terminal is UTF-8 (POSIX: LC_ALL, LC_CTYPE, LANG)."""
    chosen = environ.get("LC_ALL")
    if not chosen:
        ctype, lang = environ.get("LC_CTYPE", ""), environ.get("LANG", "")
        # A Python in the C locale sets LC_CTYPE for itself (PEP 538), which
        # says nothing of the terminal.
        coerced = ctype in ("C.UTF-8", "C.utf8") and lang in ("", "C", "POSIX")
        chosen = lang if coerced or not ctype else ctype
    return chosen.partition("@")[0].lower().replace("-", "").endswith("utf8")


class AsciiScrollBarRender(ScrollBarRender):
    """A scroll bar of whole cells: its thumb is told by reverse video alone."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


_TOGGLE = (Checkbox.BUTTON_LEFT, Checkbox.BUTTON_RIGHT)


def install(glyphs: Glyphs) -> None:
    """Make Textual's widgets draw with `glyphs` where they let us, or as they do by nature.

    For the whole process; what is on a screen is drawn anew when it is
    refreshed. `tui.terminal.filters` sees to what has no such setting.
    """
    ascii_ = glyphs.name == "ascii"
    ScrollBar.renderer = AsciiScrollBarRender if ascii_ else ScrollBarRender
    Checkbox.BUTTON_LEFT, Checkbox.BUTTON_RIGHT = ("[", "]") if ascii_ else _TOGGLE
