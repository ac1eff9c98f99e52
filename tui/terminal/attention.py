"""Window title, bell and desktop notifications of the terminal.

Sequences are those of xterm's ctlseqs (OSC 2, CSI 22/23 t), iTerm2 (OSC 9),
urxvt (OSC 777) and kitty's desktop notifications (OSC 99). A terminal that
does not implement one ignores it; those that would print it receive none.
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from tui.terminal.glyphs import is_plain, speaks_utf8
from voip.protocol.settings import Notify, Screen

Kind = Literal["osc9", "osc99", "osc777"]

Caller = tuple[str, str, str]
"""A ringing call: its id, the caller and the account."""

MAX_TEXT: Final = 200
"""Most characters of a text in a sequence; the rest is cut."""

_BELL: Final = "\a"
_SAVE_TITLE: Final = "\x1b[22;2t"
_RESTORE_TITLE: Final = "\x1b[23;2t"

_OSC9: Final = frozenset(("iterm.app", "wezterm", "ghostty", "warpterminal"))
_OSC777: Final = ("foot", "rxvt")


class Terminal(NamedTuple):
    """Facts of the terminal from the environment.

    `title` is false where OSC sequences would be printed, `utf8` where a
    character above 0x7f could be read as a control character. `auto` is the
    notification the terminal probably shows, or None. `notifies` is false where
    no notification gets through, `tmux` true where tmux must pass it on.
    """

    title: bool
    utf8: bool
    auto: Kind | None
    notifies: bool
    tmux: bool


def recognise(environ: Mapping[str, str]) -> Terminal:
    """The terminal that `environ` describes."""
    terminal = environ.get("TERM", "")
    inside_tmux = bool(environ.get("TMUX"))
    # GNU screen prints tmux's wrapper and passes on only short
    # sequences; over SSH its TERM may be either's.
    inside_screen = bool(environ.get("STY")) and not inside_tmux
    either = terminal.startswith("screen") and not inside_tmux
    capable = not is_plain(environ)
    return Terminal(
        title=capable,
        utf8=speaks_utf8(environ),
        auto=_kind(environ) if capable and not either else None,
        notifies=not inside_screen,
        tmux=inside_tmux or terminal.startswith(("tmux", "screen")),
    )


def _kind(environ: Mapping[str, str]) -> Kind:
    terminal = environ.get("TERM", "")
    if environ.get("KITTY_WINDOW_ID") or terminal == "xterm-kitty":
        return "osc99"
    if environ.get("TERM_PROGRAM", "").lower() in _OSC9:
        return "osc9"
    if terminal.startswith(_OSC777) or environ.get("VTE_VERSION"):
        return "osc777"
    return "osc9"


def safe(text: str, utf8: bool = True) -> str:
    """Text that cannot begin or end a sequence, on one line.

    Printable characters only, at most `MAX_TEXT`; in ASCII unless `utf8`.
    """
    # Cut first: a caller may choose a text of any length.
    text = text[: 4 * MAX_TEXT]
    if not utf8:
        text = unicodedata.normalize("NFKD", text)
    kept = (
        char if char.isprintable() and (utf8 or char.isascii()) else " "
        for char in text
        if utf8 or not unicodedata.combining(char)
    )
    return " ".join("".join(kept).split())[:MAX_TEXT]


def title(text: str, utf8: bool = True) -> str:
    """The sequence that sets the window title."""
    return f"\x1b]2;{safe(text, utf8)}\a"


def notification(kind: Kind, heading: str, body: str, utf8: bool = True) -> str:
    """The sequence that shows a desktop notification."""
    heading, body = safe(heading, utf8), safe(body, utf8)
    if kind == "osc99":
        # e=1: the payload is base64; d=0: more of this notification follows.
        return (
            f"\x1b]99;i=offhook:d=0:e=1:p=title;{_base64(heading)}\x1b\\"
            f"\x1b]99;i=offhook:d=1:e=1:p=body;{_base64(body)}\x1b\\"
        )
    # A semicolon would begin another field.
    heading, body = heading.replace(";", ","), body.replace(";", ",")
    if kind == "osc777":
        return f"\x1b]777;notify;{heading};{body}\a"
    words = f"{heading}: {body}"
    # ConEmu and terminals like it read a leading number as a command.
    return f"\x1b]9;{'- ' if words[0].isdigit() else ''}{words}\a"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def through_tmux(sequence: str) -> str:
    """`sequence` wrapped for tmux's `allow-passthrough` (tmux(1))."""
    return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\"


class Attention:
    """Signals incoming calls and texts through the terminal.

    `write` sends to the terminal. A Textual app passes its driver's
    (`app._driver.write`; there is no public way), which queues output after
    what the app has drawn, so that neither tears the other: call this only
    from the app's running event loop.
    """

    def __init__(self, write: Callable[[str], None], environ: Mapping[str, str]) -> None:
        self._write = write
        self._terminal = recognise(environ)
        self._rung: frozenset[str] = frozenset()
        self._title: str | None = None

    def ring(self, callers: Sequence[Caller], live: int, settings: Screen) -> None:
        """Show the callers and the number of calls in the title.

        Rings the bell and notifies once for each call.
        """
        self._show_title(_title(callers, live) if settings.title else None)
        new = [caller for caller in callers if caller[0] not in self._rung]
        self._rung = frozenset(call for call, _, _ in callers)
        if new and settings.bell:
            self._write(_BELL)
        for _, name, account in new:
            self._notify(settings.notify, f"{name} calls", f"on {account}")

    def text(self, sender: str, account: str, settings: Screen) -> None:
        """Ring the bell and notify of a text, whose words only the screen shows."""
        if settings.bell:
            self._write(_BELL)
        self._notify(settings.notify, f"{sender} writes", f"to {account}")

    def close(self) -> None:
        """Restore the window's title."""
        self._show_title(None)

    def _show_title(self, text: str | None) -> None:
        if not self._terminal.title or text == self._title:
            return
        if self._title is None:
            self._write(_SAVE_TITLE)
        self._title = text
        self._write(_RESTORE_TITLE if text is None else title(text, self._terminal.utf8))

    def _notify(self, setting: Notify, heading: str, body: str) -> None:
        kind = self._terminal.auto if setting == "auto" else setting
        if kind is None or kind == "off" or not self._terminal.notifies:
            return
        sequence = notification(kind, heading, body, self._terminal.utf8)
        self._write(through_tmux(sequence) if self._terminal.tmux else sequence)


def _title(callers: Sequence[Caller], live: int) -> str:
    match [name for _, name, _ in callers]:
        case [name]:
            return f"{name} calls - Offhook"
        case [name, *others]:
            return f"{name} and {len(others)} more call - Offhook"
        case _:
            calls = {0: "", 1: "1 call - "}.get(live, f"{live} calls - ")
            return f"{calls}Offhook"
