"""The protocol between a client and the engine, on the Unix socket.

A client sends `Request` lines; the engine answers each with a `Reply` that
names the request, and, after a `Subscribe`, sends numbered `Event` lines. The
reply to `Subscribe` carries the status that the first event follows, so that
a client never misses or repeats a change. A client that does not read is
dropped; it connects again and asks for the status anew.
"""

from __future__ import annotations

import msgspec

from voip.protocol.commands import (
    AddAccount,
    AnswerCall,
    AnyCommand,
    BlockCaller,
    ChangeSettings,
    CheckAccount,
    CheckFields,
    Command,
    CompareWords,
    DeclineCall,
    Doctor,
    EditAccount,
    ForgetCompared,
    GetAccounts,
    GetBlocked,
    GetCompared,
    GetDevices,
    GetEngineLog,
    GetHistory,
    GetLock,
    GetSettings,
    GetStatus,
    HangUp,
    Hello,
    Hold,
    InspectServer,
    LookUp,
    MoveAccount,
    Mute,
    PlaceCall,
    Play,
    Record,
    RegisterAccount,
    ReloadAccounts,
    RemoveAccount,
    Resume,
    SendDigits,
    StartEcho,
    Stop,
    StopEcho,
    Subscribe,
    UnblockCaller,
)
from voip.protocol.events import (
    AccountEvent,
    AccountRemoved,
    AccountsOrdered,
    AnyEvent,
    CallEvent,
    CheckEvent,
    CheckStep,
    DigitEvent,
    DigitsEvent,
    EchoEvent,
    Event,
    LevelsEvent,
    LogEvent,
    NoticeEvent,
    NumberedEvent,
    SettingsEvent,
    SipMessageEvent,
    StoppingEvent,
    WorkerEvent,
)
from voip.protocol.replies import (
    AccountChanged,
    AccountFields,
    AccountList,
    Advisory,
    BlockedCallers,
    CallStarted,
    CheckReport,
    ComparedList,
    Devices,
    DoctorReport,
    EchoStarted,
    EngineLog,
    FieldProblems,
    Finding,
    HelloData,
    HistoryPage,
    LookedUp,
    ServerReport,
    SettingsData,
    Snapshot,
    Suggestion,
    WordsCompared,
)

__all__ = [
    "NO_DATA",
    "PROTOCOL_VERSION",
    "AccountChanged",
    "AccountEvent",
    "AccountFields",
    "AccountList",
    "AccountRemoved",
    "AccountsOrdered",
    "AddAccount",
    "Advisory",
    "AnswerCall",
    "AnyCommand",
    "AnyEvent",
    "BlockCaller",
    "BlockedCallers",
    "CallEvent",
    "CallStarted",
    "ChangeSettings",
    "CheckAccount",
    "CheckEvent",
    "CheckFields",
    "CheckReport",
    "CheckStep",
    "Command",
    "CompareWords",
    "ComparedList",
    "DeclineCall",
    "Devices",
    "DigitEvent",
    "DigitsEvent",
    "Doctor",
    "DoctorReport",
    "EchoEvent",
    "EchoStarted",
    "EditAccount",
    "EngineLog",
    "ErrorInfo",
    "Event",
    "FieldProblems",
    "Finding",
    "ForgetCompared",
    "GetAccounts",
    "GetBlocked",
    "GetCompared",
    "GetDevices",
    "GetEngineLog",
    "GetHistory",
    "GetLock",
    "GetSettings",
    "GetStatus",
    "HangUp",
    "Hello",
    "HelloData",
    "HistoryPage",
    "Hold",
    "InspectServer",
    "LevelsEvent",
    "LogEvent",
    "LookUp",
    "LookedUp",
    "MoveAccount",
    "Mute",
    "NoticeEvent",
    "NumberedEvent",
    "PlaceCall",
    "Play",
    "Record",
    "RegisterAccount",
    "ReloadAccounts",
    "RemoveAccount",
    "Reply",
    "Request",
    "Resume",
    "SendDigits",
    "ServerReport",
    "SettingsData",
    "SettingsEvent",
    "SipMessageEvent",
    "Snapshot",
    "StartEcho",
    "Stop",
    "StopEcho",
    "StoppingEvent",
    "Subscribe",
    "Suggestion",
    "UnblockCaller",
    "WordsCompared",
    "WorkerEvent",
]

PROTOCOL_VERSION = 1


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`id` is the client's own and comes back in the reply."""

    id: int
    command: AnyCommand


class ErrorInfo(msgspec.Struct, frozen=True):
    """`kind` is for programs, `message` for the person, `code` the SIP status.

    `problem` is the message without the name of the file that the command was about.
    """

    kind: str
    message: str
    code: int | None = None
    problem: str | None = None


NO_DATA = msgspec.Raw(b"null")


class Reply(msgspec.Struct, frozen=True):
    """The answer to the request `reply`: data, or an error."""

    reply: int | None
    ok: bool = True
    data: msgspec.Raw = NO_DATA
    error: ErrorInfo | None = None
