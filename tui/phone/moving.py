"""Actions that move the focus and the cursor."""

from __future__ import annotations

from collections.abc import Callable

from textual.widgets import Button

from tui.host import Command, Host
from tui.keys.context import Context
from tui.phone.main import MainScreen
from tui.widgets.lines import Lines
from tui.widgets.screens import Phoned, PhoneModal, on_screen


def _move(how: Callable[[Lines], None]) -> Command:
    async def run(phone: Host, context: Context) -> None:
        screen = phone.screen
        lines = screen.list_under_cursor() if isinstance(screen, Phoned) else None
        if lines is not None:
            how(lines)

    return run


async def _press(phone: Host, context: Context) -> None:
    button = phone.screen.focused
    if isinstance(button, Button):
        button.action_press()


async def _next(phone: Host, context: Context) -> None:
    phone.screen.focus_next()


async def _previous(phone: Host, context: Context) -> None:
    phone.screen.focus_previous()


COMMANDS = {
    "move.next": on_screen(MainScreen, lambda main: main.next_pane(1)),
    "move.previous": on_screen(MainScreen, lambda main: main.next_pane(-1)),
    "move.leave": on_screen(MainScreen, lambda main: main.leave_line()),
    "move.up": _move(lambda lines: lines.move(-1)),
    "move.down": _move(lambda lines: lines.move(1)),
    "move.page_up": _move(lambda lines: lines.move(-lines.page)),
    "move.page_down": _move(lambda lines: lines.move(lines.page)),
    "move.first": _move(lambda lines: lines.go(0)),
    "move.last": _move(lambda lines: lines.go(lines.count() - 1)),
    "form.next": _next,
    "form.previous": _previous,
    "box.close": on_screen(PhoneModal, lambda box: box.close()),
    "box.press": _press,
    "box.next": _next,
    "box.previous": _previous,
}
