"""The full-screen phone under Textual's pilot, with a running engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
import textual.app
import textual.pilot
from rich.cells import cell_len
from textual import events
from textual._compositor import Compositor, CompositorUpdate
from textual._context import active_app, visible_screen_stack
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.keys import _character_to_key
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.screen import Screen as AnyScreen
from textual.strip import Strip

from tests.support.clock import Clock
from tui.app import OffhookApp
from tui.terminal.output import Changes

_PATIENCE_S = 15.0
_LOOK_AGAIN_S = 0.002
_IDLE_TURNS = 3

_CHARACTERS = {"enter": "\r", "escape": "\x1b"}
TERMINAL = {"LANG": "C.UTF-8", "TERM": "xterm-256color", "COLORTERM": "truecolor"}


class Screen:
    """A screen to read and press keys on; `app` is the phone itself.

    `said` holds the terminal's other output: bells, titles, notifications. What is
    drawn is composed if `draws` is set: it takes a quarter of a test's time.
    """

    def __init__(self, app: OffhookApp, pilot: Pilot[None], draws: bool) -> None:
        self.app = app
        self.pilot = pilot
        self.draws = draws
        self.said: list[str] = []
        self._drawn: list[str] = []
        self._updates: list[Changes] = []

    def listen(self, patch: pytest.MonkeyPatch) -> None:
        """Record the terminal's output from now on."""
        display = self.app._display

        def keep(shown: AnyScreen[object], drawing: object) -> None:
            if isinstance(drawing, CompositorUpdate):
                self._updates.append(Changes(drawing, self.app._shown, self.app.size))
            display(shown, drawing)

        compose = Compositor.render_update

        def note(compositor: Compositor, *args: Any, **options: Any) -> CompositorUpdate | None:
            if self.draws or active_app.get() is not self.app:
                return compose(compositor, *args, **options)  # type: ignore[return-value]
            changed = bool(compositor._dirty_regions)
            compositor._dirty_regions.clear()
            return CompositorUpdate() if changed else None

        patch.setattr(Compositor, "render_update", note)
        patch.setattr(self.app, "_display", keep)
        patch.setattr(self.app._driver, "write", self.said.append)

    # Seeing

    @property
    def drawn(self) -> list[str]:
        """Return the drawing output of the terminal, update by update."""
        assert self.draws, "nothing was composed"
        fresh = self._updates[len(self._drawn) :]
        self._drawn += [update.render_segments(self.app.console) for update in fresh]
        return self._drawn

    @property
    def strips(self) -> list[Strip]:
        """Return the lines of the terminal, everything drawn on top included."""
        with self.app._context():  # a test may have two screens
            # What a box is drawn on, which an update that was not composed did not say.
            visible_screen_stack.set(self.app._background_screens)
            return self.app.screen._compositor.render_strips()

    @property
    def lines(self) -> list[str]:
        return [strip.text for strip in self.strips]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def find(self, text: str) -> tuple[int, int]:
        """Column and line of the first place where `text` stands."""
        for y, strip in enumerate(self.strips):
            before, match, _ = strip.text.partition(text)
            if match:
                return cell_len(before), y
        raise AssertionError(f"“{text}” is not on the screen:\n{self.text}")

    @property
    def focus(self) -> str | None:
        """Return the id of the focused widget."""
        return self.app.focused.id if self.app.focused is not None else None

    # Doing

    async def press(self, *keys: str) -> None:
        """Press keys one by one, each after the last one was handled."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Press a key for each character, without waiting between them."""
        await self.pilot.press(*text)
        await self.settle()

    async def burst(self, *keys: str) -> None:
        """Send keys all at once, as a slow line delivers them."""
        for key in keys:
            name = _character_to_key(key) if len(key) == 1 else key
            self.app.post_message(events.Key(name, _CHARACTERS.get(key, key)))
        await self.settle()

    async def paste(self, text: str) -> None:
        """Paste all of `text` at once, as a terminal sends it."""
        self.app.post_message(events.Paste(text))
        await self.settle()

    async def click(self, text: str, times: int = 1) -> None:
        """Click on the first place where `text` stands."""
        await self.pilot.click(offset=self.find(text), times=times)
        await self.settle()

    async def resize(self, width: int, height: int) -> None:
        await self.pilot.resize_terminal(width, height)
        # On a busy machine the lines of the old size are still there.
        await self.until(lambda: len(self.strips) == height)
        await self.settle()

    def tick(self) -> None:
        """Advance by a second, on the app's own clock."""
        with self.app._context():
            self.app._tick()

    async def to_main(self) -> None:
        """Close every box."""
        while len(self.app.screen_stack) > 1:
            self.app.pop_screen()
            await self.settle()

    # Waiting

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds on the screen or in the app."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while not condition():
                    await self.pilot.pause(_LOOK_AGAIN_S)
        except TimeoutError:
            raise AssertionError(f"the screen stays as it is:\n{self.text}") from None

    async def sees(self, text: str) -> None:
        """Wait until the screen shows `text`."""
        await self.until(lambda: text in self.text)

    async def settle(self) -> None:
        """Wait until everything started is done and drawn."""
        await self.pilot.pause()
        await self.until(lambda: not self._busy)
        self._draw(self._shown)
        before = None
        while self._draw_due() or before != (before := len(self._updates)):
            await self.pilot.pause()

    @property
    def _shown(self) -> list[AnyScreen[Any]]:
        return [shown for shown in self.app.screen_stack if shown.is_current]

    def _draw_due(self) -> bool:
        due = [shown for shown in self._shown if _is_due(shown)]
        self._draw(due)
        return bool(due)

    def _draw(self, screens: Iterable[AnyScreen[Any]]) -> None:
        with self.app._context():
            for shown in screens:
                shown._on_timer_update()

    @property
    def _busy(self) -> bool:
        at_work = [w for w in self.app.workers if w.name != "bridge" and not w.is_finished]
        return bool(at_work or self.app._tasks)


async def _until_handled(app: OffhookApp) -> None:
    """Wait until the widgets have handled every message sent so far.

    Textual's own wait wakes each widget, which dominates the time of a key in a
    form of 190 widgets.
    """
    at_work = [
        pump
        for pump in (app, *(w for s in app.screen_stack for w in s.walk_children(with_self=True)))
        if not _waits_for_messages(pump)
    ]
    handled = asyncio.Event()
    left = len(at_work)

    def count() -> None:
        nonlocal left
        left -= 1
        if not left:
            handled.set()

    for pump in at_work:
        if not pump.call_later(count):
            count()
    if not at_work:
        return
    waits = [asyncio.ensure_future(event.wait()) for event in (handled, app._exception_event)]
    async with asyncio.timeout(_PATIENCE_S):
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def _until_idle(*_: float) -> None:
    """Wait until this process has nothing left to do at once.

    Textual's own wait looks at its processor time after 20 ms, several times a key:
    three quarters of a test.
    """
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    idle = 0
    while idle < _IDLE_TURNS:
        await asyncio.sleep(0)
        idle = 0 if ready else idle + 1


def _is_due(shown: AnyScreen[object]) -> bool:
    """Report whether a screen has something to compute, or the top one to draw.

    Behind a box Textual asks for another drawing with each one.
    """
    is_top = shown is shown.app.screen
    return bool(
        shown._layout_required
        or shown._scroll_required
        or shown._recompose_required
        or shown._callbacks
        or (is_top and (shown._repaint_required or shown._dirty_widgets))
    )


def _waits_for_messages(pump: MessagePump) -> bool:
    """Report whether a message pump is idle with an empty queue."""
    ready: asyncio.Event = pump._message_queue.ready_event
    return not ready.is_set() and bool(ready._waiters)


_parse = Stylesheet._parse_rules
_parsed: dict[tuple[object, ...], list[RuleSet]] = {}


def _parse_once(sheet: Stylesheet, css: str, *args: Any, **options: Any) -> list[RuleSet]:
    """Parse a style sheet for the first app with these colours, and keep the rules.

    Each app parses all of them, which takes an eighth of its start.
    """
    key = (css, args, *options.items(), *sheet._variables.items())
    if key not in _parsed:
        _parsed[key] = _parse(sheet, css, *args, **options)
    return _parsed[key]


@asynccontextmanager
async def screen(
    size: tuple[int, int] = (80, 24),
    clock: Clock | None = None,
    environ: Mapping[str, str] = TERMINAL,
    dialled: str = "",
    draws: bool = False,
) -> AsyncIterator[Screen]:
    """Open the phone, and wait until it is connected and drawn.

    `dialled` is the text of a link; `draws` has each update composed.
    """
    with pytest.MonkeyPatch.context() as patch:
        # Textual reads these by itself.
        for name in ("NO_COLOR", "FORCE_COLOR", "SSH_CONNECTION"):
            patch.delenv(name, raising=False)
        for name, value in environ.items():
            patch.setenv(name, value)
        for user in (textual.app, textual.pilot):
            patch.setattr(user, "wait_for_idle", _until_idle)
        patch.setattr(Stylesheet, "_parse_rules", _parse_once)
        app = OffhookApp(environ, dialled)
        app.animation_level = "none"
        if clock is not None:
            patch.setattr(app, "now", clock.now)
            patch.setattr(app, "clock", clock.monotonic)
        async with app.run_test(size=size) as pilot:
            patch.setattr(pilot, "_wait_for_screen", partial(_until_handled, app))
            shown = Screen(app, pilot, draws)
            shown.listen(patch)
            await shown.until(lambda: app.connected)
            await shown.settle()
            yield shown
