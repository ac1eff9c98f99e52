"""Two lists, compared: the command line can do what the phone can do.

A new action of the screen or command of the protocol needs a row here: the words
that do the same on the command line, or a reason for their absence.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import click
import pytest

from tui.keys.actions import ACTIONS
from voip.cli.app import offhook
from voip.cli.schema import document
from voip.protocol.accounts import (
    AddAccount,
    CheckAccount,
    CheckFields,
    EditAccount,
    GetAccounts,
    MoveAccount,
    RegisterAccount,
    ReloadAccounts,
    RemoveAccount,
)
from voip.protocol.calls import (
    AcceptTransfer,
    AnswerCall,
    CallVoicemail,
    ConnectCalls,
    DeclineCall,
    DeleteCalls,
    DeleteHistory,
    EndConference,
    GetHistory,
    HangUp,
    Hold,
    JoinCalls,
    LeaveConference,
    Mute,
    Park,
    PickUp,
    PlaceCall,
    Play,
    Record,
    RefuseTransfer,
    RestoreCalls,
    Resume,
    Retrieve,
    SendDigits,
    SendRest,
    SilenceParty,
    TakeOut,
    TalkAside,
    TransferCall,
)
from voip.protocol.client import AnyCommand
from voip.protocol.people import (
    AddContact,
    BlockCaller,
    DeleteAllMessages,
    DeleteMessages,
    DeleteThread,
    GetBlocked,
    GetContacts,
    GetMessages,
    GetPerson,
    GetRealtimeText,
    GetThreads,
    LookUp,
    MarkFavourite,
    MarkRead,
    RestoreMessages,
    SearchDirectory,
    SendMessage,
    SendRealtimeText,
    UnblockCaller,
)
from voip.protocol.phone import (
    Doctor,
    GetEngineLog,
    GetStatus,
    Hello,
    ImportCalls,
    StartEcho,
    Stop,
    StopEcho,
    Subscribe,
)
from voip.protocol.settings import ChangeSettings, GetSettings
from voip.protocol.sound import GetDevices, HearMicrophone, TryMicrophone
from voip.protocol.trust import CompareWords, ForgetCompared, GetCompared, GetLock, InspectServer

ROOT = Path(__file__).parents[3]

OF_ACTION = {
    "call.answer": "answer CALL",
    "call.decline": "decline CALL",
    "call.busy": "busy CALL",
    "call.follow": "accept-transfer CALL",
    "call.stay": "refuse-transfer CALL",
    "call.unavailable": "decline CALL --unavailable",
    "call.end": "hangup CALL",
    "call.hold": "hold CALL",
    "call.resume": "resume CALL",
    "call.mute": "mute CALL",
    "call.unmute": "unmute CALL",
    "call.keypad": "dtmf CALL DIGITS",
    "call.send_rest": "dtmf CALL --rest",
    "call.switch": "resume CALL",
    "call.transfer": "transfer CALL TARGET --to-call",
    "call.park": "park CALL SLOT",
    "dial.pickup": "pickup TARGET --account",
    "dial.retrieve": "retrieve SLOT --account",
    "dial.voicemail": "voicemail --account",
    "conference.join": "conference join CALL",
    "conference.back": "conference join CALL",
    "conference.leave": "conference leave CALL",
    "conference.aside": "conference aside CALL",
    "conference.silence": "conference silence CALL",
    "conference.unsilence": "conference unsilence CALL",
    "conference.take_out": "conference take-out CALL",
    "conference.end": "conference end CALL",
    "call.play": "play CALL FILE",
    "call.stop_playing": "play CALL --stop",
    "call.record": "record CALL FILE",
    "call.stop_recording": "record CALL --stop",
    "message.write": "message TARGET TEXT --account --back",
    "phone.messages": "messages --threads",
    "phone.people": "people SEARCH",
    "contact.call": "call TARGET",
    "contact.favourite": "people --favourite",
    "contact.unfavourite": "people --unfavourite",
    "person.show": "people --show",
    "contact.add": "people --add --name",
    "contact.pickup": "pickup TARGET --account",
    "contact.write": "message TARGET TEXT",
    "contact.calls": "history --search",
    "call.text": "text CALL TEXT --json",
    "thread.open": "messages --with --account --mark-read",
    "thread.new": "message TARGET TEXT",
    "thread.write": "message TARGET TEXT",
    "thread.delete": "messages --with --account --delete-all --yes",
    "thread.delete_all": "messages --delete-all --yes",
    "thread.restore": "messages --restore",
    "caller.block": "block CALLER --account",
    "lock.details": "lock CALL --account",
    "lock.edit": "account edit NAME",
    "words.equal": "lock CALL --equal",
    "words.different": "lock CALL --different",
    "words.forget": "compared --forget",
    "dial.call": "call TARGET",
    "dial.account": "call TARGET --account",
    "dial.echo": "call TARGET",
    "log.call": "call TARGET --account --back",
    "log.search": "history --search",
    "log.filter": "history --missed --secure --not-secure",
    "log.account": "history --account",
    "log.person": "history --person",
    "log.clear": "history",
    "log.delete": "history --delete",
    "log.delete_all": "history --delete-all --yes --search --missed --account --person --secure",
    "log.restore": "history --restore",
    "call.kept_text": "text CALL --show",
    "log.import": "history --import --yes",
    "account.add": "account add NAME",
    "account.edit": "account edit NAME",
    "account.enable": "account enable NAME",
    "account.disable": "account disable NAME",
    "account.remove": "account remove NAME",
    "account.test": "account check NAME",
    "account.trust": "trust SERVER --account",
    "account.register": "register ACCOUNT",
    "account.up": "order ACCOUNT PLACE",
    "account.down": "order ACCOUNT PLACE",
    "form.save": "account edit NAME",
    "form.test": "account check NAME",
    "form.again": "account check NAME",
    "form.reload": "account show NAME",
    "form.trust": "trust SERVER",
    "trust.pin": "trust SERVER --pin",
    "trust.replace": "trust SERVER --pin",
    "trust.unpin": "account edit NAME --pin",
    "phone.devices": "devices",
    "device.use": "settings KEY VALUE",
    "device.test": "microphone --seconds --json",
    "phone.settings": "settings",
    "setting.change": "settings KEY VALUE",
    "setting.default": "settings KEY --default",
    "key.change": "settings KEY VALUE",
    "key.default": "settings KEY --default",
    "phone.disturb": "settings KEY VALUE",
    "phone.themes": "settings KEY",
    "theme.keep": "settings KEY VALUE",
    "theme.symbols": "settings KEY VALUE",
    "phone.events": "events",
    "event.open": "events --json",
    "phone.log": "log",
    "phone.connect": "engine",
}

NO_COMMAND_FOR_ACTION = {
    "moves on the screen": (
        "move.next", "move.previous", "move.leave", "move.up", "move.down", "move.page_up",
        "move.page_down", "move.first", "move.last", "form.next", "form.previous", "box.next",
        "box.previous", "box.press", "box.close", "list.leave", "dial.open",
    ),
    "changes nothing": ("trust.leave",),
    "shows more or less of a form": ("form.reveal", "form.choose", "form.more"),
    "is done by --help, and by running a command again or through grep": (
        "phone.palette", "phone.help", "phone.welcome", "list.search", "list.reload",
    ),
    "is about the terminal that the screen runs in": ("phone.redraw", "phone.quit", "log.copy"),
}  # fmt: skip

OF_COMMAND: dict[type, str] = {
    GetStatus: "status",
    Subscribe: "events --levels",
    Stop: "stop --force",
    Doctor: "doctor",
    RegisterAccount: "register ACCOUNT",
    GetAccounts: "account list",
    AddAccount: "account add NAME",
    EditAccount: "account edit NAME",
    RemoveAccount: "account remove NAME",
    MoveAccount: "order ACCOUNT PLACE",
    CheckAccount: "account check NAME",
    PlaceCall: "call TARGET --account --play --record --hangup-after --back",
    AnswerCall: "answer CALL",
    DeclineCall: "decline CALL --unavailable",
    HangUp: "hangup CALL",
    Hold: "hold CALL",
    Resume: "resume CALL",
    Mute: "mute CALL",
    SendDigits: "dtmf CALL DIGITS",
    AcceptTransfer: "accept-transfer CALL",
    RefuseTransfer: "refuse-transfer CALL",
    TransferCall: "transfer CALL TARGET --wait",
    PickUp: "pickup TARGET --account",
    CallVoicemail: "voicemail --account",
    Retrieve: "retrieve SLOT --account",
    Park: "park CALL SLOT",
    ConnectCalls: "transfer CALL --to-call --wait",
    SendRest: "dtmf CALL --rest",
    Play: "play CALL FILE --stop",
    Record: "record CALL FILE --stop",
    JoinCalls: "conference join CALL --json",
    LeaveConference: "conference leave CALL --json",
    TalkAside: "conference aside CALL --json",
    SilenceParty: "conference silence CALL --json",
    TakeOut: "conference take-out CALL --json",
    EndConference: "conference end CALL",
    GetHistory: "history --search --limit --missed --account --person --secure",
    DeleteCalls: "history --delete",
    DeleteHistory: "history --delete-all --search --missed --account --person --secure",
    RestoreCalls: "history --restore",
    ImportCalls: "history --import",
    StartEcho: "echo",
    StopEcho: "echo",
    GetContacts: "people SEARCH",
    SearchDirectory: "people SEARCH",
    MarkFavourite: "people --favourite --unfavourite",
    AddContact: "people --add --name",
    GetPerson: "people --show --limit",
    LookUp: "look-up TEXT --account --limit",
    GetLock: "lock CALL --account",
    CompareWords: "lock CALL --equal --different",
    GetCompared: "compared",
    ForgetCompared: "compared --forget",
    BlockCaller: "block CALLER --account",
    UnblockCaller: "unblock CALLER --account",
    GetBlocked: "blocked",
    SendMessage: "message TARGET TEXT --account --back",
    GetMessages: "messages --account --with --search --unread --limit",
    GetThreads: "messages --threads --limit",
    MarkRead: "messages --mark-read",
    SendRealtimeText: "text CALL TEXT --json",
    GetRealtimeText: "text CALL --show",
    DeleteMessages: "messages --delete",
    DeleteThread: "messages --with --account --delete-all --yes",
    DeleteAllMessages: "messages --account --delete-all --yes",
    RestoreMessages: "messages --restore",
    InspectServer: "trust SERVER --account",
    GetSettings: "settings",
    ChangeSettings: "settings KEY VALUE --default",
    GetDevices: "devices",
    TryMicrophone: "microphone --seconds",
    GetEngineLog: "log --limit",
}

NO_COMMAND_FOR_COMMAND: dict[type, str] = {
    Hello: "the version and the process are part of the status",
    ReloadAccounts: "the engine reads accounts.toml again when it changes",
    HearMicrophone: "the seconds of the test are given at its start",
    CheckFields: "adding and editing report the same problems, and save nothing then",
}

TYPED = sorted({*OF_ACTION.values(), *OF_COMMAND.values()})


def unlisted(
    things: set[str], listed: Mapping[str, str], excepted: Mapping[str, str]
) -> tuple[set[str], set[str]]:
    """Return things without a row, and rows without a thing or with two."""
    rows = {*listed, *excepted}
    return things - rows, (rows - things) | (listed.keys() & excepted.keys())


def lacking(words: str) -> Iterator[str]:
    """Return the words of a command line that its parser lacks."""
    command: click.Command = offhook
    rest = words.split()
    context = click.Context(offhook)
    while isinstance(command, click.Group) and rest:
        sub = command.get_command(context, rest[0])
        if sub is None:
            yield rest[0]
            return
        command, rest = sub, rest[1:]
    options = {
        name
        for param in command.params
        if isinstance(param, click.Option)
        for name in (*param.opts, *param.secondary_opts)
    }
    arguments = [str(p.name).upper() for p in command.params if isinstance(p, click.Argument)]
    yield from (word for word in rest if word not in (*options, *arguments))


def commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")


COMMANDS = dict(commands(offhook))


def test_every_action_of_the_screen_has_a_command_or_a_reason() -> None:
    excepted = {name: why for why, names in NO_COMMAND_FOR_ACTION.items() for name in names}
    ids = {action.id for action in ACTIONS}
    assert unlisted(ids, OF_ACTION, excepted) == (set(), set())


def test_every_command_of_the_protocol_has_a_command_or_a_reason() -> None:
    assert isinstance(AnyCommand, types.UnionType)
    names = {kind.__name__ for kind in get_args(AnyCommand)}
    listed = {kind.__name__: words for kind, words in OF_COMMAND.items()}
    excepted = {kind.__name__: why for kind, why in NO_COMMAND_FOR_COMMAND.items()}
    assert unlisted(names, listed, excepted) == (set(), set())


def test_a_thing_without_a_row_and_a_row_without_a_thing_are_noticed() -> None:
    assert unlisted({"a", "b"}, {"a": "x"}, {}) == ({"b"}, set())
    assert unlisted({"a"}, {"a": "x", "b": "y"}, {}) == (set(), {"b"})
    assert unlisted({"a"}, {"a": "x"}, {"a": "no"}) == (set(), {"a"})


@pytest.mark.parametrize("words", TYPED)
def test_the_parser_has_the_words(words: str) -> None:
    assert list(lacking(words)) == []


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        ("plya CALL", ["plya"]),
        ("account dance NAME", ["dance"]),
        ("play CALL --pause", ["--pause"]),
        ("answer CALL FILE", ["FILE"]),
    ],
)
def test_words_that_the_parser_lacks_are_noticed(words: str, missing: list[str]) -> None:
    assert list(lacking(words)) == missing


def test_the_schema_has_every_command_that_prints_json() -> None:
    documented = tuple(f"{path} " for path in document()["commands"])
    printing = {p for p, c in COMMANDS.items() if any("--json" in param.opts for param in c.params)}
    assert {path for path in printing if not f"{path} ".startswith(documented)} == set()


def typed_in_the_manual() -> list[str]:
    """Return commands in README and docs, reduced to their names and options."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    lines = re.findall(r"\./offhook ([a-z][^\n;#|>]*)", text)
    return sorted({" ".join(_names_and_options(line.split())) for line in lines})


def _names_and_options(words: list[str]) -> Iterator[str]:
    names = 2 if words[0] == "account" else 1
    for place, word in enumerate(words):
        if place < names or word.startswith("--"):
            yield word


@pytest.mark.parametrize("words", typed_in_the_manual())
def test_the_manual_has_words_of_the_parser(words: str) -> None:
    assert list(lacking(words)) == []


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_says_in_one_line_what_it_does(path: str) -> None:
    first = (COMMANDS[path].help or "").splitlines()[0]
    assert first.endswith(".")
    # The list of commands cuts longer ones, on a terminal of 80 columns.
    assert len(first) <= 68
