"""Protocol between the engine and a worker, over a private socket.

The engine sends `WorkerCommand` lines, the worker sends `WorkerEvent` lines. `Done`
answers a command and means *accepted*; its outcome follows as events. Calls have an id
that the engine chooses for outgoing calls (positive) and the worker for incoming ones
(negative).

Text in events is as the network sent it, bounded in length: the engine cleans it
(`voip.security.text`) before any use.
"""

from __future__ import annotations

import msgspec

from voip.causes import Cause
from voip.model import SoundDevice
from voip.protection import TlsStatus, Transport
from voip.protocol.settings import Audio, Network
from voip.protocol.worker.accounts import AnyAccountCommand, AnyAccountEvent
from voip.protocol.worker.base import Role, WorkerCommand, WorkerReport
from voip.protocol.worker.calls import AnyCallCommand, AnyCallEvent
from voip.protocol.worker.messages import AnyTextCommand, AnyTextEvent
from voip.protocol.worker.people import AnyPublishEvent, AnyWatchCommand, AnyWatchEvent
from voip.protocol.worker.sound import AnySoundCommand, AnySoundEvent


class Configure(WorkerCommand, frozen=True, tag="configure"):
    """Set the worker's role by its first command; `Ready` answers.

    With `silent` it uses no sound device. `certificate` and `key` are PEM files of the
    echo line's listener.
    """

    role: Role
    user_agent: str
    audio: Audio
    network: Network = Network()
    silent: bool = False
    certificate: str | None = None
    key: str | None = None


class WatchSip(WorkerCommand, frozen=True, tag="sip"):
    """Start or stop reports of every SIP message as `SipMessage`."""

    on: bool = True


class AnswerName(WorkerCommand, frozen=True, tag="answer_name"):
    """Send the requests that wait for a name to the first usable address, or end them.

    `port` is for requests that name none; without it they go to their transport's.
    """

    name: str
    addresses: tuple[str, ...]
    port: int | None = None


class Quit(WorkerCommand, frozen=True, tag="quit"):
    """End calls, unregister and exit."""


class Done(WorkerReport, frozen=True, tag="done"):
    """Reports that the command `id` was accepted, or in `error` why not."""

    id: int
    error: str | None = None


class Ready(WorkerReport, frozen=True, tag="ready"):
    """Reports a started worker, and the abilities of its pjsua2.

    `listening` is the port of the echo line, `sound` the device in use or why there is
    none; `sound_ok` is False when that is not the configured one. `voice_threads` are the
    system's ids of the threads that carry voice.
    """

    pjsip: str
    tls_library: str
    tls13: bool
    patches: tuple[str, ...]
    codecs: tuple[str, ...]
    srtp_suites: tuple[str, ...]
    devices: tuple[SoundDevice, ...]
    sound: str
    sound_ok: bool
    listening: int | None = None
    memory_problem: str | None = None
    voice_threads: tuple[int, ...] = ()


class ConnectionEvent(WorkerReport, frozen=True, tag="connection"):
    """Reports that a SIP connection came up, was refused, or went down.

    `id` numbers connections within a worker. `host` is the dialled name, verified over
    TLS; `address` is the IP address behind it, where it is known. `tls` is set when
    `up`, `cause` when it failed or was refused. `other_key` is the public key's SHA-256
    of a server that was refused because the account is pinned to another. `accounts`
    are those whose requests it carried or was to carry.
    """

    id: int
    up: bool
    outgoing: bool
    transport: Transport
    host: str
    port: int
    tls: TlsStatus | None = None
    cause: Cause | None = None
    other_key: str | None = None
    address: str | None = None
    accounts: tuple[str, ...] = ()


class SipMessage(WorkerReport, frozen=True, tag="sip_message"):
    """Reports a SIP message on `connection`, its secrets masked.

    `remote` is the other side's address and port; `lines` are unfolded.
    """

    sent: bool
    connection: int | None
    remote: str
    lines: tuple[str, ...]


class NameAsked(WorkerReport, frozen=True, tag="name"):
    """Reports a name that requests are to be sent to; `AnswerName` within 5 s.

    It comes from a Contact or a Record-Route in a dialog: in a call, of `account`. It may
    be an address, of another family than that of the account's connection.
    """

    name: str
    account: str | None = None


AnyProcessCommand = Configure | WatchSip | AnswerName | Quit

AnyProcessEvent = Done | Ready | ConnectionEvent | SipMessage | NameAsked

AnyWorkerCommand = (
    AnyProcessCommand
    | AnyAccountCommand
    | AnyCallCommand
    | AnyTextCommand
    | AnyWatchCommand
    | AnySoundCommand
)

AnyWorkerEvent = (
    AnyProcessEvent
    | AnyAccountEvent
    | AnyCallEvent
    | AnyTextEvent
    | AnyWatchEvent
    | AnyPublishEvent
    | AnySoundEvent
)


class Order(msgspec.Struct, frozen=True):
    """Command with the number that `Done` will repeat."""

    id: int
    command: AnyWorkerCommand
