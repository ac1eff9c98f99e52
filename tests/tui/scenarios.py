"""Effects of each action: `SCENARIOS[action]` prepares it and checks it.

A scenario returns a function that is false before the action and true after it.
Those of one story share a phone, in the order of `STORIES`; `tidy` runs between
them.
"""

from __future__ import annotations

import wave
from collections.abc import Awaitable, Callable

from textual.command import CommandPalette
from textual.widgets import Input

from tests.tui.scenes import SCENES, Stage, at_setting, kept_text, writing
from tui.accounts.form import AccountForm
from tui.accounts.trial import AccountTest
from tui.accounts.trust import AccountTrust, DraftTrust
from tui.calls.keypad import Keypad
from tui.calls.lock import LockDetails
from tui.calls.realtime_text import KeptTextBox, RealtimeTextBox
from tui.calls.transfer import TransferTo
from tui.messages.thread import ThreadBox
from tui.messages.threads import ThreadsBox
from tui.people.contacts import ContactsBox
from tui.people.new_contact import NewContact
from tui.people.person import PersonBox
from tui.phone.engine_log import EngineLog
from tui.phone.events import EventDetails, Events
from tui.phone.help import Guide
from tui.phone.leave import Leave
from tui.phone.main import MainScreen
from tui.phone.welcome import Welcome
from tui.settings.devices import Devices
from tui.settings.keys import Keys, NewKey
from tui.settings.settings import Settings
from tui.settings.themes import Themes
from tui.state import KEEP_ENDED_S
from tui.widgets.ask import AskText, Confirm, TypeWord
from tui.widgets.form import Mark
from tui.widgets.lines import Lines
from voip.model import CallState, Conference, RegistrationState
from voip.protection import Compared, Keying, LockReport
from voip.protocol.accounts import EditAccount
from voip.protocol.calls import Hold, JoinCalls, LeaveConference, Mute, Play, Record, SilenceParty
from voip.protocol.people import MarkFavourite
from voip.protocol.settings import ChangeSettings
from voip.protocol.trust import CompareWords, GetLock
from voip.protocol.worker.base import WorkerCommand
from voip.protocol.worker.calls import AnswerTransfer, EndCall, ReferCall

Done = Callable[[], bool]
Scenario = Callable[[Stage], Awaitable[Done]]

SCENARIOS: dict[str, Scenario] = {}

STORIES: dict[str, tuple[str, ...]] = {
    "somebody calls": (
        "caller.block",
        "call.busy",
        "call.unavailable",
        "call.decline",
        "call.answer",
    ),
    "a call": (
        "call.stay",
        "call.follow",
        "call.hold",
        "call.resume",
        "call.mute",
        "call.unmute",
        "call.keypad",
        "box.close",
        "call.text",
        "call.kept_text",
        "call.send_rest",
        "call.play",
        "call.stop_playing",
        "call.record",
        "call.stop_recording",
        "lock.details",
        "call.transfer",
        "call.park",
        "call.switch",
        "conference.join",
        "conference.aside",
        "conference.back",
        "conference.silence",
        "conference.unsilence",
        "conference.leave",
        "conference.take_out",
        "conference.end",
        "call.end",
        "phone.quit",
        "box.next",
        "box.previous",
        "box.press",
    ),
    "dialling": (
        "dial.open",
        "move.leave",
        "dial.account",
        "dial.call",
        "dial.pickup",
        "dial.retrieve",
        "dial.voicemail",
        "dial.echo",
    ),
    "the log": (
        "log.search",
        "log.filter",
        "log.account",
        "log.person",
        "log.clear",
        "log.copy",
        "move.next",
        "move.previous",
        "move.up",
        "move.down",
        "move.page_up",
        "move.page_down",
        "move.first",
        "move.last",
        "log.delete",
        "log.restore",
        "log.import",
        "log.delete_all",
        "log.call",
    ),
    "an account": (
        "account.register",
        "account.edit",
        "account.test",
        "account.trust",
        "account.disable",
        "account.enable",
        "account.down",
    ),
    "accounts": ("account.add", "account.up", "account.remove", "lock.edit"),
    "the account form": (
        "form.reload",
        "form.reveal",
        "form.choose",
        "form.more",
        "form.trust",
        "form.next",
        "form.previous",
        "form.test",
        "form.save",
    ),
    "a test of an account": ("form.again",),
    "screens": (
        "phone.palette",
        "phone.help",
        "phone.devices",
        "phone.settings",
        "phone.disturb",
        "phone.themes",
        "phone.messages",
        "phone.people",
        "phone.events",
        "phone.log",
        "phone.welcome",
        "phone.redraw",
        "phone.connect",
    ),
    "lists": (
        "device.use",
        "device.test",
        "setting.change",
        "setting.default",
        "key.change",
        "key.default",
        "event.open",
        "list.search",
        "list.leave",
        "list.reload",
        "theme.keep",
        "theme.symbols",
    ),
    "a certificate": ("trust.pin", "trust.leave", "trust.replace"),
    "a pin": ("trust.unpin",),
    "texts": (
        "message.write",
        "thread.open",
        "thread.new",
        "thread.write",
        "thread.delete",
        "thread.delete_all",
        "thread.restore",
    ),
    "people": (
        "contact.favourite",
        "contact.unfavourite",
        "person.show",
        "contact.add",
        "contact.write",
        "contact.pickup",
        "contact.call",
        "contact.calls",
    ),
    "words": ("words.different", "words.equal", "words.forget"),
}


async def tidy(stage: Stage) -> None:
    """Remove boxes, calls, filters and typed text; focus the log."""
    phone = stage.phone
    await phone.to_main()
    for shown in phone.app.state.live:
        stage.engine.remote_hangs_up(shown.call.id)
    await phone.until(lambda: not phone.app.state.live)
    stage.clock.advance(KEEP_ENDED_S)
    phone.tick()
    main = phone.app.main
    main.dial.input.clear()
    main.log_pane.rows.focus()
    await phone.settle()
    if main.context().filtered:
        await phone.press("escape")


def _for(action: str) -> Callable[[Scenario], Scenario]:
    def keep(scenario: Scenario) -> Scenario:
        assert action not in SCENARIOS, action
        SCENARIOS[action] = scenario
        return scenario

    return keep


# Calls


def _ordered(stage: Stage, kind: type[WorkerCommand], **fields: object) -> Done:
    """Build a check that a worker gets such a command, after all earlier ones."""
    before = len(stage.engine.script.orders)

    def done() -> bool:
        return any(
            isinstance(order, kind)
            and all(getattr(order, field) == value for field, value in fields.items())
            for order in stage.engine.script.orders[before:]
        )

    return done


def _on(stage: Stage, kind: type) -> Done:
    return lambda: isinstance(stage.phone.app.screen, kind)


async def _ringing(stage: Stage) -> str:
    await stage.accounts()
    call = await stage.engine.incoming("work", stage.address("Bob", "bob"))
    await stage.phone.until(lambda: stage.phone.app.state.incoming)
    return call


@_for("call.answer")
async def _(stage: Stage) -> Done:
    call = await _ringing(stage)
    return lambda: stage.state_of(call) is CallState.ACTIVE


async def _asked(stage: Stage) -> str:
    """A call whose far end wants to connect the user with Carol."""
    call = await _ringing(stage)
    await stage.phone.press("a")
    await stage.phone.until(lambda: stage.state_of(call) is CallState.ACTIVE)
    stage.engine.remote_asks_for_transfer(call, stage.address("Carol", "carol"))
    await stage.phone.until(
        lambda: any(shown.call.asked is not None for shown in stage.phone.app.state.live)
    )
    return call


@_for("call.follow")
async def _(stage: Stage) -> Done:
    call = await _asked(stage)
    return lambda: stage.state_of(call) is CallState.HELD


@_for("call.stay")
async def _(stage: Stage) -> Done:
    await _asked(stage)
    return _ordered(stage, AnswerTransfer, by=None)


@_for("call.decline")
async def _(stage: Stage) -> Done:
    await _ringing(stage)
    return _ordered(stage, EndCall, code=603)


@_for("call.busy")
async def _(stage: Stage) -> Done:
    await _ringing(stage)
    return _ordered(stage, EndCall, code=486)


@_for("call.unavailable")
async def _(stage: Stage) -> Done:
    await _ringing(stage)
    return _ordered(stage, EndCall, code=480)


@_for("phone.disturb")
async def _(stage: Stage) -> Done:
    return lambda: "do not disturb  " in stage.phone.lines[0]


@_for("caller.block")
async def _(stage: Stage) -> Done:
    await _ringing(stage)
    return lambda: (
        isinstance(stage.phone.app.screen, Confirm) and "Block this caller" in stage.phone.text
    )


async def _talking(stage: Stage) -> str:
    await stage.accounts()
    return await stage.active()


@_for("call.end")
async def _(stage: Stage) -> Done:
    call = await _talking(stage)
    return lambda: stage.state_of(call) is CallState.ENDED


@_for("call.hold")
async def _(stage: Stage) -> Done:
    call = await _talking(stage)
    return lambda: stage.state_of(call) is CallState.HELD


@_for("call.resume")
async def _(stage: Stage) -> Done:
    call = await _talking(stage)
    await stage.engine.client.ask(Hold(call=call))
    await stage.phone.until(lambda: stage.state_of(call) is CallState.HELD)
    return lambda: stage.state_of(call) is CallState.ACTIVE


def _muted(stage: Stage, call: str) -> bool:
    shown = stage.phone.app.state.find(call)
    return shown is not None and shown.call.muted


@_for("call.mute")
async def _(stage: Stage) -> Done:
    call = await _talking(stage)
    return lambda: _muted(stage, call) and "muted" in stage.phone.text


@_for("call.unmute")
async def _(stage: Stage) -> Done:
    call = await _talking(stage)
    await stage.engine.client.ask(Mute(call=call))
    await stage.phone.until(lambda: _muted(stage, call))
    return lambda: not _muted(stage, call)


@_for("call.keypad")
async def _(stage: Stage) -> Done:
    await _talking(stage)
    return _on(stage, Keypad)


@_for("call.text")
async def _(stage: Stage) -> Done:
    await writing(stage)
    return _on(stage, RealtimeTextBox)


@_for("call.send_rest")
async def _(stage: Stage) -> Done:
    await stage.accounts()
    call = await stage.engine.call("100,1;2", account="work")
    stage.engine.remote_answers(call)
    await stage.phone.sees("1 tone waits for you")
    return lambda: (
        stage.engine.digits_sent(call) == ",12" and "waits for you" not in stage.phone.text
    )


@_for("call.switch")
async def _(stage: Stage) -> Done:
    first = await _talking(stage)
    second = await stage.active("Workshop", "workshop")
    await stage.phone.until(lambda: stage.state_of(first) is CallState.HELD)
    return lambda: (
        stage.state_of(first) is CallState.ACTIVE and stage.state_of(second) is CallState.HELD
    )


@_for("call.transfer")
async def _(stage: Stage) -> Done:
    await _talking(stage)
    return _on(stage, TransferTo)


@_for("call.park")
async def _(stage: Stage) -> Done:
    await stage.accounts()
    await stage.engine.client.ask(EditAccount(name="work", fields={"park": "700"}))
    await _talking(stage)
    return _ordered(stage, ReferCall, uri="sip:700@pbx.work.example.com;transport=tls")


def _together(stage: Stage) -> Conference | None:
    return next(iter(stage.phone.app.state.conferences), None)


async def _joined(stage: Stage) -> str:
    """Talk with two in a conference; return the second call, which is selected."""
    first = await _talking(stage)
    second = await stage.active("Workshop", "workshop")
    await stage.phone.until(lambda: stage.state_of(first) is CallState.HELD)
    await stage.engine.client.ask(JoinCalls(calls=(first, second)))
    await stage.phone.sees("all: [server]")
    await stage.phone.until(lambda: stage.state_of(first) is CallState.ACTIVE)
    stage.phone.app.main.calls.select(second)
    await stage.phone.settle()
    return second


@_for("conference.join")
async def _(stage: Stage) -> Done:
    first = await _talking(stage)
    second = await stage.active("Workshop", "workshop")
    await stage.phone.until(lambda: stage.state_of(first) is CallState.HELD)
    stage.phone.app.main.calls.select(first)
    await stage.phone.settle()

    def done() -> bool:
        group = _together(stage)
        return group is not None and set(group.calls) == {first, second}

    return done


@_for("conference.aside")
async def _(stage: Stage) -> Done:
    call = await _joined(stage)

    def done() -> bool:
        group = _together(stage)
        return group is not None and group.aside == call and "without you" in stage.phone.text

    return done


@_for("conference.back")
async def _(stage: Stage) -> Done:
    call = await _joined(stage)
    await stage.engine.client.ask(LeaveConference(call=call))
    await stage.phone.sees("conference without you")

    def done() -> bool:
        group = _together(stage)
        return group is not None and group.here and "without you" not in stage.phone.text

    return done


@_for("conference.leave")
async def _(stage: Stage) -> Done:
    await _joined(stage)

    def done() -> bool:
        group = _together(stage)
        return group is not None and not group.here and "conference without" in stage.phone.text

    return done


@_for("conference.silence")
async def _(stage: Stage) -> Done:
    await _joined(stage)
    return lambda: "nobody hears them" in stage.phone.text


@_for("conference.unsilence")
async def _(stage: Stage) -> Done:
    call = await _joined(stage)
    await stage.engine.client.ask(SilenceParty(call=call))
    await stage.phone.sees("nobody hears them")
    return lambda: "nobody hears them" not in stage.phone.text


@_for("conference.take_out")
async def _(stage: Stage) -> Done:
    call = await _joined(stage)
    return lambda: stage.state_of(call) is CallState.HELD and _together(stage) is None


@_for("conference.end")
async def _(stage: Stage) -> Done:
    await _joined(stage)
    return lambda: not stage.phone.app.state.live and _together(stage) is None


@_for("lock.details")
async def _(stage: Stage) -> Done:
    await _talking(stage)
    return _on(stage, LockDetails)


@_for("call.play")
async def _(stage: Stage) -> Done:
    await _talking(stage)
    return _on(stage, AskText)


@_for("call.stop_playing")
async def _(stage: Stage) -> Done:
    call = await _talking(stage)
    file = stage.engine.folder / "tone.wav"
    with wave.open(str(file), "wb") as silence:
        silence.setparams((1, 2, 8000, 0, "NONE", ""))
        silence.writeframes(bytes(16000))
    await stage.engine.client.ask(Play(call=call, path=str(file)))
    await stage.phone.sees("playing a file")
    return lambda: "playing a file" not in stage.phone.text


@_for("call.record")
async def _(stage: Stage) -> Done:
    await _talking(stage)
    return _on(stage, AskText)


@_for("call.stop_recording")
async def _(stage: Stage) -> Done:
    call = await _talking(stage)
    file = stage.engine.folder / "recording.wav"
    await stage.engine.client.ask(Record(call=call, path=str(file)))
    await stage.phone.sees("you are recording")
    return lambda: "you are recording" not in stage.phone.text


# Dialling


@_for("dial.open")
async def _(stage: Stage) -> Done:
    await stage.accounts()
    return lambda: stage.phone.app.main.dial.input.has_focus


@_for("dial.call")
async def _(stage: Stage) -> Done:
    await stage.accounts()
    await stage.phone.press("d")
    await stage.phone.type("200")
    return lambda: any(c.call.remote.uri == _at_work("200") for c in stage.phone.app.state.live)


def _at_work(user: str) -> str:
    return f"sip:{user}@pbx.work.example.com"


@_for("dial.account")
async def _(stage: Stage) -> Done:
    await stage.accounts()
    await stage.phone.press("d")
    await stage.phone.type("200")
    await stage.phone.sees("with work")
    before = stage.phone.app.main.dial.account
    return lambda: stage.phone.app.main.dial.account != before


@_for("dial.echo")
async def _(stage: Stage) -> Done:
    await stage.phone.to_main()
    return lambda: any(shown.call.account == "echo" for shown in stage.phone.app.state.live)


@_for("dial.pickup")
async def _(stage: Stage) -> Done:
    await stage.accounts()
    return _on(stage, AskText)


@_for("dial.retrieve")
async def _(stage: Stage) -> Done:
    await stage.accounts()
    return _on(stage, AskText)


@_for("dial.voicemail")
async def _(stage: Stage) -> Done:
    await stage.accounts()
    code: dict[str, str | int | bool | None] = {"voicemail": "*97"}
    await stage.engine.client.ask(EditAccount(name="work", fields=code))
    return lambda: any("*97@" in shown.call.remote.uri for shown in stage.phone.app.state.live)


# The log


async def _logged(stage: Stage) -> None:
    await stage.accounts()
    if not stage.phone.app.main.log_pane.rows.count():
        await stage.log()
    stage.phone.app.main.log_pane.rows.focus()


@_for("log.call")
async def _(stage: Stage) -> Done:
    await _logged(stage)
    entry = stage.phone.app.main.log_pane.rows.selected
    assert entry is not None
    uri = entry.remote.uri
    return lambda: any(shown.call.remote.uri == uri for shown in stage.phone.app.state.live)


@_for("log.search")
async def _(stage: Stage) -> Done:
    await _logged(stage)
    return lambda: stage.phone.app.main.log_pane.search.has_focus


@_for("log.filter")
async def _(stage: Stage) -> Done:
    await _logged(stage)
    return lambda: "missed" in stage.phone.text and "1 call " in stage.phone.text


@_for("log.account")
async def _(stage: Stage) -> Done:
    await _logged(stage)
    book = stage.phone.app.main.log_pane.rows.book
    return lambda: book.selection.account == "work" and book.loaded and 0 < book.total < 10


@_for("log.person")
async def _(stage: Stage) -> Done:
    await _logged(stage)
    rows = stage.phone.app.main.log_pane.rows
    await stage.phone.until(lambda: rows.selected is not None)
    person = rows.selected.remote if rows.selected is not None else None
    return lambda: rows.book.selection.person == person and rows.book.total == 1


@_for("log.clear")
async def _(stage: Stage) -> Done:
    await _logged(stage)
    await stage.phone.press("slash")
    await stage.phone.type("nobody")
    await stage.phone.press("enter")
    await stage.phone.sees("No matching calls.")
    return lambda: stage.phone.app.main.log_pane.rows.count() == 10


@_for("log.copy")
async def _(stage: Stage) -> Done:
    await _logged(stage)
    return lambda: stage.phone.app.clipboard.startswith("sip:")


@_for("log.delete")
async def _(stage: Stage) -> Done:
    await _logged(stage)
    rows = stage.phone.app.main.log_pane.rows
    count = rows.count()
    return lambda: rows.count() == count - 1 and "U brings it back." in stage.phone.text


@_for("log.delete_all")
async def _(stage: Stage) -> Done:
    await _logged(stage)
    question = f"Delete all {stage.phone.app.main.log_pane.rows.count()} calls?"
    asked = _on(stage, Confirm)
    return lambda: asked() and question in stage.phone.text


@_for("log.restore")
async def _(stage: Stage) -> Done:
    await _logged(stage)
    rows = stage.phone.app.main.log_pane.rows
    count = rows.count()
    await stage.phone.press("delete")
    await stage.phone.until(lambda: rows.count() == count - 1)
    return lambda: rows.count() == count and "Brought back 1 call." in stage.phone.text


@_for("call.kept_text")
async def _(stage: Stage) -> Done:
    await kept_text(stage)
    return _on(stage, KeptTextBox)


@_for("log.import")
async def _(stage: Stage) -> Done:
    await _logged(stage)
    asked = _on(stage, AskText)
    return lambda: asked() and "Import calls into the log" in stage.phone.text


# Accounts


async def _on_account(stage: Stage, name: str = "work") -> None:
    if not stage.phone.app.state.accounts:
        await stage.accounts()
    main = stage.phone.app.main
    main.accounts.focus()
    main.accounts.select(name)
    await stage.phone.settle()


@_for("account.add")
async def _(stage: Stage) -> Done:
    await stage.phone.to_main()
    return _on(stage, AccountForm)


@_for("account.edit")
async def _(stage: Stage) -> Done:
    await _on_account(stage)
    return _on(stage, AccountForm)


@_for("account.test")
async def _(stage: Stage) -> Done:
    await _on_account(stage)
    return lambda: len(stage.phone.app.screen_stack) > 1 and "work" in stage.phone.text


@_for("account.trust")
async def _(stage: Stage) -> Done:
    await _on_account(stage)
    return _on(stage, AccountTrust)


def _enabled(stage: Stage, name: str) -> bool:
    account = stage.phone.app.state.account(name)
    return account is not None and account.enabled


@_for("account.disable")
async def _(stage: Stage) -> Done:
    await _on_account(stage)
    return lambda: not _enabled(stage, "work") and "disabled" in stage.phone.text


@_for("account.enable")
async def _(stage: Stage) -> Done:
    await stage.accounts()
    await stage.engine.client.ask(EditAccount(name="work", fields={"enabled": False}))
    await stage.phone.until(lambda: not _enabled(stage, "work"))
    await _on_account(stage)
    return lambda: _enabled(stage, "work")


@_for("account.register")
async def _(stage: Stage) -> Done:
    stage.engine.refuse_account("work", 403)
    await stage.accounts()
    await _on_account(stage)
    stage.engine.accept_account("work")
    return lambda: stage.standing("work") is RegistrationState.REGISTERED


def _order(stage: Stage) -> list[str]:
    return [account.name for account in stage.phone.app.state.accounts]


@_for("account.up")
async def _(stage: Stage) -> Done:
    await _on_account(stage)
    await _on_account(stage, "home")
    return lambda: _order(stage) == ["home", "work"]


@_for("account.down")
async def _(stage: Stage) -> Done:
    await _on_account(stage)
    return lambda: _order(stage) == ["home", "work"]


@_for("account.remove")
async def _(stage: Stage) -> Done:
    await _on_account(stage)
    return _on(stage, Confirm)


# The phone


@_for("phone.palette")
async def _(stage: Stage) -> Done:
    await stage.accounts()
    return _on(stage, CommandPalette)


async def _opens(stage: Stage, kind: type) -> Done:
    await stage.accounts()
    return _on(stage, kind)


@_for("phone.help")
async def _(stage: Stage) -> Done:
    return await _opens(stage, Guide)


@_for("phone.devices")
async def _(stage: Stage) -> Done:
    return await _opens(stage, Devices)


@_for("phone.settings")
async def _(stage: Stage) -> Done:
    return await _opens(stage, Settings)


@_for("phone.themes")
async def _(stage: Stage) -> Done:
    return await _opens(stage, Themes)


@_for("phone.events")
async def _(stage: Stage) -> Done:
    return await _opens(stage, Events)


@_for("phone.log")
async def _(stage: Stage) -> Done:
    return await _opens(stage, EngineLog)


@_for("phone.welcome")
async def _(stage: Stage) -> Done:
    return await _opens(stage, Welcome)


@_for("phone.connect")
async def _(stage: Stage) -> Done:
    await stage.accounts()
    await stage.engine.stop()
    await stage.phone.sees("was stopped")
    await stage.engine.start()
    return lambda: stage.phone.app.connected


@_for("phone.redraw")
async def _(stage: Stage) -> Done:
    await stage.accounts()
    await stage.phone.settle()
    stage.phone.draws = True
    before = len(stage.phone.drawn)
    return lambda: "Call log" in "".join(stage.phone.drawn[before:])


@_for("phone.quit")
async def _(stage: Stage) -> Done:
    await _talking(stage)
    return _on(stage, Leave)


# Movement


@_for("move.next")
async def _(stage: Stage) -> Done:
    await _logged(stage)
    return lambda: stage.phone.app.main.dial.input.has_focus


@_for("move.previous")
async def _(stage: Stage) -> Done:
    await _logged(stage)
    return lambda: stage.phone.app.main.calls.has_focus


@_for("move.leave")
async def _(stage: Stage) -> Done:
    await stage.accounts()
    await stage.phone.press("d")
    return lambda: stage.phone.app.main.log_pane.rows.has_focus


def _moves(start: int, goal: Callable[[Lines], int]) -> Scenario:
    """Build a scenario that moves the log's cursor from row `start`."""

    async def scenario(stage: Stage) -> Done:
        await _logged(stage)
        await stage.phone.resize(80, 16)
        rows = stage.phone.app.main.log_pane.rows
        rows.go(start)
        await stage.phone.settle()
        assert rows.count() == 10
        return lambda: rows.cursor == goal(rows)

    return scenario


SCENARIOS |= {
    "move.up": _moves(3, lambda rows: 2),
    "move.down": _moves(3, lambda rows: 4),
    "move.page_up": _moves(9, lambda rows: 9 - rows.page),
    "move.page_down": _moves(0, lambda rows: rows.page),
    "move.first": _moves(3, lambda rows: 0),
    "move.last": _moves(3, lambda rows: 9),
}


# Boxes


@_for("box.close")
async def _(stage: Stage) -> Done:
    await _talking(stage)
    await stage.phone.press("k")
    await stage.phone.until(_on(stage, Keypad))
    return _on(stage, MainScreen)


async def _leaving(stage: Stage) -> None:
    await _talking(stage)
    await stage.phone.press("q")
    await stage.phone.until(_on(stage, Leave))


@_for("box.next")
async def _(stage: Stage) -> Done:
    await _leaving(stage)
    return lambda: stage.phone.focus == "end-all"


@_for("box.previous")
async def _(stage: Stage) -> Done:
    await _leaving(stage)
    return lambda: stage.phone.focus == "stay"


# The account form


async def _form(stage: Stage, *keys: str) -> AccountForm:
    await _on_account(stage)
    await stage.phone.press("enter", *keys)
    form = stage.phone.app.screen
    assert isinstance(form, AccountForm)
    return form


def _file(stage: Stage) -> str:
    return stage.engine.paths.accounts.read_text()


@_for("form.save")
async def _(stage: Stage) -> Done:
    form = await _form(stage)
    form.query_one("#input-user", Input).value = "carol"
    return lambda: 'user = "carol"' in _file(stage)


@_for("form.test")
async def _(stage: Stage) -> Done:
    await _form(stage)
    return _on(stage, AccountTest)


@_for("form.reload")
async def _(stage: Stage) -> Done:
    form = await _form(stage)
    name: dict[str, str | int | bool | None] = {"display_name": "Alice"}
    await stage.engine.client.ask(EditAccount(name="work", fields=name))
    form.query_one("#input-user", Input).value = "carol"
    await stage.phone.press("ctrl+s")
    await stage.phone.until(lambda: form.context().changed_meanwhile)
    return lambda: not form.context().changed_meanwhile


@_for("form.reveal")
async def _(stage: Stage) -> Done:
    form = await _form(stage)
    password = form.query_one("#input-password", Input)
    password.focus()
    return lambda: not password.password


@_for("form.choose")
async def _(stage: Stage) -> Done:
    form = await _form(stage)
    mark = next(mark for mark in form.query(Mark) if "TCP" in str(mark.render()))
    mark.focus()
    return lambda: form.rows.draft["transport"] == "tcp"


@_for("form.more")
async def _(stage: Stage) -> Done:
    form = await _form(stage)
    return lambda: any(row.display for row in form.query("#row-proxy"))


@_for("form.trust")
async def _(stage: Stage) -> Done:
    await _form(stage)
    return _on(stage, DraftTrust)


@_for("form.next")
async def _(stage: Stage) -> Done:
    form = await _form(stage)
    form.query_one("#input-user").focus()
    return lambda: stage.phone.focus == "input-domain"


@_for("form.previous")
async def _(stage: Stage) -> Done:
    form = await _form(stage)
    form.query_one("#input-domain").focus()
    return lambda: stage.phone.focus == "input-user"


@_for("form.again")
async def _(stage: Stage) -> Done:
    await _on_account(stage)
    stage.engine.refuse_account("work", 403)
    await stage.phone.press("t")
    await stage.phone.sees("It fails at")
    stage.engine.accept_account("work")
    return lambda: "Everything works." in stage.phone.text


# Boxes with a list


async def _box(stage: Stage, *keys: str) -> None:
    await stage.accounts()
    await stage.phone.press(*keys)


@_for("device.use")
async def _(stage: Stage) -> Done:
    await stage.engine.client.ask(ChangeSettings(changes={"audio.input": None}))
    await stage.phone.until(lambda: stage.phone.app.state.settings.audio.input is None)
    await _box(stage, "v", "down")
    return lambda: stage.phone.app.state.settings.audio.input is not None


@_for("device.test")
async def _(stage: Stage) -> Done:
    await _box(stage, "v")
    return lambda: any("Speak now" in line for line in stage.phone.lines)


@_for("setting.change")
async def _(stage: Stage) -> Done:
    await at_setting(stage, "screen.bell")
    before = stage.phone.app.state.settings.screen.bell
    return lambda: stage.phone.app.state.settings.screen.bell != before


@_for("setting.default")
async def _(stage: Stage) -> Done:
    await stage.engine.client.ask(ChangeSettings(changes={"screen.bell": False}))
    await at_setting(stage, "screen.bell")
    await stage.phone.until(lambda: not stage.phone.app.state.settings.screen.bell)
    return lambda: stage.phone.app.state.settings.screen.bell


async def _at_key(stage: Stage, goal: str) -> None:
    """Move the cursor of the keys to an action's."""
    await _box(stage, "comma", "end", "enter")
    screen = stage.phone.app.screen
    assert isinstance(screen, Keys)
    screen.rows.select(goal)
    assert screen.rows.selected == goal
    await stage.phone.settle()


@_for("key.change")
async def _(stage: Stage) -> Done:
    await _at_key(stage, "call.mute")
    return _on(stage, NewKey)


@_for("key.default")
async def _(stage: Stage) -> Done:
    await stage.engine.client.ask(ChangeSettings(changes={"keys.call.mute": "Q"}))
    await stage.phone.until(lambda: "call.mute" in stage.phone.app.keymap.changed)
    await _at_key(stage, "call.mute")
    return lambda: "call.mute" not in stage.phone.app.keymap.changed


@_for("trust.pin")
async def _(stage: Stage) -> Done:
    await SCENES["trust"](stage)
    return _on(stage, Confirm)


@_for("trust.leave")
async def _(stage: Stage) -> Done:
    await SCENES["trust-changed"](stage)
    return _on(stage, MainScreen)


@_for("trust.replace")
async def _(stage: Stage) -> Done:
    await SCENES["trust-changed"](stage)
    return _on(stage, TypeWord)


@_for("trust.unpin")
async def _(stage: Stage) -> Done:
    await SCENES["trust-pinned"](stage)
    return _on(stage, TypeWord)


@_for("lock.edit")
async def _(stage: Stage) -> Done:
    await stage.accounts()
    await stage.engine.add_account("old", transport="udp")
    await _on_account(stage, "old")
    await stage.phone.press("l")
    await stage.phone.sees("[UNSAFE]")
    return _on(stage, AccountForm)


async def _words(stage: Stage, answer: bool | None = None) -> str:
    """Show the lock of a call with words, answered as given; return its id."""
    await stage.accounts()
    call = await stage.dialled()
    stage.engine.remote_answers(call, keying=Keying.DTLS)
    await stage.phone.until(lambda: stage.state_of(call) is CallState.ACTIVE)
    if answer is not None:
        report = await stage.engine.client.get(GetLock(call=call), LockReport)
        assert report.end_to_end is not None
        words = report.end_to_end.words
        await stage.engine.client.ask(CompareWords(call=call, words=words, equal=answer))
    await stage.phone.press("l")
    await stage.phone.sees("Words to compare by voice")
    return call


def _compared(stage: Stage, call: str) -> Compared | None:
    shown = stage.phone.app.state.find(call)
    comparison = shown.call.lock.comparison if shown is not None else None
    return comparison.state if comparison is not None else None


@_for("words.equal")
async def _(stage: Stage) -> Done:
    call = await _words(stage)
    return lambda: (
        _compared(stage, call) is Compared.EQUAL and "EQUAL: you compared them" in stage.phone.text
    )


@_for("words.different")
async def _(stage: Stage) -> Done:
    call = await _words(stage)
    return lambda: (
        _compared(stage, call) is Compared.DIFFERENT and isinstance(stage.phone.app.screen, Confirm)
    )


@_for("words.forget")
async def _(stage: Stage) -> Done:
    await _words(stage, answer=True)
    return _on(stage, Confirm)


@_for("theme.keep")
async def _(stage: Stage) -> Done:
    await _box(stage, "T", "down")
    return lambda: stage.phone.app.state.settings.screen.theme == stage.phone.app.theme


@_for("theme.symbols")
async def _(stage: Stage) -> Done:
    await _box(stage, "T")
    return lambda: stage.phone.app.glyphs.name == "emoji"


@_for("event.open")
async def _(stage: Stage) -> Done:
    await _box(stage, "E")
    return _on(stage, EventDetails)


@_for("box.press")
async def _(stage: Stage) -> Done:
    await SCENES["confirm"](stage)
    return _on(stage, MainScreen)


@_for("list.search")
async def _(stage: Stage) -> Done:
    await _box(stage, "question_mark")
    return lambda: stage.phone.focus == "line"


@_for("list.reload")
async def _(stage: Stage) -> Done:
    await _box(stage, "L")
    with stage.engine.paths.log.open("a") as log:
        log.write("2026-03-14 14:32:00,000 INFO    voip.engine: a line that nobody told of\n")
    return lambda: "a line that nobody told of" in " ".join(stage.phone.text.split())


@_for("list.leave")
async def _(stage: Stage) -> Done:
    await _box(stage, "question_mark", "slash")
    return lambda: stage.phone.focus != "line"


# Texts


async def _people(stage: Stage) -> None:
    await stage.accounts()
    stage.engine.paths.contacts.mkdir(exist_ok=True)
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Ann\nTEL:030 123456\nEND:VCARD\n"
    (stage.engine.paths.contacts / "ann.vcf").write_text(card)
    await _box(stage, "C")
    await stage.phone.sees("030 123456")


@_for("phone.people")
async def _(stage: Stage) -> Done:
    return await _opens(stage, ContactsBox)


@_for("contact.call")
async def _(stage: Stage) -> Done:
    await _people(stage)
    return lambda: any("030123456@" in s.call.remote.uri for s in stage.phone.app.state.live)


@_for("contact.favourite")
async def _(stage: Stage) -> Done:
    await _people(stage)
    await stage.engine.client.ask(MarkFavourite(contact="Ann", on=False))
    await stage.phone.until(lambda: "★" not in stage.phone.text)
    return lambda: "★" in stage.phone.text


@_for("contact.unfavourite")
async def _(stage: Stage) -> Done:
    await _people(stage)
    await stage.engine.client.ask(MarkFavourite(contact="Ann"))
    await stage.phone.until(lambda: "★" in stage.phone.text)
    return lambda: "★" not in stage.phone.text


@_for("person.show")
async def _(stage: Stage) -> Done:
    await _people(stage)
    return _on(stage, PersonBox)


@_for("contact.add")
async def _(stage: Stage) -> Done:
    await _people(stage)
    return _on(stage, NewContact)


@_for("contact.pickup")
async def _(stage: Stage) -> Done:
    await stage.accounts()
    code: dict[str, str | int | bool | None] = {"pickup": "**{number}"}
    await stage.engine.client.ask(EditAccount(name="work", fields=code))
    await _people(stage)
    return lambda: any("**030123456@" in s.call.remote.uri for s in stage.phone.app.state.live)


@_for("contact.write")
async def _(stage: Stage) -> Done:
    await _people(stage)
    return _on(stage, ThreadBox)


@_for("contact.calls")
async def _(stage: Stage) -> Done:
    await _people(stage)
    return lambda: stage.phone.app.main.log_pane.search.value == "Ann"


@_for("phone.messages")
async def _(stage: Stage) -> Done:
    return await _opens(stage, ThreadsBox)


@_for("message.write")
async def _(stage: Stage) -> Done:
    await _talking(stage)
    return _on(stage, ThreadBox)


async def _threads(stage: Stage) -> None:
    await stage.accounts()
    await stage.engine.text_comes("hello")
    await _box(stage, "M")
    await stage.phone.until(lambda: "hello" in stage.phone.text)


@_for("thread.open")
async def _(stage: Stage) -> Done:
    await _threads(stage)
    return lambda: (
        isinstance(stage.phone.app.screen, ThreadBox) and not stage.phone.app.state.unread
    )


@_for("thread.new")
async def _(stage: Stage) -> Done:
    await _threads(stage)
    return _on(stage, AskText)


@_for("thread.write")
async def _(stage: Stage) -> Done:
    await _threads(stage)
    await stage.phone.press("enter")
    await stage.phone.until(lambda: stage.phone.focus == "line")
    await stage.phone.press("escape")
    return lambda: stage.phone.focus == "line"


@_for("thread.delete")
async def _(stage: Stage) -> Done:
    await _threads(stage)
    return _on(stage, Confirm)


@_for("thread.delete_all")
async def _(stage: Stage) -> Done:
    await _threads(stage)
    asked = _on(stage, Confirm)
    return lambda: asked() and "Delete all texts?" in stage.phone.text


@_for("thread.restore")
async def _(stage: Stage) -> Done:
    await _threads(stage)
    await stage.phone.press("delete")
    await stage.phone.until(_on(stage, Confirm))
    await stage.phone.press("down", "enter")
    await stage.phone.sees("No texts yet. They are kept here.")
    return lambda: "Brought back" in stage.phone.text and "hello" in stage.phone.text
