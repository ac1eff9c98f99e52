"""The protocol between the engine and a worker, over a private socket.

The engine sends `WorkerCommand` lines, the worker sends `WorkerEvent` lines.
A command is answered by `Done`, which means *accepted*; what comes of it
follows as events. Calls have an id that the engine chooses for outgoing calls
(positive) and the worker for incoming ones (negative).

Text in events is as the network sent it, bounded in length: the engine cleans
it (`voip.security.text`) before anybody sees it.
"""

from __future__ import annotations

import msgspec

from voip.protocol.worker.commands import (
    AccountSetup,
    AddAccount,
    Answer,
    AnyWorkerCommand,
    ClientCertificate,
    Configure,
    Credentials,
    Digits,
    EndCall,
    GiveVoice,
    HoldCall,
    LookUpDevices,
    MuteCall,
    OwnKey,
    PlayFile,
    Quit,
    RecordFile,
    RegisterNow,
    RemoveAccount,
    Ring,
    Role,
    StartCall,
    Trust,
    UseAudio,
    UseOwnKey,
    WatchLevels,
    WatchMessages,
    WorkerCommand,
)
from voip.protocol.worker.events import (
    AnyWorkerEvent,
    CallStateEvent,
    ConnectionEvent,
    DigitReceived,
    DigitsDone,
    Done,
    HoldEvent,
    IncomingCall,
    LevelsReport,
    MediaEvent,
    PlayEnded,
    Ready,
    RefusedCall,
    RegistrationEvent,
    SipMessage,
    SoundEvent,
    StatisticsEvent,
    UnreadCall,
    VoicemailEvent,
    WorkerEvent,
)

__all__ = [
    "AccountSetup",
    "AddAccount",
    "Answer",
    "AnyWorkerCommand",
    "AnyWorkerEvent",
    "CallStateEvent",
    "ClientCertificate",
    "Configure",
    "ConnectionEvent",
    "Credentials",
    "DigitReceived",
    "Digits",
    "DigitsDone",
    "Done",
    "EndCall",
    "GiveVoice",
    "HoldCall",
    "HoldEvent",
    "IncomingCall",
    "LevelsReport",
    "LookUpDevices",
    "MediaEvent",
    "MuteCall",
    "Order",
    "OwnKey",
    "PlayEnded",
    "PlayFile",
    "Quit",
    "Ready",
    "RecordFile",
    "RefusedCall",
    "RegisterNow",
    "RegistrationEvent",
    "RemoveAccount",
    "Ring",
    "Role",
    "SipMessage",
    "SoundEvent",
    "StartCall",
    "StatisticsEvent",
    "Trust",
    "UnreadCall",
    "UseAudio",
    "UseOwnKey",
    "VoicemailEvent",
    "WatchLevels",
    "WatchMessages",
    "WorkerCommand",
    "WorkerEvent",
]


class Order(msgspec.Struct, frozen=True):
    """A command with the number that `Done` will name."""

    id: int
    command: AnyWorkerCommand
