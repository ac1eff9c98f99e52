"""Commands of the engine to a worker: see `voip.protocol.worker.process`."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from voip.protection import SRTP_SUITES, Keying, Transport
from voip.protocol.settings import Audio


class Role(StrEnum):
    """`secure` has TLS transports only, `open` UDP and TCP, `echo` answers."""

    SECURE = "secure"
    OPEN = "open"
    ECHO = "echo"

    @property
    def tls_only(self) -> bool:
        """The worker has no way to send in the clear; a new role has to say so here."""
        return self in _TLS_ONLY


_TLS_ONLY = frozenset({Role.SECURE, Role.ECHO})


class ClientCertificate(msgspec.Struct, frozen=True):
    """An account's own certificate and key, PEM files. The passphrase is in no repr."""

    certificate: str
    key: str
    passphrase: str | None = None

    def __repr__(self) -> str:
        return f"ClientCertificate(certificate={self.certificate!r})"


class Trust(msgspec.Struct, frozen=True):
    """Trust in a TLS account's server, and what the account shows it.

    `ca_file` is a PEM file. With `pin`, the SHA-256 of a public key
    (SubjectPublicKeyInfo) in lower-case hexadecimal, exactly that key is
    accepted, whoever issued its certificate, for whatever name and time.
    """

    ca_file: str
    allow_wildcard: bool = False
    pin: str | None = None
    client: ClientCertificate | None = None


class Credentials(msgspec.Struct, frozen=True):
    """Digest credentials (RFC 3261 section 22). The password is in no repr."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r})"


class OwnKey(msgspec.Struct, frozen=True):
    """A certificate and its key for DTLS handshakes, PEM text that is in no repr."""

    pem: str

    def __repr__(self) -> str:
        return "OwnKey()"


class AccountSetup(msgspec.Struct, frozen=True):
    """An account as a worker needs it. `server` is the next hop, host[:port].

    `hidden` keeps the account's name and address from those it calls. `suites`
    are those of SRTP, in the order they are offered. Without an `own_key` its
    handshakes show one that the worker has made.

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
    suites: tuple[str, ...] = SRTP_SUITES
    hidden: bool = False
    own_key: OwnKey | None = None
    trial: bool = False


class WorkerCommand(msgspec.Struct, frozen=True, tag_field="do"):
    """Something the engine asks of a worker."""


class Configure(WorkerCommand, frozen=True, tag="configure"):
    """First command: become this kind of worker. `Ready` answers it.

    With `silent` it uses no sound device. `certificate` and `key` are PEM files
    of the echo line's listener.
    """

    role: Role
    user_agent: str
    audio: Audio
    silent: bool = False
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


class UseOwnKey(WorkerCommand, frozen=True, tag="use_own_key"):
    """Show another certificate in handshakes of calls that begin from here on."""

    name: str
    own_key: OwnKey


class StartCall(WorkerCommand, frozen=True, tag="call"):
    """Call `uri`, which `voip.sip.dialing` rebuilt from parsed parts.

    With `voice` the person speaks in it, unless a file is played.
    """

    call: int
    account: str
    uri: str
    voice: bool = True
    play: str | None = None
    record: str | None = None


class Ring(WorkerCommand, frozen=True, tag="ring"):
    """Ring for an incoming call, and let its caller know (180)."""

    call: int


class Answer(WorkerCommand, frozen=True, tag="answer"):
    """Take an incoming call, and let the person speak in it."""

    call: int


class EndCall(WorkerCommand, frozen=True, tag="end"):
    """End a call in whatever state it is; `code` refuses an incoming one."""

    call: int
    code: int = 603


class HoldCall(WorkerCommand, frozen=True, tag="hold"):
    """Cut a call off at once and ask the far end for hold, or let it go on.

    `Done` says that it is cut off or connected here, `HoldEvent` what the far
    end says to it.
    """

    call: int
    on: bool = True


class GiveVoice(WorkerCommand, frozen=True, tag="voice"):
    """Connect the person to a call, or cut them off; the far end is not asked."""

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

    audio: Audio


class LookUpDevices(WorkerCommand, frozen=True, tag="look_up_devices"):
    """Look up the sound devices anew; `SoundEvent` tells them, before `Done`."""


class WatchLevels(WorkerCommand, frozen=True, tag="levels"):
    """Send `Levels` of active calls every `interval_ms`; 0 stops."""

    interval_ms: int


class WatchMessages(WorkerCommand, frozen=True, tag="messages"):
    """Report every SIP message with `SipMessage`, or no more."""

    on: bool = True


class Quit(WorkerCommand, frozen=True, tag="quit"):
    """End calls, unregister and exit."""


AnyWorkerCommand = (
    Configure
    | AddAccount
    | RemoveAccount
    | RegisterNow
    | UseOwnKey
    | StartCall
    | Ring
    | Answer
    | EndCall
    | HoldCall
    | GiveVoice
    | MuteCall
    | Digits
    | PlayFile
    | RecordFile
    | UseAudio
    | LookUpDevices
    | WatchLevels
    | WatchMessages
    | Quit
)
