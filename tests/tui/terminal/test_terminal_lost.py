"""The real program on a terminal that closes, cuts a paste or knows less."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator

import pytest

from tests.support.screen.pilot import TERMINAL
from tests.support.screen.pty import OnPty
from tests.support.standin.engine import StandIn
from voip.model import CallState

_LOOKS = 60
_F2 = "\x1bOQ"


@pytest.fixture
def environment(standin: StandIn) -> dict[str, str]:
    outer = ("TMUX", "STY", "NO_COLOR")
    return {k: v for k, v in os.environ.items() if k not in outer} | TERMINAL


@pytest.fixture
def terminals() -> Iterator[list[OnPty]]:
    """Yield terminals, and close them with a signal at the end."""
    phones: list[OnPty] = []
    yield phones
    for terminal in phones:
        terminal.end()


async def until(terminal: OnPty, words: str, press: str = "") -> None:
    """Press keys until the screen shows `words`."""
    for _ in range(_LOOKS):
        if words in terminal.text():
            return
        if press:
            terminal.press(press)
        await asyncio.to_thread(terminal.read, 0.5)
    raise AssertionError(f"“{words}” does not come:\n{terminal.text()}")


async def test_a_terminal_that_is_gone_without_a_signal_ends_the_screen_alone(
    standin: StandIn, environment: dict[str, str]
) -> None:
    await standin.add_account("work")
    call = await standin.call("300")
    standin.remote_answers(call)
    terminal = OnPty([sys.executable, "-m", "tui"], environment, 80, 24, controlling=False)
    await until(terminal, "active")
    await asyncio.to_thread(terminal.end, tell=False)
    status = await standin.status()
    assert [(c.id, c.state) for c in status.calls] == [(call, CallState.ACTIVE)]


async def test_inside_gnu_screen_256_colours_are_drawn_at_most(
    standin: StandIn, environment: dict[str, str], terminals: list[OnPty]
) -> None:
    await standin.add_account("work")
    inside = {"TERM": "screen-256color", "STY": "123.pts-1.host", "COLORTERM": "truecolor"}
    terminal = OnPty([sys.executable, "-m", "tui"], environment | inside, 80, 24)
    terminals.append(terminal)
    drawn = b""
    while "registered" not in terminal.text():
        read = await asyncio.to_thread(terminal.read, 30.0)
        assert read, terminal.text()
        drawn += read
    assert b"8;5;" in drawn
    assert b"8;2;" not in drawn


@pytest.mark.parametrize("piece", ["\x1b[200~+49 30 123", "\x1b[200~", "\x1b[200~" + "1\n" * 500])
async def test_a_paste_that_was_cut_short_leaves_the_keys(
    standin: StandIn, environment: dict[str, str], terminals: list[OnPty], piece: str
) -> None:
    await standin.add_account("work")
    terminal = OnPty([sys.executable, "-m", "tui"], environment, 80, 24)
    terminals.append(terminal)
    await until(terminal, "registered")
    await standin.incoming("work", '"Bob" <sip:bob@example.com>')
    await until(terminal, "account: work")
    terminal.press(piece)
    # Repeated keys do not keep the paste open.
    await until(terminal, "active", press=_F2)
