"""Every key shown on any screen has an effect and can be clicked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.strip import Strip

from tests.support.clock import standing_still
from tests.support.screen.pilot import screen
from tests.support.standin.engine import StandIn
from tests.tui.scenes import SCENES, Stage
from tui.keys import keymap
from voip.protocol.worker.calls import StartCall

_DRIVEN = (
    "main-without-account", "main-accounts", "main-imitations", "main-log-search",
    "main-log-missed", "main-dialling", "main-incoming-while-typing", "main-calling",
    "main-active", "main-many-calls", "main-ended", "main-engine-gone", "keypad-with-incoming",
    "leave", "confirm", "ask", "welcome", "account-new", "account-changed-meanwhile",
    "account-test", "lock-of-a-dtls-call", "lock-of-an-open-account", "trust", "trust-changed",
    "trust-pinned", "devices", "settings", "settings-number", "keys", "newkey", "themes",
    "events", "events-search", "event", "log", "guide",
)  # fmt: skip
"""Scenes that offer every action, on each screen and pane that has it."""
# These would remove the others: use them last.
_LAST = (
    "call.end",
    "call.decline",
    "call.busy",
    "call.unavailable",
    "call.answer",
    "box.close",
    "phone.quit",
)

_Use = Callable[[Stage, str, tuple[str, int]], Awaitable[None]]


async def _press(stage: Stage, action: str, shown: tuple[str, int]) -> None:
    keys = stage.phone.app.keymap.keys[action].split(",")
    (key,) = [key for key in keys if keymap.show(key) == shown[0]]
    await stage.phone.press(key)


async def _click(stage: Stage, action: str, shown: tuple[str, int]) -> None:
    await stage.phone.pilot.click(offset=(shown[1], len(stage.phone.lines) - 1))
    await stage.phone.settle()


@pytest.mark.parametrize("scene", _DRIVEN)
async def test_each_key_in_the_footer_does_something(scene: str, place: Path) -> None:
    await _use_all(scene, place, _press)


@pytest.mark.parametrize("scene", ["main-many-calls", "themes"])
async def test_each_word_in_the_footer_can_be_clicked(scene: str, place: Path) -> None:
    await _use_all(scene, place, _click)


async def test_enter_does_not_read_as_call_and_calls_nobody_while_it_rings(place: Path) -> None:
    async with _staged("main-incoming", place) as (stage, _):
        main = stage.phone.app.main
        main.log_pane.search.display = True
        for pane in (main.accounts, main.calls, main.log_pane.rows, main.log_pane.search):
            pane.focus()
            await stage.phone.settle()
            assert stage.phone.app.focused is pane
            assert "call" not in _words_of(stage, "enter")
            await stage.phone.press("enter")
            await stage.phone.to_main()
        assert not any(isinstance(order, StartCall) for order in stage.engine.script.orders)
        main.dial.input.focus()
        await stage.phone.type("200")
        assert "enter dial" in stage.phone.lines[-1]


def _words_of(stage: Stage, key: str) -> str:
    """Return the footer's words for a key, empty without the key."""
    _, hints, rest = stage.phone.lines[-1].partition(f"{key} ")
    return rest.partition("  ")[0] if hints else ""


async def _use_all(scene: str, place: Path, use: _Use) -> None:
    used: set[str] = set()
    complete = False
    while not complete:
        before = len(used)
        complete = await _use_some(scene, place / str(before), use, used)
        assert len(used) > before


async def _use_some(scene: str, place: Path, use: _Use, used: set[str]) -> bool:
    """Use all it can in one pass; true if nothing is left.

    Used actions go into `used`. A key may remove others, or the screen itself.
    """
    async with _staged(scene, place) as (stage, noticed):
        screens = list(stage.phone.app.screen_stack)
        while left := {name: at for name, at in _offered(stage).items() if name not in used}:
            action = min(left, key=lambda action: action in _LAST)
            before = _situation(stage, noticed)
            await use(stage, action, left[action])
            assert _situation(stage, noticed) != before, f"{action} does nothing"
            used.add(action)
            while len(stage.phone.app.screen_stack) > len(screens):
                stage.phone.app.pop_screen()
                await stage.phone.settle()
            if stage.phone.app.screen_stack != screens:
                return len(left) == 1
        return True


@asynccontextmanager
async def _staged(scene: str, place: Path) -> AsyncIterator[tuple[Stage, list[object]]]:
    """Yield a scene, with its requests to the engine and the terminal."""
    noticed: list[object] = []
    with standing_still() as clock:
        async with StandIn(place) as engine, screen(clock=clock) as phone:
            stage = Stage(phone, engine, clock)
            await SCENES[scene](stage)
            await phone.settle()
            with pytest.MonkeyPatch.context() as patch:

                def note(owner: object, what: str) -> None:
                    does = getattr(owner, what)

                    def noted() -> Any:
                        noticed.append(what)
                        return does()

                    patch.setattr(owner, what, noted)

                note(phone.app.bridge, "_connected")
                note(phone.app, "load_themes")
                patch.setattr(phone.app, "exit", lambda: noticed.append("left"))
                patch.setattr(phone.app.bridge, "wake", lambda: noticed.append("connects"))
                yield stage, noticed


def _situation(stage: Stage, noticed: list[object]) -> list[object]:
    """Return everything that a user or the engine would notice of a key."""
    app = stage.phone.app
    return [
        stage.phone.strips,
        list(app.screen_stack),
        app.focused,
        len(noticed),
        len(stage.engine.script.orders),
    ]


def _offered(stage: Stage) -> dict[str, tuple[str, int]]:
    """Return the actions in the last line, each with its key and column."""
    hints: dict[str, tuple[str, int]] = {}
    column = 0
    for segment in Strip(stage.phone.strips[-1]):
        action = segment.style.meta.get("@click") if segment.style else None
        if action is not None:
            name = str(action).removeprefix("app.do('").removesuffix("')")
            hints.setdefault(name, (segment.text, column))
        column += segment.cell_length
    return hints
