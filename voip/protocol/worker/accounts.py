"""Messages about a worker's accounts: set-up and registration."""

from __future__ import annotations

import msgspec

from voip.causes import Cause
from voip.choices import Dtmf, Prack, SessionTimer
from voip.model import Voicemail
from voip.protection import SRTP_SUITES, Digest, Keying, Transport
from voip.protocol.worker.base import WorkerCommand, WorkerReport


class ClientCertificate(msgspec.Struct, frozen=True):
    """Certificate and key of an account, PEM files; no passphrase in repr."""

    certificate: str
    key: str
    passphrase: str | None = None

    def __repr__(self) -> str:
        return f"ClientCertificate(certificate={self.certificate!r})"


class Trust(msgspec.Struct, frozen=True):
    """Trust in a TLS account's server, and the account's own certificate.

    `ca_file` is a PEM file. With `pin`, the SHA-256 of a public key
    (SubjectPublicKeyInfo) in lower-case hexadecimal, exactly that key is accepted, for
    every issuer, name and time of its certificate.
    """

    ca_file: str
    allow_wildcard: bool = False
    pin: str | None = None
    client: ClientCertificate | None = None


class Credentials(msgspec.Struct, frozen=True):
    """Digest credentials (RFC 3261 section 22); no password in repr."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r})"


class OwnKey(msgspec.Struct, frozen=True):
    """Certificate and key for DTLS handshakes, PEM text; not in repr."""

    pem: str

    def __repr__(self) -> str:
        return "OwnKey()"


class Target(msgspec.Struct, frozen=True):
    """Address of a server: an IPv4 or IPv6 address without brackets, and a port.

    `translator` is the prefix by which the network leads from IPv6 to IPv4
    (RFC 6052), such as `64:ff9b::/96`.
    """

    address: str
    port: int
    translator: str | None = None

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if self.is_ipv6 else f"{self.address}:{self.port}"

    @property
    def is_ipv6(self) -> bool:
        return ":" in self.address


class Relay(msgspec.Struct, frozen=True):
    """TURN server that passes voice on (RFC 8656).

    Over TLS it has to prove `server_name` to `trust`; without trust it is not used.
    """

    target: Target
    server_name: str
    transport: Transport
    credentials: Credentials | None = None
    trust: Trust | None = None


class IceServers(msgspec.Struct, frozen=True):
    """Servers that give an account's calls their addresses (RFC 8445)."""

    stun: Target | None = None
    relay: Relay | None = None

    def fits(self, target: Target) -> bool:
        """Report if no server is of another family than an account's target."""
        servers = (self.stun, self.relay.target if self.relay else None)
        return all(one is None or one.is_ipv6 == target.is_ipv6 for one in servers)


class AccountSetup(msgspec.Struct, frozen=True):
    """Account as a worker needs it.

    `instance` is the URN of RFC 5626 section 4.1. `target` is the next hop of every
    request. `server_name` is the host that the user named: a TLS certificate has to
    prove it (RFC 5922 section 4), wherever the DNS led.

    `hidden` keeps the account's name and address from those it calls. `suites` are
    those of SRTP, in the order they are offered. Without an `own_key` its handshakes
    show a certificate that the worker has made. With `ice_servers` they use ICE; a
    `hidden` account then offers its relay alone.

    A `trial` registers beside the account's own binding at the server rather than in
    its place, accepts no calls and does not subscribe to voice mail.
    """

    name: str
    user: str
    domain: str
    instance: str
    transport: Transport
    server_name: str
    target: Target
    registrar: str
    display_name: str = ""
    register: bool = True
    expires_s: int = 300
    credentials: Credentials | None = None
    minimum_digest: Digest = Digest.MD5
    trust: Trust | None = None
    keying: Keying = Keying.SDES
    suites: tuple[str, ...] = SRTP_SUITES
    hidden: bool = False
    codecs: tuple[str, ...] = ()
    opus_bit_rate: int = 64000
    opus_dtx: bool = False
    dtmf: Dtmf = Dtmf.AUTO
    session_timer: SessionTimer = SessionTimer.OPTIONAL
    session_expires_s: int = 1800
    session_min_s: int = 90
    prack: Prack = Prack.OFF
    own_key: OwnKey | None = None
    ice_servers: IceServers | None = None
    realtime_text: bool = False
    trial: bool = False


class OpenAccount(WorkerCommand, frozen=True, tag="add_account"):
    account: AccountSetup


class CloseAccount(WorkerCommand, frozen=True, tag="remove_account"):
    """End calls of an account, unregister it and remove it."""

    name: str


class UseTarget(WorkerCommand, frozen=True, tag="use_target"):
    """Send later requests of an account to another address of its server.

    Calls that are up keep theirs; a REGISTER under way is given up.
    """

    name: str
    target: Target


class LeaveConnection(WorkerCommand, frozen=True, tag="leave_connection"):
    """Leave an account's connection, since this machine's address has changed."""

    name: str


class RegisterNow(WorkerCommand, frozen=True, tag="register"):
    """Send a REGISTER now; the worker never repeats a failed one.

    A `hurried` one fails where the server's port is closed over UDP, before the
    timeout of SIP.
    """

    name: str
    hurried: bool = False


class UseOwnKey(WorkerCommand, frozen=True, tag="use_own_key"):
    """Show another certificate in handshakes of later calls."""

    name: str
    own_key: OwnKey


class UseIceServers(WorkerCommand, frozen=True, tag="use_ice_servers"):
    """Use other servers for the media of later calls, and of calls that move."""

    name: str
    ice_servers: IceServers


class RegistrationEvent(WorkerReport, frozen=True, tag="registration"):
    """Reports the outcome of a REGISTER; `connection` is its transport.

    `cause` is one of our own, where the status does not say it. `retry_after_s` is the
    time for which the server wants to be left alone (RFC 3261 section 20.33), `digest`
    the weakest algorithm by which the password was proven.
    """

    account: str
    active: bool
    code: int
    reason: str
    expires_s: int
    connection: int | None = None
    cause: Cause | None = None
    retry_after_s: float = 0.0
    digest: Digest | None = None


class ServerSilent(WorkerReport, frozen=True, tag="server_silent"):
    """Reports that the server of a registered account does not answer over UDP."""

    account: str


class VoicemailEvent(WorkerReport, frozen=True, tag="voicemail"):
    """Reports voice messages at an account's server, on `connection`."""

    account: str
    voicemail: Voicemail
    connection: int | None


class RelayFailed(WorkerReport, frozen=True, tag="relay_failed"):
    """Reports why calls of an account do not use its relay, once for each cause."""

    account: str
    cause: Cause


AnyAccountCommand = (
    OpenAccount
    | CloseAccount
    | UseTarget
    | LeaveConnection
    | RegisterNow
    | UseOwnKey
    | UseIceServers
)

AnyAccountEvent = RegistrationEvent | ServerSilent | VoicemailEvent | RelayFailed
