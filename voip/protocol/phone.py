"""The phone as a whole: status, doctor, notices, the SIP trace."""

from __future__ import annotations

import msgspec

from voip.model import SoundDevice, Status
from voip.protection import Transport
from voip.protocol.base import Command, Event


class Hello(Command, frozen=True, tag="hello"):
    """Who answers, and in which version of the protocol."""


class GetStatus(Command, frozen=True, tag="status"):
    """The status as it is."""


class Subscribe(Command, frozen=True, tag="subscribe"):
    """The status, and from then on every event; `levels` too if wanted.

    With `sip` every SIP message as well, as long as the client is there.
    """

    levels: bool = False
    sip: bool = False


class Stop(Command, frozen=True, tag="stop"):
    """End the engine; refused while a call is up unless `force`."""

    force: bool = False


class Doctor(Command, frozen=True, tag="doctor"):
    """Abilities of the engine and its workers, and their problems."""


class GetEngineLog(Command, frozen=True, tag="engine_log"):
    """The last `limit` lines of the engine's log."""

    limit: int = 500


class StartEcho(Command, frozen=True, tag="echo"):
    """Start the local secure test line, and keep it until `StopEcho`."""


class StopEcho(Command, frozen=True, tag="stop_echo"):
    pass


class NoticeEvent(Event, frozen=True, tag="notice"):
    """Something that a person should read; `level` is info, warning or error."""

    level: str
    text: str


class WorkerEvent(Event, frozen=True, tag="worker"):
    """A worker came up or went away."""

    role: str
    up: bool
    detail: str = ""


class EchoEvent(Event, frozen=True, tag="echo"):
    """The echo line started (`uri` is where) or ended."""

    uri: str | None


class StoppingEvent(Event, frozen=True, tag="stopping"):
    """The engine ends because it was told to: it is not to be started again."""


class SipMessageEvent(Event, frozen=True, tag="sip_message"):
    """A SIP message that was sent or received, for those who asked for a trace.

    Credentials and keys in it are masked. `server` is the name that was dialled
    and, where `verified`, proven; `remote` the address and port.
    """

    sent: bool
    remote: str
    transport: Transport | None
    server: str | None
    verified: bool
    lines: tuple[str, ...]


class Snapshot(msgspec.Struct, frozen=True):
    """The reply to `Subscribe`: `status` is what event `seq` left."""

    seq: int
    status: Status


class HelloData(msgspec.Struct, frozen=True):
    protocol: int
    version: str
    pid: int


class EchoStarted(msgspec.Struct, frozen=True):
    uri: str


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at; `ok` is False when no call could be made.

    A `warning` is something to put right although calls can be made.
    """

    ok: bool
    text: str
    warning: bool = False


class Advisory(msgspec.Struct, frozen=True):
    """A published fault of PJSIP, and whether the calling process is free of it.

    `patches` close it; `not_reachable` says why none is needed.
    """

    name: str
    fault: str
    closed: bool
    patches: tuple[str, ...] = ()
    not_reachable: str | None = None


class DoctorReport(msgspec.Struct, frozen=True):
    """The reply to `Doctor`. `ok` is False when no call could be made."""

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
    """Lines of the log, the oldest first, and the file they are from."""

    lines: tuple[str, ...]
    path: str


AnyPhoneCommand = (
    Hello | GetStatus | Subscribe | Stop | Doctor | StartEcho | StopEcho | GetEngineLog
)

AnyPhoneEvent = NoticeEvent | WorkerEvent | EchoEvent | SipMessageEvent | StoppingEvent
