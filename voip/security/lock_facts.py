"""Facts that a lock depends on, and the conditions made of them."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

import msgspec

from voip.model import CallState
from voip.protection import Certificate, Comparison, Fact, Keying, Stream, Transport


class ConnectionFacts(msgspec.Struct, frozen=True):
    """SIP connection that a call used last, as observed.

    `up` turns false for good when the connection ends: another connection to the
    same server is another one. `same` is true if the call used no other, None
    without a call. `pinned` is true if the server was accepted by its key.
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


class AccountFacts(msgspec.Struct, frozen=True):
    """Facts that the lock of an account depends on, with or without a call.

    `distrusted`: the server was refused for its certificate or key.
    """

    account_transport: Transport
    in_secure_worker: bool
    connection: ConnectionFacts | None
    distrusted: bool = False


class CallFacts(msgspec.Struct, frozen=True):
    """Facts that the lock of a call depends on.

    `offers_srtp` is of an incoming call's first offer, None without one.
    `comparison` is of the words of the two ends, None where there are none.
    """

    account_transport: Transport
    in_secure_worker: bool
    state: CallState
    connection: ConnectionFacts | None
    streams: tuple[Stream, ...]
    offers_srtp: bool | None = None
    comparison: Comparison | None = None

    @property
    def encrypted(self) -> bool:
        """True if an active stream uses SRTP, even if others have its keys."""
        return any(s.active and s.srtp for s in self.streams)

    @property
    def keys_in_the_clear(self) -> bool:
        """True if SRTP keys of an active stream crossed the network in the clear."""
        if self.account_transport is Transport.TLS:
            return False
        return any(s.active and s.srtp and s.keying is not Keying.DTLS for s in self.streams)


class Kind(Enum):
    """Conditions of a closed lock, in the order in which they are checked."""

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
    """Fact of the lock, and in `lacks` the meaning of its absence in words."""

    kind: Kind
    fact: Fact
    lacks: str
