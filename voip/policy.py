"""What is allowed, and when the lock closes: pure functions of plain values.

| account | SIP transport | certificate            | media          | lock can close |
| ------- | ------------- | ---------------------- | -------------- | -------------- |
| tls     | TLS 1.2+ only | authority *and* name   | SRTP mandatory | yes            |
| tcp     | TCP           | -                      | RTP or SRTP    | no             |
| udp     | UDP           | -                      | RTP or SRTP    | no             |
"""

from __future__ import annotations

import msgspec

from voip.model import (
    CallState,
    Keying,
    Lock,
    LockSignalling,
    LockState,
    LockStream,
    Transport,
)


class Demands(msgspec.Struct, frozen=True):
    """What an account's transport demands of everything it does."""

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
    the same server is another connection.
    """

    up: bool
    transport: Transport
    verified: bool
    version: str | None
    server: str | None


class StreamFacts(msgspec.Struct, frozen=True):
    """A media stream of a call, as observed.

    `failing`: packets arrive, and of late none of them authenticated.
    """

    kind: str
    active: bool
    srtp: bool
    suite: str | None
    keying: Keying | None
    failing: bool = False


class CallFacts(msgspec.Struct, frozen=True):
    """Everything that the lock depends on."""

    account_transport: Transport
    in_secure_worker: bool
    state: CallState
    connection: ConnectionFacts | None
    streams: tuple[StreamFacts, ...]


def lock(facts: CallFacts) -> Lock:
    """The lock of a call: closed only when every fact was observed."""
    missing = _missing_fact(facts)
    server = facts.connection.server if facts.connection else None
    return Lock(
        state=LockState.OPEN if missing else LockState.CLOSED,
        why=missing or f"encrypted to {server}; beyond it, unknown",
        signalling=_signalling(facts),
        media=tuple(
            LockStream(kind=s.kind, srtp=s.srtp, suite=s.suite, keying=s.keying)
            for s in facts.streams
            if s.active
        ),
    )


def _missing_fact(facts: CallFacts) -> str | None:
    return (
        _account_lacks(facts)
        or _connection_lacks(facts.connection)
        or _media_lacks(facts.state, facts.streams)
    )


def _account_lacks(facts: CallFacts) -> str | None:
    if facts.account_transport is not Transport.TLS:
        name = facts.account_transport.value.upper()
        if any(s.active and s.srtp for s in facts.streams):
            return f"the voice is encrypted, but its keys crossed the network in the clear ({name})"
        return f"this account uses {name}: anyone on the way can listen"
    if not facts.in_secure_worker:
        return "this call is not in the process that knows only TLS"
    return None


def _connection_lacks(connection: ConnectionFacts | None) -> str | None:
    if connection is None:
        return "no connection to the server has been seen yet"
    if connection.transport is not Transport.TLS:
        return "the signalling did not travel over TLS"
    if not connection.verified:
        return "the server's certificate was not verified"
    if not connection.up:
        return "the TLS connection to the server has dropped"
    if not connection.version or not connection.server:
        return "it is not known what was negotiated with the server"
    return None


def _media_lacks(state: CallState, streams: tuple[StreamFacts, ...]) -> str | None:
    if state is CallState.ENDED:
        return "the call has ended"
    active = [s for s in streams if s.active]
    if not state.answered or not active:
        return "no voice is flowing yet"
    for stream in active:
        if not stream.srtp:
            return f"the {stream.kind} is not encrypted"
        if not stream.suite or stream.keying is None:
            return f"the keys of the {stream.kind} are not agreed yet"
        if stream.failing:
            return f"{stream.kind} packets arrive that are not authentic"
    return None


def _signalling(facts: CallFacts) -> LockSignalling:
    connection = facts.connection
    if connection is None:
        return LockSignalling(transport=facts.account_transport)
    return LockSignalling(
        transport=connection.transport,
        version=connection.version,
        verified=connection.verified and connection.up,
        server=connection.server,
    )
