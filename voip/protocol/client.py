"""What a client and the engine say to each other on the Unix socket.

A client sends `Request` lines; the engine answers each with a `Reply` that
names the request, and, after a `Subscribe`, sends numbered `Event` lines. The
reply to `Subscribe` carries the status that the first event follows, so that
a client never misses or repeats a change. A client that does not read is
dropped; it connects again and asks for the status anew.
"""

from __future__ import annotations

import msgspec

from voip.model import AccountStatus, Call, LogEntry, SoundDevice, Status

PROTOCOL_VERSION = 1


class Command(msgspec.Struct, frozen=True, tag_field="do", forbid_unknown_fields=True):
    """Something a client asks for."""


class Hello(Command, frozen=True, tag="hello"):
    """Who answers, and in which version of the protocol."""


class GetStatus(Command, frozen=True, tag="status"):
    """The status as it is."""


class Subscribe(Command, frozen=True, tag="subscribe"):
    """The status, and from then on every event; `levels` too if wanted."""

    levels: bool = False


class Stop(Command, frozen=True, tag="stop"):
    """End the engine; refused while a call is up unless `force`."""

    force: bool = False


class Doctor(Command, frozen=True, tag="doctor"):
    """What the engine and its workers can do, and what is wrong."""


class ReloadAccounts(Command, frozen=True, tag="reload_accounts"):
    """Read accounts.toml again and bring the workers in line with it."""


class RegisterAccount(Command, frozen=True, tag="register"):
    """Register an account now rather than when its back-off ends."""

    account: str


class GetAccounts(Command, frozen=True, tag="accounts"):
    """Every account as accounts.toml has it."""


class AddAccount(Command, frozen=True, tag="add_account"):
    """Write a new account to accounts.toml; fields as in that file.

    The password goes to the keyring, or to a private file where there is none.
    """

    name: str
    fields: dict[str, str | int | bool]
    password: str | None = None


class EditAccount(Command, frozen=True, tag="edit_account"):
    """Change fields of an account; None takes one out. The rest stays."""

    name: str
    fields: dict[str, str | int | bool | None]
    password: str | None = None


class RemoveAccount(Command, frozen=True, tag="remove_account"):
    """Take an account out of accounts.toml, and its stored password away."""

    name: str


class CheckAccount(Command, frozen=True, tag="check_account"):
    """Try an account step by step: name, connection, certificate, registration."""

    name: str


class PlaceCall(Command, frozen=True, tag="call"):
    """Call `target`; see `voip.dialing` for what it may be.

    `play` and `record` are absolute paths of WAV files; `hangup_after_s`
    counts from the answer.
    """

    target: str
    account: str | None = None
    play: str | None = None
    record: str | None = None
    hangup_after_s: float | None = None


class AnswerCall(Command, frozen=True, tag="answer"):
    call: str


class DeclineCall(Command, frozen=True, tag="decline"):
    call: str


class HangUp(Command, frozen=True, tag="hangup"):
    call: str


class Hold(Command, frozen=True, tag="hold"):
    call: str


class Resume(Command, frozen=True, tag="resume"):
    call: str


class Mute(Command, frozen=True, tag="mute"):
    call: str
    on: bool = True


class SendDigits(Command, frozen=True, tag="dtmf"):
    """Send 0-9 * # A-D as RFC 4733 events; a comma is a pause."""

    call: str
    digits: str


class Play(Command, frozen=True, tag="play"):
    """Play a WAV file into a call in place of the microphone; None stops."""

    call: str
    path: str | None = None


class Record(Command, frozen=True, tag="record"):
    """Write what the far end sends to a WAV file; None stops."""

    call: str
    path: str | None = None


class GetHistory(Command, frozen=True, tag="history"):
    """The call log, newest first; `before` is an id to go on from."""

    search: str = ""
    limit: int = 50
    before: str | None = None


class StartEcho(Command, frozen=True, tag="echo"):
    """Start the local secure test line, and keep it until `StopEcho`."""


class StopEcho(Command, frozen=True, tag="stop_echo"):
    pass


AnyCommand = (
    Hello
    | GetStatus
    | Subscribe
    | Stop
    | Doctor
    | ReloadAccounts
    | RegisterAccount
    | GetAccounts
    | AddAccount
    | EditAccount
    | RemoveAccount
    | CheckAccount
    | PlaceCall
    | AnswerCall
    | DeclineCall
    | HangUp
    | Hold
    | Resume
    | Mute
    | SendDigits
    | Play
    | Record
    | GetHistory
    | StartEcho
    | StopEcho
)


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`id` is the client's own and comes back in the reply."""

    id: int
    command: AnyCommand


class ErrorInfo(msgspec.Struct, frozen=True):
    """`kind` is for programs, `message` for the person, `code` the SIP status."""

    kind: str
    message: str
    code: int | None = None


NO_DATA = msgspec.Raw(b"null")


class Reply(msgspec.Struct, frozen=True):
    """The answer to the request `reply`: data, or an error."""

    reply: int | None
    ok: bool = True
    data: msgspec.Raw = NO_DATA
    error: ErrorInfo | None = None


class Event(msgspec.Struct, frozen=True, tag_field="kind"):
    """Something that changed."""


class AccountEvent(Event, frozen=True, tag="account"):
    account: AccountStatus


class AccountRemoved(Event, frozen=True, tag="account_removed"):
    name: str


class CallEvent(Event, frozen=True, tag="call"):
    """The whole call after the change; `ended` comes last."""

    call: Call


class LogEvent(Event, frozen=True, tag="log"):
    """A row of the call log was added or changed."""

    entry: LogEntry


class DigitEvent(Event, frozen=True, tag="digit"):
    """The far end pressed a key."""

    call: str
    digit: str


class LevelsEvent(Event, frozen=True, tag="levels"):
    """Mean amplitudes of a call, linear: 0.0 silence to 1.0 full scale."""

    call: str
    rx: float
    tx: float


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


AnyEvent = (
    AccountEvent
    | AccountRemoved
    | CallEvent
    | LogEvent
    | DigitEvent
    | LevelsEvent
    | NoticeEvent
    | WorkerEvent
    | EchoEvent
)


class NumberedEvent(msgspec.Struct, frozen=True):
    """`seq` counts the engine's events from 1; `at` is RFC 3339 in UTC."""

    seq: int
    at: str
    event: AnyEvent


class Snapshot(msgspec.Struct, frozen=True):
    """The reply to `Subscribe`: `status` is what event `seq` left."""

    seq: int
    status: Status


class HelloData(msgspec.Struct, frozen=True):
    protocol: int
    version: str
    pid: int


class CallStarted(msgspec.Struct, frozen=True):
    """The reply to `PlaceCall`; `notice` is what its caller should know."""

    call: str
    notice: str | None = None


class EchoStarted(msgspec.Struct, frozen=True):
    uri: str


class AccountFields(msgspec.Struct, frozen=True):
    """An account as it is in accounts.toml; no password is ever in it."""

    name: str
    fields: dict[str, str | int | bool]
    problem: str | None = None


class AccountList(msgspec.Struct, frozen=True):
    accounts: tuple[AccountFields, ...]


class AccountSaved(msgspec.Struct, frozen=True):
    """`password_place` says where a password was put, if one was given."""

    name: str
    password_place: str | None = None


class CheckStep(msgspec.Struct, frozen=True):
    """One step of a check; `ok` is None for a step that was not reached."""

    step: str
    ok: bool | None
    text: str


class CheckReport(msgspec.Struct, frozen=True):
    name: str
    ok: bool
    steps: tuple[CheckStep, ...]


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at; `ok` is False when a call would suffer."""

    ok: bool
    text: str


class DoctorReport(msgspec.Struct, frozen=True):
    """The reply to `Doctor`. `ok` is False when no call could be made."""

    ok: bool
    findings: tuple[Finding, ...]
    pjsip: str | None = None
    tls_library: str | None = None
    tls13: bool = False
    patches: tuple[str, ...] = ()
    codecs: tuple[str, ...] = ()
    srtp_suites: tuple[str, ...] = ()
    sound: str | None = None
    devices: tuple[SoundDevice, ...] = ()
    ca_bundle: str | None = None
    keyring: str | None = None
    terminal: str | None = None


class HistoryPage(msgspec.Struct, frozen=True):
    entries: tuple[LogEntry, ...]
