"""Symbols of the screen in three sets, and the choice of a set.

Shapes differ without colour. The sign of a lock is a word of fixed length: in
brackets, or after a picture where the terminal draws it well. Arrows show a
call's direction. Symbols of state appear beside their word.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.widgets import Checkbox

from voip.lamps import LampState
from voip.model import Direction
from voip.protection import Sign
from voip.protocol import settings

SIGN_CELLS: Final = 8
"""Width of each sign of a lock, in cells."""

FLOOR_DB = -48.0
"""Level shown as silence on a meter, in decibels below full scale."""


@dataclass(frozen=True)
class Glyphs:
    """Set of symbols, each of a fixed width.

    `meter_steps` and `spark_steps` are single cells in rising order;
    `meter_track` is an empty cell. `folds_text` is for terminals that accept only
    ASCII: names are folded too (by `tui.terminal.filters`).
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
    group: str
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
    favourite: str
    lamps: Mapping[LampState, str]
    folds_text: bool = False

    def sign(self, of: Sign | None) -> str:
        """The sign of a lock, or blanks for a call that never had media."""
        return " " * SIGN_CELLS if of is None else self.signs[of]

    def arrow(self, direction: Direction) -> str:
        """The direction of a call, from or to the other end."""
        return self.incoming if direction is Direction.IN else self.outgoing


def meter(level: float, width: int, glyphs: Glyphs) -> str:
    """A sound level as a bar of `width` cells.

    `level` is linear, 0.0 to 1.0, shown in decibels from -48 to 0. Has as many
    steps as symbols, whatever the width: a bar that seldom moves costs little
    over a slow line. NaN is silence.
    """
    steps = len(glyphs.meter_steps)
    full, part = divmod(_step(level, steps) * width, steps)
    bar = glyphs.meter_steps[-1] * full + (glyphs.meter_steps[part - 1] if part else "")
    return bar.ljust(width, glyphs.meter_track)


def _step(level: float, steps: int) -> int:
    if not level > 0:  # NaN too
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
    group="┃",
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
    favourite="★",
    lamps={
        LampState.UNKNOWN: " ",
        LampState.OFFLINE: "–",
        LampState.FREE: "○",
        LampState.RINGING: "◐",
        LampState.BUSY: "●",
        LampState.AWAY: "·",
        LampState.DND: "‖",
    },
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
    group="|",
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
    favourite="*",
    lamps={
        LampState.UNKNOWN: " ",
        LampState.OFFLINE: "-",
        LampState.FREE: "o",
        LampState.RINGING: "~",
        LampState.BUSY: "*",
        LampState.AWAY: ".",
        LampState.DND: "=",
    },
)

_ASCII_ALONE = replace(ASCII, folds_text=True)

_SETS = {glyphs.name: glyphs for glyphs in (UNICODE, EMOJI, ASCII)}


def choose(setting: settings.Glyphs, lock: settings.LockSign, environ: Mapping[str, str]) -> Glyphs:
    """The set for `setting`; for `auto`, one the terminal can show.

    `auto` never selects emoji: terminals disagree about their width. `lock`
    selects how the sign of a lock is drawn; ASCII has no pictures.
    """
    if setting == "auto":
        setting = "ascii" if is_plain(environ) or not speaks_utf8(environ) else "unicode"
    if setting == "ascii":
        return ASCII if speaks_utf8(environ) else _ASCII_ALONE
    glyphs = _SETS[setting]
    if lock == "auto":
        lock = "pictures" if setting == "emoji" or draws_padlocks(environ) else "words"
    return replace(glyphs, signs=_IN_PICTURES if lock == "pictures" else _IN_WORDS)


_DRAW_PADLOCKS: Final = frozenset(("apple_terminal", "iterm.app", "wezterm", "ghostty"))


def draws_padlocks(environ: Mapping[str, str]) -> bool:
    """True for terminals known to draw a padlock two cells wide.

    Those include a font with it, or run where the system has one. Behind tmux or
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
    """True if TERM is a console with a small font, or not a full screen."""
    terminal = environ.get("TERM", "")
    return terminal in ("", "dumb", "linux") or terminal.startswith("vt")


def speaks_utf8(environ: Mapping[str, str]) -> bool:
    """True if the terminal's locale is UTF-8 (POSIX: LC_ALL, LC_CTYPE, LANG)."""
    chosen = environ.get("LC_ALL")
    if not chosen:
        ctype, lang = environ.get("LC_CTYPE", ""), environ.get("LANG", "")
        # Python in the C locale sets LC_CTYPE itself (PEP 538), which says
        # nothing about the terminal.
        coerced = ctype in ("C.UTF-8", "C.utf8") and lang in ("", "C", "POSIX")
        chosen = lang if coerced or not ctype else ctype
    return chosen.partition("@")[0].lower().replace("-", "").endswith("utf8")


class AsciiScrollBarRender(ScrollBarRender):
    """Scroll bar of whole cells, with its thumb in reverse video."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


_TOGGLE = (Checkbox.BUTTON_LEFT, Checkbox.BUTTON_RIGHT)


def install(glyphs: Glyphs) -> None:
    """Make Textual's widgets draw with `glyphs` where they allow it.

    Applies to the whole process, from the next refresh. The rest is left to
    `tui.terminal.filters`.
    """
    ascii_ = glyphs.name == "ascii"
    ScrollBar.renderer = AsciiScrollBarRender if ascii_ else ScrollBarRender
    Checkbox.BUTTON_LEFT, Checkbox.BUTTON_RIGHT = ("[", "]") if ascii_ else _TOGGLE
