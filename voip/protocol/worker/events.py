"""Events that a worker reports to the engine: see `voip.protocol.worker.process`."""

from __future__ import annotations

import msgspec

from voip.causes import Cause
from voip.model import CallState, HeldBy, SoundDevice, Voicemail
from voip.protection import Stream, TlsStatus, Transport


class WorkerEvent(msgspec.Struct, frozen=True, tag_field="kind"):
    """Something that happened in a worker."""


class Done(WorkerEvent, frozen=True, tag="done"):
    """The command `id` was accepted, or not: `error` says why, in words."""

    id: int
    error: str | None = None


class Ready(WorkerEvent, frozen=True, tag="ready"):
    """The worker is up; what its pjsua2 is and can do.

    `listening` is the port of the echo line, `sound` the device in use or why
    there is none; `sound_ok` is False when that is not what was asked for.
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


class RegistrationEvent(WorkerEvent, frozen=True, tag="registration"):
    """The outcome of a REGISTER. `connection` is the transport it used.

    `cause` is one of our own, where the status does not say it.
    """

    account: str
    active: bool
    code: int
    reason: str
    expires_s: int
    connection: int | None = None
    cause: Cause | None = None


class ConnectionEvent(WorkerEvent, frozen=True, tag="connection"):
    """A SIP connection came up, was refused, or went away.

    `id` numbers connections within a worker. `host` is the name that was
    dialled and, over TLS, verified; `address` is the IP address behind it,
    where it is known. `tls` is set when `up`, `cause` when it failed or was
    refused. `other_key` is the public key's SHA-256 of a server that was refused
    because the account is pinned to another.
    `accounts` are those whose requests it carried or was to carry.
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


class IncomingCall(WorkerEvent, frozen=True, tag="incoming"):
    """`offers_srtp` is of the session in the INVITE, None where it has none."""

    call: int
    account: str
    remote: str
    connection: int | None = None
    offers_srtp: bool | None = None


class RefusedCall(WorkerEvent, frozen=True, tag="refused"):
    """An incoming call that PJSIP refused before it could ring.

    `call` is set when it was reported as `IncomingCall` before.
    """

    call: int | None
    account: str | None
    remote: str
    code: int
    cause: Cause


class UnreadCall(WorkerEvent, frozen=True, tag="unread_call"):
    """An INVITE that could not be read, and was refused; told once in a while.

    `accounts` are those that the connection belongs to, none over UDP.
    """

    accounts: tuple[str, ...]
    connection: int | None


class CallStateEvent(WorkerEvent, frozen=True, tag="call_state"):
    """`code` and `reason` are the last SIP status; `cause` is one of our own.

    `refused` tells that the session of the far end was not taken.
    """

    call: int
    state: CallState
    code: int
    reason: str
    remote: str = ""
    connection: int | None = None
    cause: Cause | None = None
    refused: bool = False


class MediaEvent(WorkerEvent, frozen=True, tag="media"):
    """The streams of a call after they, or a hold, changed.

    A call that is on hold here is cut off, whatever the far end has agreed to.
    """

    call: int
    streams: tuple[Stream, ...]
    held_by: HeldBy | None = None
    connection: int | None = None


class HoldEvent(WorkerEvent, frozen=True, tag="hold"):
    """The outcome of `HoldCall`, once its far end has answered.

    `held` is the hold as it is here from now on, `agreed` that the far end has
    the same. `code` is the status of its answer, 0 where there was none.
    """

    call: int
    agreed: bool
    held: bool
    code: int
    reason: str


class StatisticsEvent(WorkerEvent, frozen=True, tag="statistics"):
    """Each second of an active call; see `voip.engine.calls.quality` for what becomes of it.

    Packet counts are of the whole call, of those in a codec that is not played
    (`rx_unplayable`) in the last `seconds`; jitter and round-trip time are the
    last ones, in milliseconds, None without RTCP. `rx_silent_s` is the time for
    which nothing has come that should have, None while it is short.
    """

    call: int
    streams: tuple[Stream, ...]
    connection: int | None
    rx_packets: int
    rx_lost: int
    tx_packets: int
    tx_lost: int | None
    jitter_ms: float | None
    rtt_ms: float | None
    seconds: float = 1.0
    rx_unplayable: int = 0
    rx_silent_s: float | None = None


class LevelsReport(WorkerEvent, frozen=True, tag="levels"):
    """Mean amplitude of a frame, linear: 0.0 silence to 1.0 full scale."""

    call: int
    rx: float
    tx: float


class DigitReceived(WorkerEvent, frozen=True, tag="digit"):
    call: int
    digit: str


class DigitsDone(WorkerEvent, frozen=True, tag="digits_done"):
    """The digits that waited were sent, but for the last `lost` of them."""

    call: int
    lost: int = 0
    reason: str | None = None


class PlayEnded(WorkerEvent, frozen=True, tag="play_ended"):
    """The file that was played into a call is over."""

    call: int


class SoundEvent(WorkerEvent, frozen=True, tag="sound"):
    """The sound devices, and which of them are used; as in `Ready`."""

    devices: tuple[SoundDevice, ...]
    sound: str
    sound_ok: bool


class VoicemailEvent(WorkerEvent, frozen=True, tag="voicemail"):
    """An account's server reported its voice messages on `connection`."""

    account: str
    voicemail: Voicemail
    connection: int | None


class SipMessage(WorkerEvent, frozen=True, tag="sip_message"):
    """A SIP message as it crossed `connection`, its secrets masked.

    `remote` is the other side's address and port; `lines` are unfolded.
    """

    sent: bool
    connection: int | None
    remote: str
    lines: tuple[str, ...]


AnyWorkerEvent = (
    Done
    | Ready
    | RegistrationEvent
    | ConnectionEvent
    | IncomingCall
    | RefusedCall
    | UnreadCall
    | CallStateEvent
    | MediaEvent
    | HoldEvent
    | StatisticsEvent
    | LevelsReport
    | DigitReceived
    | DigitsDone
    | PlayEnded
    | SoundEvent
    | VoicemailEvent
    | SipMessage
)
