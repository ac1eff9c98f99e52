"""Messages about the phone: status, doctor, notices, the SIP trace, import of a call log."""

from __future__ import annotations

import msgspec

from voip.model import LogEntry, SoundDevice, Status
from voip.protection import Transport
from voip.protocol.base import Command, Event


class Hello(Command, frozen=True, tag="hello"):
    """Request the engine's version and that of the protocol."""


class GetStatus(Command, frozen=True, tag="status"):
    """Request the current status."""


class Subscribe(Command, frozen=True, tag="subscribe"):
    """Request the status and every later event; `levels` are optional.

    With `sip` also every SIP message, until the client disconnects.
    """

    levels: bool = False
    sip: bool = False


class Stop(Command, frozen=True, tag="stop"):
    """End the engine; refused while a call is up unless `force`."""

    force: bool = False


class Doctor(Command, frozen=True, tag="doctor"):
    """Request abilities and problems of the engine and its workers."""


class GetEngineLog(Command, frozen=True, tag="engine_log"):
    """Request the last `limit` lines of the engine's log."""

    limit: int = 500


class StartEcho(Command, frozen=True, tag="echo"):
    """Start the local secure test line, and keep it until `StopEcho`."""


class StopEcho(Command, frozen=True, tag="stop_echo"):
    pass


class NoticeEvent(Event, frozen=True, tag="notice"):
    """Notice for the user; `level` is info, warning or error."""

    level: str
    text: str


class WorkerEvent(Event, frozen=True, tag="worker"):
    """Reports that a worker started or ended."""

    role: str
    up: bool
    detail: str = ""


class EchoEvent(Event, frozen=True, tag="echo"):
    """Reports that the echo line started (at `uri`) or ended."""

    uri: str | None


class StoppingEvent(Event, frozen=True, tag="stopping"):
    """Reports that the engine stops by command: clients must not restart it."""


class SipMessageEvent(Event, frozen=True, tag="sip_message"):
    """Reports a SIP message, sent or received, to clients that trace.

    Credentials and keys in it are masked. `server` is the dialled name and, where
    `verified`, proven; `remote` the address and port.
    """

    sent: bool
    remote: str
    transport: Transport | None
    server: str | None
    verified: bool
    lines: tuple[str, ...]


class Snapshot(msgspec.Struct, frozen=True):
    """Reply to `Subscribe`: `status` after the event `seq`."""

    seq: int
    status: Status


class HelloData(msgspec.Struct, frozen=True):
    protocol: int
    version: str
    pid: int


class EchoStarted(msgspec.Struct, frozen=True):
    uri: str


class Finding(msgspec.Struct, frozen=True):
    """Result of one check; `ok` is False when no call could be made.

    A `warning` is a problem that does not prevent calls.
    """

    ok: bool
    text: str
    warning: bool = False


class Advisory(msgspec.Struct, frozen=True):
    """Published fault of PJSIP; says if the calling process is free of it.

    `patches` fix it; `not_reachable` says why none is needed.
    """

    name: str
    fault: str
    closed: bool
    patches: tuple[str, ...] = ()
    not_reachable: str | None = None


class DoctorReport(msgspec.Struct, frozen=True):
    """Reply to `Doctor`; `ok` is False when no call could be made."""

    ok: bool
    findings: tuple[Finding, ...]
    pjsip: str | None = None
    tls_library: str | None = None
    tls13: bool = False
    patches: tuple[str, ...] = ()
    advisories: tuple[Advisory, ...] = ()
    codecs: tuple[str, ...] = ()
    srtp_suites: tuple[str, ...] = ()
    sound: str | None = None
    devices: tuple[SoundDevice, ...] = ()
    ca_bundle: str | None = None
    keyring: str | None = None
    terminal: str | None = None


class EngineLog(msgspec.Struct, frozen=True):
    """Lines of the log, oldest first, and their file."""

    lines: tuple[str, ...]
    path: str


class ImportCalls(Command, frozen=True, tag="import_calls"):
    """Add exported rows that are not in the call log yet; a `preview` only counts them.

    Added rows get new ids. Rows of one second belong in one command. The reply is
    `CallsImported`.
    """

    rows: tuple[LogEntry, ...]
    preview: bool = False


class RowsImportedEvent(Event, frozen=True, tag="rows_imported"):
    """Reports that rows were added to the call log, among the others by their time."""

    count: int


class RefusedRow(msgspec.Struct, frozen=True):
    """Row that was not imported: its place in the command, from 0, and why."""

    row: int
    reason: str


class CallsImported(msgspec.Struct, frozen=True):
    """Reply to `ImportCalls`: rows that were new, those in the log already, the refused."""

    new: int
    known: int
    refused: tuple[RefusedRow, ...] = ()


AnyPhoneCommand = (
    Hello
    | GetStatus
    | Subscribe
    | Stop
    | Doctor
    | StartEcho
    | StopEcho
    | GetEngineLog
    | ImportCalls
)

AnyPhoneEvent = (
    NoticeEvent | WorkerEvent | EchoEvent | SipMessageEvent | StoppingEvent | RowsImportedEvent
)
