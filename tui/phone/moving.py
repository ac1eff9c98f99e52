"""Moving about on a screen."""

from __future__ import annotations

from collections.abc import Callable

from textual.widgets import Button

from tui.host import Command, Host
from tui.keys.context import Context
from tui.phone.main import MainScreen
from tui.widgets.lines import Lines
from tui.widgets.screens import Phoned, PhoneModal


def _on_main(act: Callable[[MainScreen], None]) -> Command:
    async def run(phone: Host, context: Context) -> None:
        if isinstance(phone.screen, MainScreen):
            act(phone.screen)

    return run


def _move(how: Callable[[Lines], None]) -> Command:
    async def run(phone: Host, context: Context) -> None:
        screen = phone.screen
        lines = screen.list_under_cursor() if isinstance(screen, Phoned) else None
        if lines is not None:
            how(lines)

    return run


async def _close(phone: Host, context: Context) -> None:
    screen = phone.screen
    if isinstance(screen, PhoneModal):
        screen.close()


async def _press(phone: Host, context: Context) -> None:
    button = phone.screen.focused
    if isinstance(button, Button):
        button.action_press()


async def _next_choice(phone: Host, context: Context) -> None:
    phone.screen.focus_next()


async def _previous_choice(phone: Host, context: Context) -> None:
    phone.screen.focus_previous()


COMMANDS = {
    "move.next": _on_main(lambda main: main.next_pane(1)),
    "move.previous": _on_main(lambda main: main.next_pane(-1)),
    "move.leave": _on_main(lambda main: main.leave_line()),
    "move.up": _move(lambda lines: lines.move(-1)),
    "move.down": _move(lambda lines: lines.move(1)),
    "move.page_up": _move(lambda lines: lines.move(-lines.page)),
    "move.page_down": _move(lambda lines: lines.move(lines.page)),
    "move.first": _move(lambda lines: lines.go(0)),
    "box.close": _close,
    "box.press": _press,
    "box.next": _next_choice,
    "box.previous": _previous_choice,
    "move.last": _move(lambda lines: lines.go(lines.count() - 1)),
}
