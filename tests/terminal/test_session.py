"""A day of calls: the real program in tmux, real engine and echo line."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.phone import Phone
from tests.support.screen.picture import svg
from tests.support.screen.tmux import Terminal
from tests.terminal.conftest import COLUMNS, OpenPhone
from voip.model import CallState, Outcome

# A terminal without colours, and a console without a desktop.
PLAIN = ("TERM=linux", "NO_COLOR=1")
COLOUR = re.compile(r"\x1b\[[0-9;]*\b(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])\b")


class Screens:
    """Keeps screens as text and picture; `plain` ones lack colour and symbols.

    They go to the folder that OFFHOOK_SCREENS names, or else to pytest's own.
    """

    def __init__(self, folder: Path, plain: bool) -> None:
        self._folder = folder / ("plain" if plain else "colours")
        self._plain = plain
        self._number = 0

    async def keep(self, terminal: Terminal, name: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._number += 1
        file = self._folder / f"{self._number:02}-{name}"
        text = await terminal.screen()
        coloured = await terminal.screen(colours=True)
        file.with_suffix(".txt").write_text(text, encoding="utf-8")
        picture = svg(coloured, COLUMNS, "offhook")
        file.with_suffix(".svg").write_text(picture, encoding="utf-8")
        assert text.isascii() is self._plain, text
        assert (COLOUR.search(coloured) is None) is self._plain, coloured


@pytest.fixture
def screens(place: Path, settings: Sequence[str]) -> Screens:
    folder = Path(os.environ.get("OFFHOOK_SCREENS") or place / "screens")
    return Screens(folder, plain=bool(settings))


def seconds(screen: str) -> int:
    """Running time of the call that is up, in seconds."""
    duration = re.search(r"active (\d+):(\d\d)", screen)
    assert duration, screen
    return int(duration[1]) * 60 + int(duration[2])


@pytest.mark.parametrize("settings", [(), PLAIN], ids=["colours", "plain"])
async def test_from_the_first_start_to_a_call_that_outlives_its_terminal(
    phone: Phone, open_phone: OpenPhone, screens: Screens, settings: Sequence[str]
) -> None:
    terminal = await open_phone(settings=settings)
    await terminal.shows("Welcome", "Add an account", "test call")
    await screens.keep(terminal, "welcome")

    # The second choice: a secure test call on this machine.
    await terminal.keys("Down", "Enter")
    await terminal.shows("Echo line", "active", "encrypted to 127.0.0.1; beyond it, unknown")
    await screens.keep(terminal, "lock-closed")
    await phone.attach()
    call = (await phone.status()).calls[0]
    assert call.lock.closed

    await terminal.keys("k")
    await terminal.shows("Keypad: Echo line")
    await terminal.type("12#")
    await terminal.shows("sent: 12#")
    await screens.keep(terminal, "keypad")
    await terminal.close("Keypad")

    await terminal.keys("h")
    await terminal.shows("held by you", "h resume")
    await phone.until_state(call.id, CallState.HELD)
    await screens.keep(terminal, "on-hold")
    await terminal.keys("h")
    await terminal.shows("active", "h hold")

    await terminal.keys("m")
    await terminal.shows("muted", "m unmute")
    assert (await phone.status()).calls[0].muted
    await screens.keep(terminal, "muted")
    await terminal.keys("m")
    await terminal.until(lambda screen: "muted" not in screen, "no mute")

    await terminal.keys("l")
    await terminal.shows("What the lock is made of", "[server]", "keys by SDES", "not end to end")
    await screens.keep(terminal, "lock-details")
    await terminal.keys("End")
    await terminal.shows("SHA-256")
    await screens.keep(terminal, "certificate")
    await terminal.close("What the lock is made of")

    await terminal.keys("e")
    await terminal.shows("ended after")
    await terminal.until(lambda screen: "active" not in screen, "the end of the call")
    await screens.keep(terminal, "ended")
    assert (await phone.until_logged(call.id)).outcome is Outcome.ANSWERED

    # Redial: the row is under the cursor when no call is up.
    await terminal.until(lambda screen: "ended after" not in screen, "the log alone")
    await terminal.keys("Tab", "Tab", "Tab", "Tab")
    await terminal.shows("enter call")
    await terminal.keys("Enter")
    await terminal.shows("active", "[server] encrypted to")
    await screens.keep(terminal, "redialled")

    # Close the screen, and leave the call running.
    await terminal.keys("q")
    await terminal.shows("Leave it running", "End it")
    await screens.keep(terminal, "close-this-screen")
    await terminal.keys("Enter")
    await terminal.kill()
    running = (await phone.status()).calls
    assert [c.state for c in running] == [CallState.ACTIVE]

    # Open it again, and kill the terminal.
    terminal = await open_phone(settings=settings)
    before = seconds(await terminal.shows("active", "[server] encrypted to"))
    await terminal.kill()
    running = (await phone.status()).calls
    assert [c.state for c in running] == [CallState.ACTIVE]

    # The call is still there, with its true duration.
    terminal = await open_phone(settings=settings)
    again = seconds(await terminal.shows("active", "[server] encrypted to"))
    reported_s = (await phone.status()).calls[0].duration_s
    assert before <= again <= reported_s + 1
    assert abs(reported_s - seconds(await terminal.screen())) <= 2
    await screens.keep(terminal, "reattached")
    await terminal.keys("e")
    await terminal.shows("ended after")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60)])
async def test_every_size_shows_the_call_and_how_to_get_help(
    open_phone: OpenPhone, size: tuple[int, int]
) -> None:
    terminal = await open_phone(*size)
    await terminal.shows("Welcome")
    await terminal.close("Welcome")
    await terminal.keys("c")
    screen = await terminal.shows("active", "[server] encrypted to", "? help")
    assert "Call log" in screen
    await terminal.resize(60, 20)
    await terminal.shows("active", "[server] encrypted to", "Call log", "? help")


async def test_a_hang_up_of_the_terminal_ends_the_screen_alone(
    phone: Phone, open_phone: OpenPhone
) -> None:
    terminal = await open_phone()
    await terminal.shows("Welcome")
    await terminal.close("Welcome")
    await terminal.keys("c")
    await terminal.shows("active")
    os.kill(await terminal.pid(), signal.SIGHUP)
    await terminal.gone()
    await phone.attach()
    assert [c.state for c in (await phone.status()).calls] == [CallState.ACTIVE]


async def test_what_arrives_at_once_is_done_in_turn(phone: Phone, open_phone: OpenPhone) -> None:
    """A slow line delays keys and delivers them together."""
    terminal = await open_phone()
    await terminal.shows("Welcome")
    await terminal.close("Welcome")
    await terminal.keys("d", *"echo", "Enter")
    await terminal.shows("Echo line", "active")
