"""Actions on calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tui.calls.conference import has_user, next_call
from tui.calls.keypad import Keypad
from tui.calls.lock import LockDetails
from tui.calls.pane import Calls
from tui.calls.past_lock import PastLock
from tui.calls.realtime_text import KeptTextBox, RealtimeTextBox
from tui.host import Command, Host
from tui.keys.context import Context, Pane, past_call
from tui.widgets.ask import AskText
from tui.words.phrases import who
from voip.protocol.calls import (
    AcceptTransfer,
    AnswerCall,
    DeclineCall,
    HangUp,
    Hold,
    Mute,
    Play,
    Record,
    RefuseTransfer,
    Resume,
    SendRest,
)
from voip.protocol.client import AnyCommand

_ToCall = Callable[[str], AnyCommand]


def _incoming(command: _ToCall) -> Command:
    async def run(phone: Host, context: Context) -> None:
        if context.incoming is not None:
            await phone.ask(command(context.incoming.call.id))

    return run


def _selected(command: _ToCall) -> Command:
    async def run(phone: Host, context: Context) -> None:
        if context.call is not None:
            await phone.ask(command(context.call.call.id))

    return run


async def _switch(phone: Host, context: Context) -> None:
    after = next_call(phone.state, context.call)
    if after is None:
        return
    phone.main.query_one(Calls).select(after.call.id)
    if not has_user(phone.state, after):
        await phone.ask(Resume(call=after.call.id))


async def _keypad(phone: Host, context: Context) -> None:
    if context.call is not None:
        phone.push_screen(Keypad(context.call.call.id))


async def _text(phone: Host, context: Context) -> None:
    if context.call is not None:
        call = context.call.call
        phone.push_screen(RealtimeTextBox(call.id, call.remote))


async def _kept_text(phone: Host, context: Context) -> None:
    entry = past_call(context)
    if entry is not None:
        phone.push_screen(KeptTextBox(entry))


async def _lock(phone: Host, context: Context) -> None:
    if context.pane is Pane.ACCOUNTS and context.account is not None:
        phone.push_screen(LockDetails(account=context.account.name))
    elif context.call is not None and context.call.ended is None:
        phone.push_screen(LockDetails(call=context.call.call.id))
    elif (entry := past_call(context)) is not None:
        phone.push_screen(PastLock(entry))


async def _play(phone: Host, context: Context) -> None:
    if context.call is None:
        return
    call = context.call.call

    def done(path: str | None) -> None:
        if path:
            phone.later(phone.ask(Play(call=call.id, path=_whole(path))))

    phone.push_screen(
        AskText(f"Play a file to {who(call.remote)}", "WAV file, in place of your voice", "~/"),
        done,
    )


async def _record(phone: Host, context: Context) -> None:
    if context.call is None:
        return
    call = context.call.call
    proposed = f"~/offhook-{call.started.replace(':', '').replace('Z', '')}-{call.id}.wav"

    def done(path: str | None) -> None:
        if path:
            phone.later(phone.ask(Record(call=call.id, path=_whole(path))))

    phone.push_screen(
        AskText(
            f"Record {who(call.remote)}",
            "File to write; a sign shows while it records. Others may have to agree.",
            proposed,
        ),
        done,
    )


def _whole(path: str) -> str:
    # The engine has another working directory and accepts absolute paths only.
    return str(Path(path.strip()).expanduser().absolute())


COMMANDS = {
    "call.answer": _incoming(lambda call: AnswerCall(call=call)),
    "call.decline": _incoming(lambda call: DeclineCall(call=call)),
    "call.busy": _incoming(lambda call: DeclineCall(call=call, busy=True)),
    "call.follow": _selected(lambda call: AcceptTransfer(call=call)),
    "call.stay": _selected(lambda call: RefuseTransfer(call=call)),
    "call.unavailable": _incoming(lambda call: DeclineCall(call=call, unavailable=True)),
    "call.end": _selected(lambda call: HangUp(call=call)),
    "call.hold": _selected(lambda call: Hold(call=call)),
    "call.resume": _selected(lambda call: Resume(call=call)),
    "call.mute": _selected(lambda call: Mute(call=call, on=True)),
    "call.unmute": _selected(lambda call: Mute(call=call, on=False)),
    "call.stop_playing": _selected(lambda call: Play(call=call, path=None)),
    "call.stop_recording": _selected(lambda call: Record(call=call, path=None)),
    "call.switch": _switch,
    "call.keypad": _keypad,
    "call.text": _text,
    "call.kept_text": _kept_text,
    "call.send_rest": _selected(lambda call: SendRest(call=call)),
    "call.play": _play,
    "call.record": _record,
    "lock.details": _lock,
}
