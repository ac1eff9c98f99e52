"""Things of the phone: accounts, calls, locks, quality, the call log.

Frozen values, shared by every process. The JSON forms are those of
`offhook status --json` and `offhook history --json`, which are a contract.
Times are seconds since the epoch inside the program and RFC 3339 in UTC in
JSON; durations are seconds; a value that is not known is None, never a guess.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from voip.causes import Cause
from voip.protection import Lock, LockState, Sign, TlsStatus, Transport


class Means(StrEnum):
    """The client with which a person accepted a server's key."""

    SCREEN = "screen"
    COMMAND = "command"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class CallState(StrEnum):
    """Where a call is, as its user would say it."""

    DIALING = "dialing"
    RINGING = "ringing"
    INCOMING = "incoming"
    CONNECTING = "connecting"
    ACTIVE = "active"
    HELD = "held"
    REMOTE_HELD = "remote_held"
    ENDED = "ended"

    @property
    def answered(self) -> bool:
        """The call was taken, voice can flow, and it has not ended."""
        return self in (CallState.ACTIVE, CallState.HELD, CallState.REMOTE_HELD)

    @property
    def taken(self) -> bool:
        """The same, or its voice is still being agreed on."""
        return self.answered or self is CallState.CONNECTING


class HeldBy(StrEnum):
    """The side that put a call on hold."""

    US = "us"
    THEM = "them"
    BOTH = "both"

    @property
    def here(self) -> bool:
        """The call is cut off here, be it on hold there too or not."""
        return self is not HeldBy.THEM

    @property
    def state(self) -> CallState:
        """The state of an answered call that is held so."""
        return CallState.HELD if self.here else CallState.REMOTE_HELD

    @classmethod
    def of(cls, *, us: bool, them: bool) -> HeldBy | None:
        """The side or sides that hold, None for a call that goes on."""
        if us:
            return cls.BOTH if them else cls.US
        return cls.THEM if them else None


class Source(StrEnum):
    """The holder of a call's microphone: the sound that its far end gets."""

    NOBODY = "nobody"
    PERSON = "person"
    FILE = "file"

    @classmethod
    def of(cls, *, person: bool, file: bool) -> Source:
        """A file takes the place of the person who speaks in the call."""
        if file:
            return cls.FILE
        return cls.PERSON if person else cls.NOBODY


class RegistrationState(StrEnum):
    """`offline`: the account is disabled or does not register."""

    REGISTERED = "registered"
    REGISTERING = "registering"
    FAILED = "failed"
    UNREGISTERED = "unregistered"
    OFFLINE = "offline"


class Outcome(StrEnum):
    """The end of a call in the log; `ongoing` while there is none."""

    ONGOING = "ongoing"
    ANSWERED = "answered"
    MISSED = "missed"
    DECLINED = "declined"
    BUSY = "busy"
    CANCELLED = "cancelled"
    FAILED = "failed"
    REFUSED = "refused"
    LOST = "lost"
    INTERRUPTED = "interrupted"
    BLOCKED = "blocked"


def rfc3339(seconds: float) -> str:
    """Seconds since the epoch as RFC 3339 in UTC, to the second."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Registration(msgspec.Struct, frozen=True):
    """The last word of the registrar; `reason` is the sentence of its `cause`."""

    state: RegistrationState
    code: int | None = None
    reason: str = ""
    expires_s: int | None = None
    cause: Cause | None = None


class Voicemail(msgspec.Struct, frozen=True):
    """Voice messages that wait at an account's server (RFC 3842); `old` were listened to."""

    new: int
    old: int | None = None


class AccountStatus(msgspec.Struct, frozen=True):
    """An account as it is now; `problem` says why it cannot be used.

    `voicemail` is None until the server has reported it.
    `warning` is what will be a problem soon, such as a certificate that ends.
    `sign` is that of its connection, None while the account is disabled.
    `distrusted` tells that its server was refused for its certificate or key.
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


class NameFrom(StrEnum):
    """The origin of a name.

    `contact`: the user's contacts. `claim`: the far end calls itself so, and
    nobody checked it. `phone`: the phone's own name for its test line or an account.
    """

    CONTACT = "contact"
    CLAIM = "claim"
    PHONE = "phone"


class Party(msgspec.Struct, frozen=True):
    """The other end of a call, in text that has been cleaned.

    `name_from` is None where there is no name. `imitates` says that a claimed
    name reads like something that it is not (`voip.security.imitation`): the address goes first.
    """

    uri: str
    name: str = ""
    imitates: bool = False
    name_from: NameFrom | None = None

    @property
    def claimed(self) -> bool:
        """Nobody but the far end vouches for the name."""
        return bool(self.name) and self.name_from not in (NameFrom.CONTACT, NameFrom.PHONE)


class BlockedCaller(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address whose calls to an account are declined; `since` is RFC 3339."""

    account: str
    address: str
    since: str = ""


class Quality(msgspec.Struct, frozen=True):
    """Measurements of a call's last second.

    Loss in percent of the packets of the whole call, times in milliseconds,
    `mos` from 1.0 to 4.5 (ITU-T G.107, estimated from loss and delay).
    `unplayable` counts packets in a codec that this phone cannot play, None while
    they are few. `silent_s` counts the seconds for which nothing has come that
    should have, None while they are few.
    """

    rx_loss_pct: float | None = None
    tx_loss_pct: float | None = None
    jitter_ms: float | None = None
    rtt_ms: float | None = None
    mos: float | None = None
    unplayable: int | None = None
    silent_s: float | None = None

    @property
    def problem(self) -> str:
        """In words, what keeps the far end from being heard."""
        if self.unplayable:
            return "voice arrives in a codec that this phone cannot play"
        return "nothing comes from the far end any more" if self.silent_s else ""


class Call(msgspec.Struct, frozen=True):
    """A call as it is now. `duration_s` counts from the answer.

    A call that is held by us is cut off here at once; `hold_agreed` says
    whether its far end took the latest hold or resume, None while it has not
    answered and where nothing was asked. `reason` is the sentence of its `cause`,
    or else the far end's last word.
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


class LogEntry(msgspec.Struct, frozen=True):
    """A call in the log; `lock` is how it was when the call ended.

    `lock_was_open` tells that the lock was open at some moment after the
    answer. `sign` is None for a call that never had a voice.
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

    @property
    def once_open(self) -> bool:
        """The sign says that it was encrypted, but the lock was open for a time."""
        return self.lock_was_open and self.sign is not None and self.sign.closed


class EngineStatus(msgspec.Struct, frozen=True):
    """`pjsip` and `tls_library` are what the workers reported, None before.

    `problems` are the files that could not be read, and what in others was
    left alone, in words.
    """

    version: str
    pid: int
    uptime_s: float
    pjsip: str | None = None
    tls_library: str | None = None
    problems: tuple[str, ...] = ()


class Status(msgspec.Struct, frozen=True):
    """Everything at once: what `offhook status --json` prints."""

    engine: EngineStatus
    accounts: tuple[AccountStatus, ...]
    calls: tuple[Call, ...]


class SoundDevice(msgspec.Struct, frozen=True):
    """A sound device by the name that PJSIP knows it under."""

    name: str
    driver: str
    inputs: int
    outputs: int
