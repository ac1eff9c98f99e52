"""Moving about on a screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from tui.keys.context import Context
from tui.widgets.lines import Lines
from tui.widgets.screens import Phoned, PhoneModal

if TYPE_CHECKING:
    from tui.app import OffhookApp


async def _next(phone: OffhookApp, context: Context) -> None:
    phone.main.next_pane(1)


async def _previous(phone: OffhookApp, context: Context) -> None:
    phone.main.next_pane(-1)


async def _leave(phone: OffhookApp, context: Context) -> None:
    phone.main.leave_line()


def _move(how: Callable[[Lines], None]) -> Callable[[OffhookApp, Context], Awaitable[None]]:
    async def run(phone: OffhookApp, context: Context) -> None:
        screen = phone.screen
        lines = screen.list_under_cursor() if isinstance(screen, Phoned) else None
        if lines is not None:
            how(lines)

    return run


async def _close(phone: OffhookApp, context: Context) -> None:
    screen = phone.screen
    if isinstance(screen, PhoneModal):
        screen.close()


async def _next_choice(phone: OffhookApp, context: Context) -> None:
    phone.screen.focus_next()


async def _previous_choice(phone: OffhookApp, context: Context) -> None:
    phone.screen.focus_previous()


COMMANDS = {
    "move.next": _next,
    "move.previous": _previous,
    "move.leave": _leave,
    "move.up": _move(lambda lines: lines.move(-1)),
    "move.down": _move(lambda lines: lines.move(1)),
    "move.page_up": _move(lambda lines: lines.move(-lines.page)),
    "move.page_down": _move(lambda lines: lines.move(lines.page)),
    "move.first": _move(lambda lines: lines.go(0)),
    "box.close": _close,
    "box.next": _next_choice,
    "box.previous": _previous_choice,
    "move.last": _move(lambda lines: lines.go(lines.count() - 1)),
}
