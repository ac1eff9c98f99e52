"""Rules of what is allowed, and of when the lock closes: pure functions of plain values.

| account | SIP transport | certificate            | media          | lock can close |
| ------- | ------------- | ---------------------- | -------------- | -------------- |
| tls     | TLS 1.2+ only | authority *and* name   | SRTP mandatory | yes            |
| tcp     | TCP           | -                      | RTP or SRTP    | no             |
| udp     | UDP           | -                      | RTP or SRTP    | no             |
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

import msgspec

from voip.model import (
    CallState,
    Certificate,
    Fact,
    Keying,
    Lock,
    LockSignalling,
    LockState,
    LockStream,
    Transport,
)

_UNKNOWN = "not known yet"


class Demands(msgspec.Struct, frozen=True):
    """Demands of an account's transport on everything it does."""

    secure_worker: bool
    srtp_mandatory: bool


DEMANDS = {
    Transport.TLS: Demands(secure_worker=True, srtp_mandatory=True),
    Transport.TCP: Demands(secure_worker=False, srtp_mandatory=False),
    Transport.UDP: Demands(secure_worker=False, srtp_mandatory=False),
}


class ConnectionFacts(msgspec.Struct, frozen=True):
    """The SIP connection that a call's messages used last, as observed.

    `up` turns false for good when the connection ends: another connection to
    the same server is another connection. `same` tells that the call has used
    no other one, None where there is no call; `pinned` that the server was known
    by its key.
    """

    up: bool
    transport: Transport
    verified: bool
    version: str | None
    server: str | None
    cipher: str | None = None
    certificate: Certificate | None = None
    same: bool | None = None
    pinned: bool = False


class StreamFacts(msgspec.Struct, frozen=True):
    """A media stream of a call, as observed.

    `failing` is what `is_failing` says of the last report.
    `accepted` and `rejected` count packets of the whole call. The fingerprints
    (RFC 8122) are of the certificates that a DTLS handshake proved, None before
    it and with other keying.
    """

    kind: str
    active: bool
    srtp: bool
    suite: str | None
    keying: Keying | None
    failing: bool = False
    accepted: int = 0
    rejected: int = 0
    local_fingerprint: str | None = None
    remote_fingerprint: str | None = None


_FORGERIES_PER_S = 5
"""Fewer are strays, or somebody who wants the lock to open; a voice of wrong
keys sends 15 and more."""


def is_failing(accepted: int, rejected: int, seconds: float) -> bool:
    """A stream's report has enough forged packets and not one authentic.

    It judges one report of `seconds` alone: the lock closes again with the
    first report that has fewer.
    """
    return accepted <= 0 and rejected >= _FORGERIES_PER_S * max(seconds, 1.0)


class AccountFacts(msgspec.Struct, frozen=True):
    """Facts on which the lock of an account depends, be there a call or not."""

    account_transport: Transport
    in_secure_worker: bool
    connection: ConnectionFacts | None


class CallFacts(msgspec.Struct, frozen=True):
    """Everything that the lock of a call depends on."""

    account_transport: Transport
    in_secure_worker: bool
    state: CallState
    connection: ConnectionFacts | None
    streams: tuple[StreamFacts, ...]


class Kind(Enum):
    """Conditions of a closed lock, in the order they are asked for."""

    TRANSPORT = auto()
    PROCESS = auto()
    CONNECTION = auto()
    SIGNALLING = auto()
    CERTIFICATE = auto()
    CONNECTION_UP = auto()
    NEGOTIATED = auto()
    CALL_UP = auto()
    VOICE = auto()
    ENCRYPTED = auto()
    KEYS = auto()
    AUTHENTIC = auto()


class Condition(NamedTuple):
    """A fact of the lock, and in `lacks` what its absence means in words."""

    kind: Kind
    fact: Fact
    lacks: str


def conditions(facts: CallFacts | AccountFacts) -> tuple[Condition, ...]:
    """Everything that has to hold, a row each, in the order it is asked for."""
    found = [*_of_account(facts), *_of_connection(facts.connection)]
    if isinstance(facts, CallFacts):
        found += _of_media(facts)
    return tuple(found)


def missing(found: tuple[Condition, ...]) -> Condition | None:
    """The first condition that was not seen to hold; None closes the lock."""
    return next((row for row in found if row.fact.holds is not True), None)


def why(lacking: Condition | None, server: str | None) -> str:
    """The one line next to a lock: what it means, or what it lacks."""
    return lacking.lacks if lacking else f"encrypted to {server}; beyond it, unknown"


def lock(facts: CallFacts) -> Lock:
    """The lock of a call: closed only when every condition was observed."""
    lacking = missing(conditions(facts))
    return Lock(
        state=LockState.OPEN if lacking else LockState.CLOSED,
        why=why(lacking, facts.connection.server if facts.connection else None),
        signalling=_signalling(facts),
        media=tuple(
            LockStream(kind=s.kind, srtp=s.srtp, suite=s.suite, keying=s.keying)
            for s in facts.streams
            if s.active
        ),
    )


def _of_account(facts: CallFacts | AccountFacts) -> list[Condition]:
    name = facts.account_transport.value.upper()
    lacks = f"this account uses {name}: anyone on the way can listen"
    if keys_in_the_clear(facts):
        lacks = f"the voice is encrypted, but its keys crossed the network in the clear ({name})"
    whose = "call" if isinstance(facts, CallFacts) else "account"
    only_tls = facts.in_secure_worker
    return [
        _row(
            Kind.TRANSPORT,
            "the account uses TLS",
            facts.account_transport is Transport.TLS,
            f"the account says {name}",
            lacks,
        ),
        _row(
            Kind.PROCESS,
            "a process that knows only TLS",
            only_tls,
            "it has no other way to send" if only_tls else "it can send in the clear",
            f"this {whose} is not in the process that knows only TLS",
        ),
    ]


def keys_in_the_clear(facts: CallFacts | AccountFacts) -> bool:
    """SRTP is in force, but whoever was on the way could read its keys."""
    if facts.account_transport is Transport.TLS or not isinstance(facts, CallFacts):
        return False
    return any(s.active and s.srtp for s in facts.streams)


def _of_connection(connection: ConnectionFacts | None) -> list[Condition]:
    seen = connection is not None
    tls = connection.transport is Transport.TLS if connection else None
    known = bool(connection.version and connection.server) if connection else None
    return [
        _row(
            Kind.CONNECTION,
            "a connection to the server",
            seen,
            f"to {connection.server or 'a server without a name'}" if connection else "none so far",
            "no connection to the server has been seen yet",
        ),
        _row(
            Kind.SIGNALLING,
            "signalling over TLS",
            tls,
            f"it travels over {connection.transport.value.upper()}" if connection else _UNKNOWN,
            "the signalling did not travel over TLS",
        ),
        _row(
            Kind.CERTIFICATE,
            "a verified certificate",
            connection.verified if connection else None,
            _certificate(connection),
            "the server's certificate was not verified",
        ),
        _row(
            Kind.CONNECTION_UP,
            "the connection is up",
            connection.up if connection else None,
            _up(connection),
            "the TLS connection to the server has dropped",
        ),
        _row(
            Kind.NEGOTIATED,
            "what was negotiated is known",
            known,
            _negotiated(connection),
            "it is not known what was negotiated with the server",
        ),
    ]


def _of_media(facts: CallFacts) -> list[Condition]:
    active = [s for s in facts.streams if s.active]
    flows = facts.state.answered and bool(active)
    rows = [
        _row(
            Kind.CALL_UP,
            "the call is up",
            facts.state is not CallState.ENDED,
            f"it is {facts.state.value.replace('_', ' ')}",
            "the call has ended",
        ),
        _row(
            Kind.VOICE,
            "voice flows",
            flows,
            ", ".join(s.kind for s in active) if flows else "none so far",
            "no voice is flowing yet",
        ),
    ]
    for stream in active:
        rows += _of_stream(stream)
    return rows


def _of_stream(stream: StreamFacts) -> list[Condition]:
    kind = stream.kind
    keying = stream.keying.value.upper() if stream.keying else "a way that is not known"
    return [
        _row(
            Kind.ENCRYPTED,
            f"the {kind} is encrypted",
            stream.srtp,
            "SRTP is in force" if stream.srtp else "it is sent as plain RTP",
            f"the {kind} is not encrypted",
        ),
        _row(
            Kind.KEYS,
            f"the keys of the {kind} are agreed",
            bool(stream.suite) and stream.keying is not None,
            f"{stream.suite or 'no suite'}, keys by {keying}",
            f"the keys of the {kind} are not agreed yet",
        ),
        _row(
            Kind.AUTHENTIC,
            f"the {kind} is authentic",
            not stream.failing,
            f"{stream.accepted:,} packets authentic, {stream.rejected:,} rejected",
            f"{kind} packets arrive that are not authentic",
        ),
    ]


def _row(kind: Kind, name: str, holds: bool | None, evidence: str, lacks: str) -> Condition:
    return Condition(kind, Fact(name=name, holds=holds, evidence=evidence), lacks)


def _certificate(connection: ConnectionFacts | None) -> str:
    if connection is None:
        return _UNKNOWN
    shown = connection.certificate
    if shown is None:
        return "none was shown" if connection.transport is Transport.TLS else "there is none"
    names = ", ".join(shown.names) or shown.subject or "nobody"
    if connection.pinned:
        return f"for {names}, with the key that this account is pinned to"
    issuer = shown.issuer or "nobody that it names"
    return f"for {names}, issued by {issuer}, valid until {shown.not_after[:10]}"


def _up(connection: ConnectionFacts | None) -> str:
    if connection is None:
        return _UNKNOWN
    if not connection.up:
        return "it has ended"
    return {
        None: "it is up",
        True: "the same connection since the call began",
        False: "another connection than when the call began",
    }[connection.same]


def _negotiated(connection: ConnectionFacts | None) -> str:
    if connection is None:
        return _UNKNOWN
    server = f"with {connection.server}" if connection.server else None
    words = (connection.version, connection.cipher, server)
    return ", ".join(word for word in words if word) or _UNKNOWN


def _signalling(facts: CallFacts) -> LockSignalling:
    connection = facts.connection
    if connection is None:
        return LockSignalling(transport=facts.account_transport)
    return LockSignalling(
        transport=connection.transport,
        version=connection.version,
        verified=connection.verified and connection.up,
        server=connection.server,
        cipher=connection.cipher,
    )
