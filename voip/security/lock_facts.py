"""Facts that a lock depends on, and the conditions that are made of them."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

import msgspec

from voip.model import CallState
from voip.protection import Certificate, Comparison, Fact, Keying, Transport


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


class AccountFacts(msgspec.Struct, frozen=True):
    """Facts on which the lock of an account depends, be there a call or not.

    `distrusted` tells that the server was refused for its certificate or key.
    """

    account_transport: Transport
    in_secure_worker: bool
    connection: ConnectionFacts | None
    distrusted: bool = False


class CallFacts(msgspec.Struct, frozen=True):
    """Everything that the lock of a call depends on.

    `offers_srtp` is of the session that an incoming call began with, None where
    it brought none. `comparison` is of the words of the two ends, None where
    there are none to compare.
    """

    account_transport: Transport
    in_secure_worker: bool
    state: CallState
    connection: ConnectionFacts | None
    streams: tuple[StreamFacts, ...]
    offers_srtp: bool | None = None
    comparison: Comparison | None = None

    @property
    def encrypted(self) -> bool:
        """SRTP is in force for a stream, whoever has its keys."""
        return any(s.active and s.srtp for s in self.streams)

    @property
    def keys_in_the_clear(self) -> bool:
        """SRTP is in force, but whoever was on the way could read its keys."""
        if self.account_transport is Transport.TLS:
            return False
        return any(s.active and s.srtp and s.keying is not Keying.DTLS for s in self.streams)


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
    COMPARED = auto()


class Condition(NamedTuple):
    """A fact of the lock, and in `lacks` what its absence means in words."""

    kind: Kind
    fact: Fact
    lacks: str
