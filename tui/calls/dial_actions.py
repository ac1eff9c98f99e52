"""Actions on the dial line."""

from __future__ import annotations

from tui.calls.dial import Dial
from tui.host import Host
from tui.keys.context import Context
from voip.protocol.calls import PlaceCall


async def _call(phone: Host, context: Context) -> None:
    # Waiting for the engine would block later keys.
    phone.later(phone.main.query_one(Dial).call())


async def _open(phone: Host, context: Context) -> None:
    phone.main.query_one(Dial).open()


async def _account(phone: Host, context: Context) -> None:
    phone.main.query_one(Dial).next_account()


async def _echo(phone: Host, context: Context) -> None:
    await phone.place(PlaceCall(target="echo"))


COMMANDS = {
    "dial.call": _call,
    "dial.open": _open,
    "dial.account": _account,
    "dial.echo": _echo,
}
