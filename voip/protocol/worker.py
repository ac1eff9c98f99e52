"""What the engine and a worker say to each other over a private socket.

The engine sends `WorkerCommand` lines, the worker sends `WorkerEvent` lines.
A command is answered by `Done`, which means *accepted*; what comes of it
follows as events. Calls have an id that the engine chooses for outgoing calls
(positive) and the worker for incoming ones (negative).

Text in events is as the network sent it, bounded in length: the engine cleans
it (`voip.text`) before anybody sees it.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from voip.model import CallState, Keying, SoundDevice, TlsStatus, Transport


class Role(StrEnum):
    """`secure` has TLS transports only, `open` UDP and TCP, `echo` answers."""

    SECURE = "secure"
    OPEN = "open"
    ECHO = "echo"


class AudioSettings(msgspec.Struct, frozen=True):
    """How sound is taken and given.

    Devices are named by a part of their name; None chooses PulseAudio or
    PipeWire where there is one; `null` is no device. The bridge's rate is in
    hertz, frames and device latencies in milliseconds; `jitter_prefetch_ms` of
    received voice wait before they are played.
    """

    input: str | None = None
    output: str | None = None
    null: bool = False
    clock_rate_hz: int = 48000
    frame_ms: int = 10
    capture_latency_ms: int = 40
    playback_latency_ms: int = 40
    jitter_prefetch_ms: int = 20
    echo_cancel: bool = True
    ring: bool = True


class Trust(msgspec.Struct, frozen=True):
    """What a TLS account's server must show: `ca_file` is a PEM file."""

    ca_file: str
    allow_wildcard: bool = False


class Credentials(msgspec.Struct, frozen=True):
    """Digest credentials (RFC 3261 section 22). The password is in no repr."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r})"


class AccountSetup(msgspec.Struct, frozen=True):
    """An account as a worker needs it. `server` is the next hop, host[:port].

    A `trial` registers beside the account's own binding at the server rather
    than in its place, takes no calls and asks for no voice mail.
    """

    name: str
    user: str
    domain: str
    transport: Transport
    server: str
    registrar: str
    display_name: str = ""
    register: bool = True
    expires_s: int = 300
    credentials: Credentials | None = None
    trust: Trust | None = None
    keying: Keying = Keying.SDES
    trial: bool = False


class WorkerCommand(msgspec.Struct, frozen=True, tag_field="do"):
    """Something the engine asks of a worker."""


class Configure(WorkerCommand, frozen=True, tag="configure"):
    """First command: become this kind of worker. `Ready` answers it.

    `certificate` and `key` are PEM files of the echo line's listener.
    """

    role: Role
    user_agent: str
    audio: AudioSettings
    certificate: str | None = None
    key: str | None = None


class AddAccount(WorkerCommand, frozen=True, tag="add_account"):
    account: AccountSetup


class RemoveAccount(WorkerCommand, frozen=True, tag="remove_account"):
    """Unregister and forget; calls of the account are ended first."""

    name: str


class RegisterNow(WorkerCommand, frozen=True, tag="register"):
    """Send a REGISTER now; the worker never repeats one that failed."""

    name: str


class StartCall(WorkerCommand, frozen=True, tag="call"):
    """Call `uri`, which `voip.dialing` rebuilt from parsed parts."""

    call: int
    account: str
    uri: str
    play: str | None = None
    record: str | None = None


class Answer(WorkerCommand, frozen=True, tag="answer"):
    call: int


class EndCall(WorkerCommand, frozen=True, tag="end"):
    """End a call in whatever state it is; `code` refuses an incoming one."""

    call: int
    code: int = 603


class HoldCall(WorkerCommand, frozen=True, tag="hold"):
    call: int
    on: bool = True


class MuteCall(WorkerCommand, frozen=True, tag="mute"):
    call: int
    on: bool = True


class Digits(WorkerCommand, frozen=True, tag="digits"):
    call: int
    digits: str


class PlayFile(WorkerCommand, frozen=True, tag="play"):
    call: int
    path: str | None


class RecordFile(WorkerCommand, frozen=True, tag="record"):
    call: int
    path: str | None


class UseAudio(WorkerCommand, frozen=True, tag="use_audio"):
    """Use the devices and the ring of `audio`, in calls that are up as well.

    The rest of it takes a new worker. `SoundEvent` tells what came of it,
    before `Done`.
    """

    audio: AudioSettings


class LookUpDevices(WorkerCommand, frozen=True, tag="look_up_devices"):
    """Look up the sound devices anew; `SoundEvent` tells them, before `Done`."""


class WatchLevels(WorkerCommand, frozen=True, tag="levels"):
    """Send `Levels` of active calls every `interval_ms`; 0 stops."""

    interval_ms: int


class Quit(WorkerCommand, frozen=True, tag="quit"):
    """End calls, unregister and exit."""


AnyWorkerCommand = (
    Configure
    | AddAccount
    | RemoveAccount
    | RegisterNow
    | StartCall
    | Answer
    | EndCall
    | HoldCall
    | MuteCall
    | Digits
    | PlayFile
    | RecordFile
    | UseAudio
    | LookUpDevices
    | WatchLevels
    | Quit
)


class Order(msgspec.Struct, frozen=True):
    """A command with the number that `Done` will name."""

    id: int
    command: AnyWorkerCommand


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


class RegistrationEvent(WorkerEvent, frozen=True, tag="registration"):
    """The outcome of a REGISTER. `connection` is the transport it used."""

    account: str
    active: bool
    code: int
    reason: str
    expires_s: int
    connection: int | None = None


class ConnectionEvent(WorkerEvent, frozen=True, tag="connection"):
    """A SIP connection came up, was refused, or went away.

    `id` numbers connections within a worker. `host` is the name that was
    dialled and, over TLS, verified. `tls` is set when `up`; `error` says in
    words why a server was refused.
    """

    id: int
    up: bool
    outgoing: bool
    transport: Transport
    host: str
    port: int
    tls: TlsStatus | None = None
    error: str | None = None


class IncomingCall(WorkerEvent, frozen=True, tag="incoming"):
    call: int
    account: str
    remote: str
    connection: int | None = None


class RefusedCall(WorkerEvent, frozen=True, tag="refused"):
    """An incoming call that PJSIP refused before it could ring.

    `call` is set when it was reported as `IncomingCall` before.
    """

    call: int | None
    account: str | None
    remote: str
    code: int
    reason: str


class CallStateEvent(WorkerEvent, frozen=True, tag="call_state"):
    """`code` and `reason` are the last SIP status; `cause` is our own reason."""

    call: int
    state: CallState
    code: int
    reason: str
    remote: str = ""
    connection: int | None = None
    cause: str | None = None


class StreamState(msgspec.Struct, frozen=True):
    """One media stream as it is in force, RTP packets counted.

    `suite` is set when SRTP is active in both directions; `rejected` packets
    failed authentication.
    """

    kind: str
    active: bool
    srtp: bool
    suite: str | None = None
    keying: Keying | None = None
    codec: str | None = None
    accepted: int = 0
    rejected: int = 0


class MediaEvent(WorkerEvent, frozen=True, tag="media"):
    """The streams of a call after they changed; `state` is hold as seen here."""

    call: int
    streams: tuple[StreamState, ...]
    local_hold: bool
    remote_hold: bool
    connection: int | None = None


class StatisticsEvent(WorkerEvent, frozen=True, tag="statistics"):
    """Each second of an active call; see `voip.quality` for what becomes of it.

    Packet counts are of the whole call; jitter and round-trip time are the
    last ones, in milliseconds, None without RTCP.
    """

    call: int
    streams: tuple[StreamState, ...]
    connection: int | None
    rx_packets: int
    rx_lost: int
    tx_packets: int
    tx_lost: int | None
    jitter_ms: float | None
    rtt_ms: float | None


class LevelsReport(WorkerEvent, frozen=True, tag="levels"):
    """Mean amplitude of a frame, linear: 0.0 silence to 1.0 full scale."""

    call: int
    rx: float
    tx: float


class DigitReceived(WorkerEvent, frozen=True, tag="digit"):
    call: int
    digit: str


class PlayEnded(WorkerEvent, frozen=True, tag="play_ended"):
    """The file that was played into a call is over."""

    call: int


class SoundEvent(WorkerEvent, frozen=True, tag="sound"):
    """The sound devices, and which of them are used; as in `Ready`."""

    devices: tuple[SoundDevice, ...]
    sound: str
    sound_ok: bool


class MessagesEvent(WorkerEvent, frozen=True, tag="messages"):
    """An account's server told how many new voice messages wait (RFC 3842).

    `connection` is the one it was told on.
    """

    account: str
    new: int
    connection: int | None


AnyWorkerEvent = (
    Done
    | Ready
    | RegistrationEvent
    | ConnectionEvent
    | IncomingCall
    | RefusedCall
    | CallStateEvent
    | MediaEvent
    | StatisticsEvent
    | LevelsReport
    | DigitReceived
    | PlayEnded
    | SoundEvent
    | MessagesEvent
)
