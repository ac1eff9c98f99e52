from __future__ import annotations

import base64
import re

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.terminal.attention import (
    MAX_TEXT,
    Attention,
    Caller,
    Kind,
    notification,
    recognise,
    safe,
    through_tmux,
    title,
)
from voip.protocol.settings import Notify, Screen

UTF8 = {"LANG": "en_GB.UTF-8"}
XTERM = {**UTF8, "TERM": "xterm-256color"}
ANNA: Caller = ("1", "Anna", "work")
BOB: Caller = ("2", "Bob", "home")

# Any text, often with parts that could end or begin a sequence.
HOSTILE = st.text(
    st.characters() | st.sampled_from("\x1b\a\x07\\\x9c\x9b\x90\x9d\x00\r\n;:]P[4\u202e\u2028é"),
    max_size=4000,
)
ENDLESS = "\x1b]2;owned\a\x9c\x1b\\;4;" * 200
KINDS: tuple[Kind, ...] = ("osc9", "osc99", "osc777")


class Sent(list[str]):
    """Text that an `Attention` writes, recorded."""

    def take(self) -> str:
        output = "".join(self)
        self.clear()
        return output


class Titled(pyte.Screen):
    """A terminal that remembers its titles."""

    def __init__(self, columns: int, lines: int) -> None:
        self.titles: list[str] = []
        super().__init__(columns, lines)

    def set_title(self, param: str) -> None:
        self.titles.append(param)


def is_text(text: str) -> bool:
    return text.isprintable() and len(text) <= MAX_TEXT


@given(HOSTILE, st.booleans())
def test_safe_text_is_printable_and_bounded(text: str, utf8: bool) -> None:
    output = safe(text, utf8)
    assert is_text(output)
    assert utf8 or output.isascii()


def test_what_is_harmless_is_kept() -> None:
    assert safe("Zoë Müller (Büro) – 田中; ok") == "Zoë Müller (Büro) – 田中; ok"
    assert safe("Zoë  Müller\n田", utf8=False) == "Zoe Muller"
    assert safe("a\x1b[2Jb\u202ec") == "a [2Jb c"
    assert safe("x" * 4000) == "x" * MAX_TEXT


@given(HOSTILE)
def test_a_title_is_one_sequence_whatever_it_says(text: str) -> None:
    output = re.fullmatch(r"\x1b\]2;([^\a]*)\a", title(text))
    assert output
    assert is_text(output[1])


@given(HOSTILE, HOSTILE, st.booleans())
def test_a_notification_is_one_sequence_with_its_own_fields(
    heading: str, body: str, utf8: bool
) -> None:
    nine = re.fullmatch(r"\x1b\]9;([^\a]*)\a", notification("osc9", heading, body, utf8))
    assert nine
    assert nine[1].isprintable()
    assert ";" not in nine[1]
    assert not nine[1][0].isdigit()

    many = re.fullmatch(
        r"\x1b\]777;notify;([^;\a]*);([^;\a]*)\a", notification("osc777", heading, body, utf8)
    )
    assert many
    assert is_text(many[1])
    assert is_text(many[2])

    kitty = re.fullmatch(
        r"\x1b\]99;i=offhook:d=0:e=1:p=title;([A-Za-z0-9+/]*=*)\x1b\\"
        r"\x1b\]99;i=offhook:d=1:e=1:p=body;([A-Za-z0-9+/]*=*)\x1b\\",
        notification("osc99", heading, body, utf8),
    )
    assert kitty
    for payload, given_ in zip(kitty.groups(), (heading, body), strict=True):
        assert base64.b64decode(payload).decode() == safe(given_, utf8)
        assert len(payload) <= 4096  # the protocol's limit


def test_a_number_is_not_read_as_a_command() -> None:
    # OSC 9 ; 4 ; 3 is a progress bar in ConEmu, Windows Terminal and Ghostty.
    assert notification("osc9", "4;3;100", "") == "\x1b]9;- 4,3,100: \a"


@given(HOSTILE, HOSTILE, st.sampled_from(KINDS))
def test_tmux_is_handed_one_sequence(heading: str, body: str, kind: Kind) -> None:
    sequence = notification(kind, heading, body)
    output = re.fullmatch(r"\x1bPtmux;((?:\x1b\x1b|[^\x1b])*)\x1b\\", through_tmux(sequence))
    assert output
    assert output[1].replace("\x1b\x1b", "\x1b") == sequence


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({"TERM": "xterm-256color"}, "osc9"),
        ({"TERM": "xterm-kitty"}, "osc99"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "osc99"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "osc9"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm", "VTE_VERSION": "7"}, "osc9"),
        ({"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty"}, "osc9"),
        ({"TERM": "foot"}, "osc777"),
        ({"TERM": "foot-extra"}, "osc777"),
        ({"TERM": "rxvt-unicode-256color"}, "osc777"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "osc777"),
        ({"TERM": "tmux-256color"}, "osc9"),
        ({"TERM": "screen-256color", "TMUX": "/tmp/t,1,0", "VTE_VERSION": "7600"}, "osc777"),
        # GNU screen would print it; over SSH either may set the name.
        ({"TERM": "screen-256color"}, None),
        ({"TERM": "screen.xterm-256color", "STY": "1.pts"}, None),
        ({"TERM": "linux"}, None),
        ({"TERM": "vt220"}, None),
        ({"TERM": "dumb"}, None),
        ({}, None),
    ],
)
def test_auto_takes_what_the_terminal_shows(environ: dict[str, str], kind: Kind | None) -> None:
    assert recognise(environ).auto == kind


def test_a_call_rings_once_and_gives_the_title_back() -> None:
    sent = Sent()
    attention = Attention(sent.append, XTERM)
    attention.ring([], 0, Screen())
    assert sent.take() == "\x1b[22;2t\x1b]2;Offhook\a"
    attention.ring([ANNA], 1, Screen())
    assert sent.take() == "\x1b]2;Anna calls - Offhook\a\a\x1b]9;Anna calls: on work\a"
    attention.ring([ANNA], 1, Screen())
    assert sent.take() == ""
    attention.ring([ANNA, BOB], 2, Screen())
    assert sent.take() == "\x1b]2;Anna and 1 more call - Offhook\a\a\x1b]9;Bob calls: on home\a"
    attention.ring([], 2, Screen())
    assert sent.take() == "\x1b]2;2 calls - Offhook\a"
    attention.ring([], 1, Screen())
    assert sent.take() == "\x1b]2;1 call - Offhook\a"
    # The same caller again.
    attention.ring([ANNA], 2, Screen())
    assert sent.take().count("\a") == 3
    attention.close()
    assert sent.take() == "\x1b[23;2t"
    attention.close()
    assert sent.take() == ""


@pytest.mark.parametrize(
    ("settings", "written"),
    [
        (Screen(title=False, bell=False, notify="off"), ""),
        (Screen(title=False, notify="off"), "\a"),
        (Screen(title=False, bell=False), "\x1b]9;Anna calls: on work\a"),
        (Screen(bell=False, notify="off"), "\x1b[22;2t\x1b]2;Anna calls - Offhook\a"),
        (
            Screen(title=False, bell=False, notify="osc777"),
            "\x1b]777;notify;Anna calls;on work\a",
        ),
    ],
)
def test_each_way_can_be_switched_off(settings: Screen, written: str) -> None:
    sent = Sent()
    Attention(sent.append, XTERM).ring([ANNA], 1, settings)
    assert sent.take() == written


def test_a_title_that_is_switched_off_is_given_back_at_once() -> None:
    sent = Sent()
    attention = Attention(sent.append, XTERM)
    attention.ring([], 1, Screen())
    sent.clear()
    attention.ring([], 1, Screen(title=False))
    assert sent.take() == "\x1b[23;2t"
    attention.ring([], 1, Screen())
    assert sent.take() == "\x1b[22;2t\x1b]2;1 call - Offhook\a"


@pytest.mark.parametrize("term", ["linux", "dumb", "vt100"])
def test_a_terminal_that_would_print_a_sequence_gets_the_bell_alone(term: str) -> None:
    sent = Sent()
    Attention(sent.append, {**UTF8, "TERM": term}).ring([ANNA], 1, Screen())
    assert sent.take() == "\a"


@pytest.mark.parametrize(
    ("environ", "notify", "written"),
    [
        ({"TERM": "screen", "TMUX": "x"}, "auto", "\a\x1bPtmux;\x1b\x1b]9;A calls: on w\a\x1b\\"),
        ({"TERM": "tmux-256color"}, "auto", "\a\x1bPtmux;\x1b\x1b]9;A calls: on w\a\x1b\\"),
        ({"TERM": "screen-256color"}, "osc9", "\a\x1bPtmux;\x1b\x1b]9;A calls: on w\a\x1b\\"),
        ({"TERM": "screen-256color"}, "auto", "\a"),
        ({"TERM": "screen", "STY": "1.pts"}, "osc9", "\a"),
    ],
)
def test_a_multiplexer_gets_the_bell_and_what_it_hands_on(
    environ: dict[str, str], notify: Notify, written: str
) -> None:
    sent = Sent()
    Attention(sent.append, {**UTF8, **environ}).ring(
        [("1", "A", "w")], 1, Screen(title=False, notify=notify)
    )
    assert sent.take() == written


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", [ENDLESS, "\x9b2J" * 1000, "\x1b[31mred" * 500])
def test_nothing_of_a_hostile_name_reaches_the_screen(kind: Kind, text: str) -> None:
    screen = Titled(80, 24)
    stream = pyte.Stream(screen)
    attention = Attention(stream.feed, XTERM)
    attention.ring([("1", text, text)], 1, Screen(notify=kind))
    assert [line.strip() for line in screen.display if line.strip()] == []
    assert (screen.cursor.x, screen.cursor.y) == (0, 0)
    assert screen.cursor.attrs == pyte.screens.Char(" ")
    assert [len(one) <= MAX_TEXT for one in screen.titles] == [True]


def test_where_the_locale_is_not_utf8_sequences_are_ascii() -> None:
    sent = Sent()
    attention = Attention(sent.append, {"TERM": "xterm", "LC_ALL": "C"})
    attention.ring([("1", "Zoë ě", "büro")], 1, Screen(notify="osc9"))
    assert "Zoe e calls" in sent[1]
    assert sent.take().isascii()
