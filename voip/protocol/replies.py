"""Answers of the engine, by the command that asked."""

from __future__ import annotations

import msgspec

from voip.model import BlockedCaller, LogEntry, Means, NameFrom, SoundDevice, Status
from voip.protection import Certificate, ComparedKey
from voip.protocol.events import CheckStep
from voip.protocol.settings import Settings


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
    """An account as it is in accounts.toml; no password is ever in it.

    `version` changes when a field in the file does, or a key comes or goes;
    `unknown` are the keys that this phone does not know and leaves alone.
    `password_place` says where the password is taken from, None for nowhere.
    """

    name: str
    fields: dict[str, str | int | bool]
    problem: str | None = None
    version: str = ""
    unknown: tuple[str, ...] = ()
    password_place: str | None = None


class AccountList(msgspec.Struct, frozen=True):
    accounts: tuple[AccountFields, ...]


class AccountChanged(msgspec.Struct, frozen=True):
    """The reply to `AddAccount`, `EditAccount` and `RemoveAccount`.

    The places are where a password and the passphrase of a client key were put,
    if given. `ended_calls` are the calls that end with the change.
    """

    name: str
    password_place: str | None = None
    passphrase_place: str | None = None
    ended_calls: tuple[str, ...] = ()


class CheckReport(msgspec.Struct, frozen=True):
    name: str
    ok: bool
    steps: tuple[CheckStep, ...]


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


class HistoryPage(msgspec.Struct, frozen=True):
    """`total` counts the rows that match, on this page or not."""

    entries: tuple[LogEntry, ...]
    total: int = 0


class FieldProblems(msgspec.Struct, frozen=True):
    """The reply to `CheckFields`: what is wrong, by field, in words.

    `name` is the account's name. `password_place` is where a password would
    be kept.
    """

    problems: dict[str, str]
    password_place: str | None = None


class Suggestion(msgspec.Struct, frozen=True):
    """Somebody that could be meant; `target` is what to dial.

    `source` is contact, log, account, or echo for the local test line.
    `name_from` is as in `Party`.
    """

    name: str
    target: str
    source: str
    name_from: NameFrom | None = None


class LookedUp(msgspec.Struct, frozen=True):
    """The reply to `LookUp`: `uri` and `account` of the call, or its `problem`."""

    uri: str | None
    account: str | None
    problem: str | None
    suggestions: tuple[Suggestion, ...] = ()


class WordsCompared(msgspec.Struct, frozen=True):
    """The reply to `CompareWords`; `notice` says why an equal one is not remembered."""

    notice: str | None = None


class ComparedList(msgspec.Struct, frozen=True):
    """The reply to `GetCompared`: keys in the order in which they were compared."""

    keys: tuple[ComparedKey, ...]


class ServerReport(msgspec.Struct, frozen=True):
    """The reply to `InspectServer`: what a TLS server showed.

    `chain` has its own certificate first. `problems` say in words why it would
    be refused without a pin; none means that it is trusted. `refused` are
    those that a pin does not mend either. `pin` is the public key that the
    account accepts now, `pinned_on` when that was decided (RFC 3339),
    `pinned_by` the login name of who decided it, `pinned_with` by which means.
    Where nothing says so, somebody wrote the pin into accounts.toml.
    """

    host: str
    port: int
    version: str
    cipher: str
    chain: tuple[Certificate, ...]
    problems: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    pin: str | None = None
    pinned_on: str | None = None
    pinned_by: str | None = None
    pinned_with: Means | None = None


class SettingsData(msgspec.Struct, frozen=True):
    """`problem` says why config.toml could not be read: what held before does.

    `folder` is the configuration folder.
    """

    settings: Settings
    problem: str | None = None
    folder: str = ""


class Devices(msgspec.Struct, frozen=True):
    """`in_use` says which devices are used now, or why there is none."""

    devices: tuple[SoundDevice, ...]
    in_use: str


class BlockedCallers(msgspec.Struct, frozen=True):
    """The reply to `GetBlocked`."""

    callers: tuple[BlockedCaller, ...]


class EngineLog(msgspec.Struct, frozen=True):
    """Lines of the log, the oldest first, and the file they are from."""

    lines: tuple[str, ...]
    path: str
