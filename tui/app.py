"""Textual app that connects screens, state and engine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
import traceback
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from textual._compositor import CompositorUpdate
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widgets import Input

from tui.bridge import Attached, Bridge, Detached, Happened
from tui.calls.realtime_text import RealtimeTextBox
from tui.commands import COMMANDS
from tui.keys import keymap
from tui.keys.actions import BY_ID
from tui.keys.context import Context
from tui.keys.in_turn import KeysInTurn
from tui.phone.main import MainScreen
from tui.phone.welcome import Welcome
from tui.state import Link, State, attach, forget_ended, lose, reduce
from tui.terminal import filters
from tui.terminal import glyphs as symbols
from tui.terminal.attention import Attention
from tui.terminal.driver import TerminalDriver, end_soon
from tui.terminal.output import Changes, Shown
from tui.terminal.text import Part, Role
from tui.themes import choice as themes
from tui.widgets.list_box import ListBox
from tui.widgets.screens import Phoned
from tui.words.phrases import who
from voip import paths
from voip.client import grouping
from voip.client.errors import CommandFailed, NoEngine
from voip.protocol.calls import (
    AnyPlacing,
    CallEvent,
    CallStarted,
    DigitsEvent,
    LogEvent,
    RowsDeletedEvent,
    RowsRestoredEvent,
)
from voip.protocol.client import AnyCommand, NumberedEvent
from voip.protocol.people import MessageEvent, RealtimeTextEvent
from voip.protocol.phone import NoticeEvent, RowsImportedEvent
from voip.protocol.settings import Screen as ScreenSettings
from voip.protocol.settings import Settings, SettingsData, SettingsEvent
from voip.protocol.sound import LevelsEvent, MicrophoneLevelEvent

_Data = TypeVar("_Data")

_EVENTS_KEPT = 2000
_MESSAGE_S = 8
_METER_S = 0.25
_METER_OVER_SSH_S = 0.5
_LEVELS: dict[str, Role] = {"info": "text", "warning": "warning", "error": "error"}


class OffhookApp(KeysInTurn, inherit_bindings=False):
    """Shows the engine's state and sends it commands.

    Inherits none of Textual's keys: its ctrl+q would close the phone unasked.
    """

    TITLE = "Offhook"
    CSS_PATH = "offhook.tcss"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, environ: Mapping[str, str] | None = None, dialled: str = "") -> None:
        super().__init__(driver_class=TerminalDriver)
        self.environ = os.environ if environ is None else environ
        self.state = State()
        self.keymap = keymap.resolve({})
        self.glyphs = symbols.choose("auto", "auto", self.environ)
        self.events: deque[NumberedEvent] = deque(maxlen=_EVENTS_KEPT)
        self.folder: Path | None = None
        self.main = MainScreen()
        self.bridge = Bridge(self.post_message, levels=True)
        self._attention: Attention | None = None
        self._tasks: set[asyncio.Task[object]] = set()
        self._over_ssh = bool(self.environ.get("SSH_CONNECTION"))
        self._was_attached = False
        self._dialled = dialled
        self._shown = Shown()
        self._will_show = False
        self.themes = themes.load_all(None)
        for theme in self.themes.themes.values():
            self.register_theme(theme)
        symbols.install(self.glyphs)
        themes.apply(self, self.themes.pick(self.state.settings.screen.theme, self.environ))

    # Start and end

    def get_default_screen(self) -> Screen[None]:
        return self.main

    def on_mount(self) -> None:
        self._attention = Attention(self._write, self.environ)
        self._dress(self.state.settings)
        # Another program may have drawn on the terminal while suspended.
        self.app_resume_signal.subscribe(self, lambda _: self._shown.forget())
        self.run_worker(self.bridge.run(), name="bridge")
        # The first number in groups would hold up the screen.
        self.run_worker(grouping.load, name="grouping", thread=True)
        self.set_interval(1.0, self._tick)
        self.set_interval(_METER_OVER_SSH_S if self._over_ssh else _METER_S, self._show_levels)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            loop.add_signal_handler(number, self._leave)

    def _fatal_error(self) -> None:
        # A traceback must not fill the terminal: write it to a file, and name that.
        path = paths.find().state / "screen.log"
        with contextlib.suppress(OSError), path.open("a", encoding="utf-8") as file:
            file.write(f"{self.now():%Y-%m-%d %H:%M:%S}\n{traceback.format_exc()}\n")
        self._exit_renderables.append(
            f"offhook: the screen failed, which is our fault; {path} has the details. "
            "Calls go on: open the phone again."
        )
        self._close_messages_no_wait()

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        if isinstance(renderable, CompositorUpdate):
            renderable = Changes(renderable, self._shown, self.size)
        super()._display(screen, renderable)

    def redraw(self) -> None:
        """Send the whole screen again."""
        self._shown.forget()
        self.screen.refresh(layout=True)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return filters.filters(super().get_line_filters(), self.current_theme, self.glyphs)

    def _leave(self) -> None:
        # The terminal is gone, or a signal ends the screen; calls go on.
        end_soon()
        self.exit()

    def on_terminal_gone(self) -> None:
        self._leave()

    def on_unmount(self) -> None:
        if self._attention is not None:
            self._attention.close()

    def _write(self, text: str) -> None:
        if self._driver is not None:
            self._driver.write(text)

    # Time

    def clock(self) -> float:
        """Seconds of a monotonic clock."""
        return time.monotonic()

    def now(self) -> datetime:
        """The local time."""
        return datetime.now().astimezone()

    def _tick(self) -> None:
        self.state = forget_ended(self.state, self.clock())
        self.main.tick()
        self._show()

    def _show_levels(self) -> None:
        if self.state.settings.screen.meters and self.state.live:
            self.main.show_levels(self.state)

    # The engine

    @property
    def connected(self) -> bool:
        return self.state.link is Link.UP

    def on_attached(self, message: Attached) -> None:
        self.state = attach(self.state, message.snapshot, self.clock())
        self._take_settings(message.settings)
        self.main.log_pane.restart()
        self._draw_attention()
        self._show()
        self._tell_all(list(self.state.engine.problems) if self.state.engine else [])
        if not self._was_attached and not self.state.accounts and not self.state.calls:
            self.push_screen(Welcome())
        if not self._was_attached and self._dialled:
            # The engine may be faster than the screen, which focuses the log once mounted.
            self.main.call_later(self.main.dial.open_link, self._dialled)
        self._was_attached = True

    def on_happened(self, message: Happened) -> None:
        event = message.numbered.event
        self.state = reduce(self.state, event, self.clock())
        if isinstance(event, LevelsEvent):
            return
        if isinstance(event, MicrophoneLevelEvent):
            self._tell_screens(message.numbered)
            return
        self.events.append(message.numbered)
        match event:
            case LogEvent(entry=entry):
                self.main.note(entry)
            case RowsDeletedEvent(rows=rows):
                self.main.log_pane.drop_rows(rows)
            case RowsRestoredEvent() | RowsImportedEvent():
                self.main.log_pane.drop_rows()
            case NoticeEvent(level=level, text=text):
                self._note(text, level)
            case SettingsEvent(settings=settings):
                self._dress(settings)
            case DigitsEvent(lost=lost) if lost:
                self._note(event.text, "warning")
            case CallEvent():
                self._draw_attention()
            case MessageEvent(message=came) if came.unread and self._attention is not None:
                screen_settings = self.state.settings.screen
                self._attention.text(who(came.remote), came.account, screen_settings)
            case RealtimeTextEvent(call=call_id, ours=False):
                self._note_writer(call_id)
            case _:
                pass
        self._show_soon()
        self._tell_screens(message.numbered)

    def _tell_screens(self, numbered: NumberedEvent) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, Phoned):
                screen.happened(numbered)

    def on_detached(self, message: Detached) -> None:
        self.state = lose(self.state, message.link, message.text)
        self._show()

    async def ask(self, command: AnyCommand) -> bool:
        """Send a command; True if accepted, else show the reason."""
        try:
            await self.bridge.ask(command)
        except (CommandFailed, NoEngine) as error:
            self.tell(str(error), "error")
            return False
        return True

    async def get(self, command: AnyCommand, kind: type[_Data]) -> _Data | None:
        """The engine's answer; None if it refused, after showing the reason."""
        try:
            return await self.bridge.get(command, kind)
        except (CommandFailed, NoEngine) as error:
            self.tell(str(error), "error")
            return None

    async def place(self, command: AnyPlacing) -> bool:
        """Place a call; True if it has started."""
        started = await self.get(command, CallStarted)
        if started is not None and started.notice:
            self.tell(started.notice, "warning")
        return started is not None

    def later(self, work: Coroutine[Any, Any, object]) -> None:
        """Run `work` in the background."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Display

    def tell(self, text: str, level: str = "info") -> None:
        """Show what came of an action, above the dial line and in the box over it."""
        self._note(text, level)
        if isinstance(self.screen, ListBox):
            self.screen.show_notice(_sentence(text))

    def _note(self, text: str, level: str) -> None:
        """Show a message above the dial line for a while."""
        words = _sentence(text)
        until = self.now() + timedelta(seconds=_MESSAGE_S)
        self.main.tell(Part(words, _LEVELS.get(level, "text")), until)

    def _note_writer(self, call_id: str) -> None:
        """Show that a far end writes, unless its text is open."""
        shown = self.state.find(call_id)
        if shown and not any(isinstance(one, RealtimeTextBox) for one in self.screen_stack):
            key = self.shown_key("call.text")
            self._note(f"real-time text of {who(shown.call.remote)}: {key} shows it", "info")

    def _show_soon(self) -> None:
        # One redraw after a burst of events, not one for each.
        if not self._will_show:
            self._will_show = True
            self.call_later(self._show)

    def _show(self) -> None:
        self._will_show = False
        for screen in self.screen_stack:
            if isinstance(screen, Phoned) and screen.is_mounted:
                screen.show(self.state)

    def _draw_attention(self) -> None:
        if self._attention is None:
            return
        callers = [
            (shown.call.id, who(shown.call.remote), shown.call.account)
            for shown in self.state.incoming
        ]
        self._attention.ring(callers, len(self.state.live), self.state.settings.screen)

    def _take_settings(self, data: SettingsData) -> None:
        self.folder = Path(data.folder) if data.folder else None
        self.load_themes()
        self.state = reduce(self.state, SettingsEvent(settings=data.settings), self.clock())
        self._dress(data.settings)
        if data.problem:
            self._note(data.problem, "error")

    def load_themes(self) -> None:
        """Read the themes again, including the user's."""
        self.themes = themes.load_all(self.folder)
        for theme in self.themes.themes.values():
            self.register_theme(theme)
        self._tell_all([*self.themes.problems, *self.themes.notes])

    def _dress(self, settings: Settings) -> None:
        resolved = keymap.resolve(settings.keys)
        if resolved != self.keymap:
            self.keymap = resolved
            self.set_keymap(resolved.bindings)
        theme = settings.screen.theme
        unknown = theme != "auto" and theme not in self.themes.themes
        missing = [f"there is no theme “{theme}”: another one is used"] if unknown else []
        self._tell_all([*resolved.problems, *missing])
        self.wear(settings.screen)

    def wear(self, screen: ScreenSettings) -> None:
        """Apply the theme and the symbols of these settings at once."""
        name = self.themes.pick(screen.theme, self.environ)
        glyphs = self.themes.glyphs(name, screen, self.environ)
        if (name, glyphs) != (self.theme, self.glyphs):
            self.glyphs = glyphs
            symbols.install(glyphs)
            themes.apply(self, name)
        if self.main.is_mounted:
            self.main.dress()
            self._show()

    def _tell_all(self, problems: list[str]) -> None:
        # There is room for one; the screens of themes and settings list all.
        if problems:
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            self._note(f"{problems[0]}{more}", "warning")

    @property
    def typing(self) -> bool:
        """True if letters go into a line of text."""
        return isinstance(self.focused, Input)

    def shown_key(self, action_id: str) -> str:
        """The key of an action that works with the current focus."""
        # In a box, actions of every screen have no letter keys (`bindings_of`).
        everywhere = not BY_ID[action_id].screens and self.screen is not self.main
        if self.typing or everywhere:
            return self.keymap.shown_while_typing(action_id)
        return self.keymap.shown(action_id)

    # Keys

    def context(self) -> Context:
        """Facts that decide which actions make sense on the current screen."""
        screen = self.screen
        return screen.context() if isinstance(screen, Phoned) else Context(screen="other")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action != "do":
            return super().check_action(action, parameters)
        bound = BY_ID.get(str(parameters[0])) if parameters else None
        return bound is not None and bound.when(self.context())

    async def action_do(self, action_id: str) -> None:
        await self.do(action_id)

    async def do(self, action_id: str) -> None:
        """Run one of `tui.keys.actions`, if it makes sense now."""
        context = self.context()
        if BY_ID[action_id].when(context):
            await COMMANDS[action_id](self, context)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
