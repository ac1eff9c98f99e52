"""Pick-up, parking and voice mail by the codes of an account's server."""

from __future__ import annotations

from tui.calls.dial import Dial
from tui.host import Host
from tui.keys.context import Context, Pane
from tui.widgets.ask import AskText
from tui.words.phrases import who
from voip.protocol.calls import CallVoicemail, Park, PickUp, Retrieve


async def _pick_up(phone: Host, context: Context) -> None:
    account = phone.main.query_one(Dial).account

    def done(typed: str | None) -> None:
        if typed is not None:
            command = PickUp(target=typed.strip() or None, account=account)
            phone.later(phone.place(command))

    hint = "Whose phone rings? A number or a name; empty for any call of your group."
    phone.push_screen(AskText("Pick up a call", hint), done)


async def _retrieve(phone: Host, context: Context) -> None:
    account = phone.main.query_one(Dial).account

    def done(typed: str | None) -> None:
        if typed and typed.strip():
            phone.later(phone.place(Retrieve(slot=typed.strip(), account=account)))

    phone.push_screen(AskText("Take a parked call back", "In which place is it parked?"), done)


async def _voicemail(phone: Host, context: Context) -> None:
    account = phone.main.query_one(Dial).account
    if context.pane is Pane.ACCOUNTS and context.account is not None:
        account = context.account.name
    await phone.place(CallVoicemail(account=account))


async def _park(phone: Host, context: Context) -> None:
    if context.call is None:
        return
    call = context.call.call
    account = phone.state.account(call.account)
    if account is None or account.codes is None or not account.codes.asks_where:
        await phone.ask(Park(call=call.id))
        return

    def done(typed: str | None) -> None:
        if typed and typed.strip():
            phone.later(phone.ask(Park(call=call.id, slot=typed.strip())))

    phone.push_screen(AskText(f"Park {who(call.remote)}", "In which place?"), done)


COMMANDS = {
    "call.park": _park,
    "dial.pickup": _pick_up,
    "dial.retrieve": _retrieve,
    "dial.voicemail": _voicemail,
}
