"""Handlers of the actions of `tui.actions`, by id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from tui.actions import Context
from tui.commands import accountform, accounts, blocking, boxes, calls, dialling, log, moving, phone

if TYPE_CHECKING:
    from tui.app import OffhookApp

Command = Callable[["OffhookApp", Context], Awaitable[None]]

COMMANDS: dict[str, Command] = {
    **calls.COMMANDS,
    **blocking.COMMANDS,
    **dialling.COMMANDS,
    **log.COMMANDS,
    **accounts.COMMANDS,
    **accountform.COMMANDS,
    **phone.COMMANDS,
    **moving.COMMANDS,
    **boxes.COMMANDS,
}
