"""Values of accounts, calls and the call log.

Frozen values, shared by every process. The JSON forms are those of
`offhook status --json` and `offhook history --json`, which are a contract.
Times are seconds since the epoch inside the program and RFC 3339 in UTC in
JSON; durations are seconds; an unknown value is None, never a guess.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from voip.causes import Cause
from voip.choices import AutoAnswer, FeatureCodes, Forwarding
from voip.lamps import Lamp, LampState
from voip.protection import ConferenceLock, Digest, Lock, LockState, Sign, TlsStatus, Transport
from voip.quality import Quality


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class CallState(StrEnum):
    """State of a call, as the user sees it."""

    DIALING = "dialing"
    RINGING = "ringing"
    INCOMING = "incoming"
    CONNECTING = "connecting"
    ACTIVE = "active"
    HELD = "held"
    REMOTE_HELD = "remote_held"
    ENDED = "ended"

    @property
    def words(self) -> str:
        """State as a sentence has it."""
        return self.value.replace("_", " ")

    @property
    def answered(self) -> bool:
        """True while the call is answered, voice can flow and it has not ended."""
        return self in (CallState.ACTIVE, CallState.HELD, CallState.REMOTE_HELD)

    @property
    def taken(self) -> bool:
        """True if the call is answered or its voice is still being agreed on."""
        return self.answered or self is CallState.CONNECTING


class HeldBy(StrEnum):
    """The side that put a call on hold."""

    US = "us"
    THEM = "them"
    BOTH = "both"

    @property
    def here(self) -> bool:
        """True if the call is cut off here, on hold there too or not."""
        return self is not HeldBy.THEM

    @property
    def state(self) -> CallState:
        """State of an answered call on this hold."""
        return CallState.HELD if self.here else CallState.REMOTE_HELD

    @classmethod
    def of(cls, *, us: bool, them: bool) -> HeldBy | None:
        """Side or sides that hold, None if neither does."""
        if us:
            return cls.BOTH if them else cls.US
        return cls.THEM if them else None


class Source(StrEnum):
    """Source of the sound that a call's far end gets."""

    NOBODY = "nobody"
    PERSON = "person"
    FILE = "file"

    @classmethod
    def of(cls, *, person: bool, file: bool) -> Source:
        """Source of a call: a file goes before the person."""
        if file:
            return cls.FILE
        return cls.PERSON if person else cls.NOBODY


class RegistrationState(StrEnum):
    """State of a registration.

    `offline`: the account is disabled or does not register.
    """

    REGISTERED = "registered"
    REGISTERING = "registering"
    FAILED = "failed"
    UNREGISTERED = "unregistered"
    OFFLINE = "offline"


class Outcome(StrEnum):
    """Outcome of a call in the log; `ongoing` until it ends.

    `elsewhere`: another phone answered it (RFC 3326). `forwarded`: this phone sent it
    on to another address.
    """

    ONGOING = "ongoing"
    ANSWERED = "answered"
    MISSED = "missed"
    ELSEWHERE = "elsewhere"
    FORWARDED = "forwarded"
    DECLINED = "declined"
    BUSY = "busy"
    CANCELLED = "cancelled"
    FAILED = "failed"
    REFUSED = "refused"
    LOST = "lost"
    TRANSFERRED = "transferred"
    INTERRUPTED = "interrupted"
    BLOCKED = "blocked"


def rfc3339(seconds: float) -> str:
    """Seconds since the epoch as RFC 3339 in UTC, to the second."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Registration(msgspec.Struct, frozen=True):
    """Latest state of a registration; `reason` is the sentence of its `cause`.

    `digest` is the algorithm by which the password was proven.
    """

    state: RegistrationState
    code: int | None = None
    reason: str = ""
    expires_s: int | None = None
    cause: Cause | None = None
    digest: Digest | None = None


class Voicemail(msgspec.Struct, frozen=True):
    """Voice messages at an account's server (RFC 3842); `old` were heard.

    `urgent` of the new ones are. `mailbox` is the address that the server names for
    listening to them (Message-Account); it may be any text.
    """

    new: int
    old: int | None = None
    urgent: int | None = None
    mailbox: str | None = None


class Publication(msgspec.Struct, frozen=True):
    """Own state of an account's user, as its server has it (RFC 3903).

    It is `unknown` while the server has none; `reason` is the sentence of the `cause`.
    """

    state: LampState = LampState.UNKNOWN
    cause: Cause | None = None
    reason: str = ""


class AccountStatus(msgspec.Struct, frozen=True):
    """State of an account; `problem` says why it cannot be used.

    `voicemail` is None until the server has reported it, `publication` where none is kept.
    `warning` names a coming problem, such as a certificate that ends.
    `sign` is that of its connection, None while the account is disabled.
    `distrusted`: its server was refused for its certificate or key.
    `forwarding` and `codes` are None where none is set.
    `country` is that of its numbers, as an ISO 3166 code, empty if unknown.
    """

    name: str
    aor: str
    transport: Transport
    enabled: bool
    registration: Registration
    tls: TlsStatus | None = None
    problem: str | None = None
    voicemail: Voicemail | None = None
    warning: str | None = None
    sign: Sign | None = None
    distrusted: bool = False
    forwarding: Forwarding | None = None
    auto_answer: AutoAnswer = AutoAnswer.OFF
    country: str = ""
    codes: FeatureCodes | None = None
    publication: Publication | None = None


class NameFrom(StrEnum):
    """Origin of a name.

    `contact`: the user's contacts. `claim`: the far end's own, unchecked. `server`:
    the account's server, which may have it from the far end.
    `phone`: the phone's name for its test line or an account.
    """

    CONTACT = "contact"
    CLAIM = "claim"
    SERVER = "server"
    PHONE = "phone"


class Party(msgspec.Struct, frozen=True):
    """Other end of a call, in cleaned text.

    `name_from` is None without a name. `imitates`: a claimed name reads like
    something else (`voip.security.imitation`), so the address goes first.
    """

    uri: str
    name: str = ""
    imitates: bool = False
    name_from: NameFrom | None = None

    @property
    def claimed(self) -> bool:
        """True if neither the user nor this phone vouches for the name."""
        return bool(self.name) and self.name_from not in (NameFrom.CONTACT, NameFrom.PHONE)

    @property
    def label(self) -> str:
        """A name that the phone vouches for, or else the address."""
        trusted = "" if self.claimed else self.name
        return trusted or self.uri.partition(":")[2] or self.uri or "the far end"


class TransferState(StrEnum):
    """State of a transfer (RFC 3515).

    `unknown`: the far end has accepted it, and does not report what becomes of it.
    """

    TRYING = "trying"
    RINGING = "ringing"
    DONE = "done"
    UNKNOWN = "unknown"
    FAILED = "failed"

    @property
    def under_way(self) -> bool:
        """True while an outcome may come soon."""
        return self in (TransferState.TRYING, TransferState.RINGING)


class Transfer(msgspec.Struct, frozen=True):
    """Latest transfer of a call to `target`, in cleaned text.

    `to_call` is the call with `target` that takes the place of a new one. `code` is
    the last SIP status, `reason` the sentence of `cause`.
    """

    target: Party
    state: TransferState = TransferState.TRYING
    code: int | None = None
    reason: str = ""
    cause: Cause | None = None
    to_call: str | None = None


class BlockedCaller(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Address whose calls to an account are declined; `since` is RFC 3339."""

    account: str
    address: str
    since: str = ""


class PostDial(msgspec.Struct, frozen=True):
    """Tones of a dial string, which are sent once its call is active.

    `waits`: the next ones wait for the user. The tones themselves are not told.
    """

    sent: int
    total: int
    begun: bool = False
    waits: bool = False


class Call(msgspec.Struct, frozen=True):
    """State of a call; `duration_s` counts from the answer.

    A call that we hold is cut off here at once. `hold_agreed`: the far end
    accepted the latest hold or resume; None before its answer and without one.
    `conference` is the id of the conference that it is in. `reason` is the
    sentence of `cause`, or else the far end's last reason.
    By the server's word: `forwarded_by` passed the call on to this phone, and
    `connected` is at the other end in place of `remote`. `asked`: the far end wants to
    connect the user with this one. `in_place_of`: the caller took the place of this one,
    who was in another call (RFC 3891).
    `post_dial` is None once all tones of the dial string were sent. With
    `realtime_text` both sides can write in it.
    """

    id: str
    account: str
    direction: Direction
    remote: Party
    state: CallState
    lock: Lock
    code: int | None = None
    reason: str = ""
    outcome: Outcome = Outcome.ONGOING
    started: str = ""
    answered: str | None = None
    duration_s: float = 0.0
    muted: bool = False
    recording: bool = False
    playing: bool = False
    held_by: HeldBy | None = None
    hold_agreed: bool | None = None
    codec: str | None = None
    quality: Quality = Quality()
    cause: Cause | None = None
    forwarded_by: Party | None = None
    connected: Party | None = None
    asked: Party | None = None
    in_place_of: Party | None = None
    transfer: Transfer | None = None
    post_dial: PostDial | None = None
    conference: str | None = None
    realtime_text: bool = False


class Conference(msgspec.Struct, frozen=True):
    """Calls that are mixed, by id; none when it has ended.

    The user is `here`, or has left it and the others go on. With `aside` the user and
    that call talk alone. Nobody hears the calls that are `silenced`.
    """

    id: str
    calls: tuple[str, ...]
    lock: ConferenceLock
    here: bool = True
    aside: str | None = None
    silenced: tuple[str, ...] = ()


class LogEntry(msgspec.Struct, frozen=True):
    """Row of the call log; `lock` is its state at the end of the call.

    `lock_was_open`: the lock was open at some moment after the answer.
    `sign` is None for a call that never had a voice. `realtime_text`: what was written
    in it was kept.
    """

    id: str
    account: str
    direction: Direction
    remote: Party
    outcome: Outcome
    started: str
    answered: str | None = None
    ended: str | None = None
    duration_s: float = 0.0
    code: int | None = None
    reason: str = ""
    lock: LockState = LockState.OPEN
    lock_was_open: bool = False
    codec: str | None = None
    sign: Sign | None = None
    realtime_text: bool = False

    @property
    def once_open(self) -> bool:
        """True if the sign is closed, but the lock was open for a time."""
        return self.lock_was_open and self.sign is not None and self.sign.closed


class EngineStatus(msgspec.Struct, frozen=True):
    """State of the engine.

    `pjsip` and `tls_library` are None until a worker reports them. `problems`
    are sentences about files, or parts of them, that could not be read.
    """

    version: str
    pid: int
    uptime_s: float
    pjsip: str | None = None
    tls_library: str | None = None
    problems: tuple[str, ...] = ()


class Status(msgspec.Struct, frozen=True):
    """Complete state, as `offhook status --json` prints it; `lamps` are the known ones."""

    engine: EngineStatus
    accounts: tuple[AccountStatus, ...]
    calls: tuple[Call, ...]
    conferences: tuple[Conference, ...] = ()
    unread_messages: int = 0
    """Texts that nobody has read."""
    lamps: tuple[Lamp, ...] = ()


class SoundDevice(msgspec.Struct, frozen=True):
    """Sound device by PJSIP's name for it."""

    name: str
    driver: str
    inputs: int
    outputs: int
