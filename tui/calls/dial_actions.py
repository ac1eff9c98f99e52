"""Actions on the dial line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.keys.context import Context
from voip.protocol import client as told

if TYPE_CHECKING:
    from tui.app import OffhookApp


async def _call(phone: OffhookApp, context: Context) -> None:
    await phone.main.dial.call()


async def _open(phone: OffhookApp, context: Context) -> None:
    phone.main.dial.open()


async def _account(phone: OffhookApp, context: Context) -> None:
    phone.main.dial.next_account()


async def _echo(phone: OffhookApp, context: Context) -> None:
    await phone.place(told.PlaceCall(target="echo"))


COMMANDS = {
    "dial.call": _call,
    "dial.open": _open,
    "dial.account": _account,
    "dial.echo": _echo,
}
