"""Keys and pastes as a terminal sends them, in any pieces, even cut short."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from tui.terminal.pastes import MAX_PASTE, STALLED_S, TerminalInput

START, END = "\x1b[200~", "\x1b[201~"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Typed:
    """The parser's events for a terminal's input."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.input = TerminalInput(False, self.clock)
        self.pasted: list[str] = []

    def send(self, data: str) -> list[str]:
        return self._note(list(self.input.feed(data)))

    def wait(self, seconds: float) -> list[str]:
        self.clock.now += seconds
        return self._note(list(self.input.tick()))

    def _note(self, messages: list[Message]) -> list[str]:
        pasted = []
        for message in messages:
            if isinstance(message, events.Paste):
                pasted.append(f"paste:{message.text}")
            elif isinstance(message, events.Key):
                pasted.append(message.key)
        self.pasted += pasted
        return pasted


@pytest.fixture
def typed() -> Typed:
    return Typed()


def test_keys_and_pastes_come_in_order(typed: Typed) -> None:
    sent = f"a{START}+49 30\n12{END}\x1b[A{START}{END}b"
    assert typed.send(sent) == ["a", "paste:+49 30\n12", "up", "paste:", "b"]


@given(st.lists(st.integers(0, 40), max_size=6))
def test_pieces_make_no_difference(cuts: list[int]) -> None:
    sent = f"1{START}+49\u00a030\n12{END}\x1b[A\x1b[<0;3;4M{START}x{END}9"
    typed = Typed()
    for first, end in pairwise(sorted({0, *cuts, len(sent)})):
        typed.send(sent[first:end])
    assert typed.pasted == ["1", "paste:+49\u00a030\n12", "up", "paste:x", "9"]


def test_a_paste_without_an_end_ends_by_itself(typed: Typed) -> None:
    assert typed.send(f"{START}+49 30 123") == []
    assert typed.wait(STALLED_S / 2) == []
    assert typed.wait(STALLED_S / 2) == ["paste:+49 30 123"]
    assert typed.send("a") == ["a"]


def test_keys_do_not_keep_it_open(typed: Typed) -> None:
    typed.send(f"{START}+49")
    for _ in range(9):
        assert typed.send("a") == []
        assert typed.wait(STALLED_S / 10) == []
    assert typed.wait(STALLED_S / 9) == ["paste:+49aaaaaaaaa"]
    assert typed.send("a") == ["a"]


def test_more_of_a_long_paste_keeps_it_open(typed: Typed) -> None:
    typed.send(START)
    for _ in range(5):
        typed.send("1" * 100)
        assert typed.wait(STALLED_S * 0.9) == []
    assert typed.send(END) == [f"paste:{'1' * 500}"]


def test_the_rest_of_a_paste_that_stalled_is_no_keys(typed: Typed) -> None:
    typed.send(f"{START}first")
    assert typed.wait(STALLED_S) == ["paste:first"]
    assert typed.send(f"ehm{END}m") == ["paste:ehm", "m"]
    # The awaited end has arrived, so the next one is typed text.
    assert typed.send(f"e{END}m") == ["e", "m"]


def test_the_end_alone_is_no_paste(typed: Typed) -> None:
    typed.send(f"{START}first")
    assert typed.wait(STALLED_S) == ["paste:first"]
    assert typed.send(END[:3]) == []
    assert typed.send(END[3:]) == []
    assert typed.send("a") == ["a"]


def test_a_new_paste_is_not_the_rest_of_one_before(typed: Typed) -> None:
    typed.send(f"{START}first")
    typed.wait(STALLED_S)
    assert typed.send(f"a{START}second{END}") == ["a", "paste:second"]


def test_a_paste_is_bounded_and_its_rest_is_no_keys(typed: Typed) -> None:
    typed.send(START)
    for _ in range(3):
        assert typed.send("1" * MAX_PASTE) == []
    typed.send(END[:2])
    assert typed.send(f"{END[2:]}a") == [f"paste:{'1' * MAX_PASTE}", "a"]


def test_what_is_pasted_presses_no_key_and_drives_no_terminal(typed: Typed) -> None:
    assert typed.send(f"{START}1\x1b[A\x1b\x1b2\x00\x9b\t3{END}") == ["paste:1[A2\t3"]


@pytest.mark.parametrize(
    "sent", ["\x1b[1114112u", "\x1b[99999999999999999999u", "\x1b[48;0;0;0;0t\x1b[<0;1;1M"]
)
def test_a_sequence_that_names_nothing_ends_nothing(typed: Typed, sent: str) -> None:
    typed.send(sent)
    assert typed.send("a") == ["a"]
