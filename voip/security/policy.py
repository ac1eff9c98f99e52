"""Rules of what is allowed and when the lock closes: pure functions.

| account | SIP transport | certificate            | media          | lock can close |
| ------- | ------------- | ---------------------- | -------------- | -------------- |
| tls     | TLS 1.2+ only | authority *and* name   | SRTP mandatory | yes            |
| tcp     | TCP           | -                      | RTP or SRTP    | no             |
| udp     | UDP           | -                      | RTP or SRTP    | no             |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from voip.model import CallState
from voip.protection import (
    About,
    Compared,
    Comparison,
    ConferenceLock,
    Fact,
    Lock,
    LockSignalling,
    LockState,
    LockStream,
    Sign,
    Stream,
    Transport,
)
from voip.security import lock_sign
from voip.security.lock_facts import (
    AccountFacts,
    CallFacts,
    Condition,
    ConnectionFacts,
    Kind,
)

_UNKNOWN = "not known yet"


class Demands(msgspec.Struct, frozen=True):
    """Demands of an account's transport on everything it does.

    `tls_only`: a worker without another transport. `verified_server`: a trusted
    certificate. `srtp_mandatory`: no voice in the clear.
    """

    tls_only: bool
    verified_server: bool
    srtp_mandatory: bool


DEMANDS = {
    Transport.TLS: Demands(True, True, True),
    Transport.TCP: Demands(False, False, False),
    Transport.UDP: Demands(False, False, False),
}


_COMPARED = {
    Compared.PENDING: "nobody has compared them yet",
    Compared.EQUAL: "they were compared in this call, and were equal",
    Compared.DIFFERENT: "they were compared in this call, and were different",
    Compared.REMEMBERED: "the far end has the key that was compared before",
    Compared.CHANGED: "the far end has another key than was compared before",
}

_FORGERIES_PER_S = 5
"""Fewest forged packets per second that make a stream fail.

Fewer are strays, or an attempt to open the lock; a voice with wrong keys sends
15 and more.
"""


_WORST_FIRST = (Sign.UNSAFE, Sign.VERIFY, Sign.WAIT, None, Sign.SERVER, Sign.SEALED)


def is_failing(accepted: int, rejected: int, seconds: float) -> bool:
    """True if a report has enough forged packets and no authentic one.

    It judges one report of `seconds` alone: the lock closes again with the first
    report that has fewer.
    """
    return accepted <= 0 and rejected >= _FORGERIES_PER_S * max(seconds, 1.0)


def conditions(facts: CallFacts | AccountFacts) -> tuple[Condition, ...]:
    """Conditions of a lock, a row each, in the order they are checked."""
    distrusted = isinstance(facts, AccountFacts) and facts.distrusted
    rows = [
        *_of_account(facts),
        *_of_connection(facts.account_transport, facts.connection, distrusted),
    ]
    if isinstance(facts, CallFacts):
        rows += _of_media(facts)
    return tuple(rows)


def missing(rows: tuple[Condition, ...]) -> Condition | None:
    """Condition that an open lock reports; None closes the lock.

    It is the first that does not hold, except that another key or other words at
    the far end come before all.
    """
    lacking = [row for row in rows if row.fact.holds is not True]
    return min(lacking, key=lambda row: row.kind is not Kind.COMPARED, default=None)


def why(lacking: Condition | None, server: str | None, comparison: Comparison | None = None) -> str:
    """Meaning of a closed lock in one line, or the fact an open one lacks."""
    if lacking is not None:
        return lacking.lacks
    if comparison is None:
        return f"encrypted to {server}; beyond it, unknown"
    match comparison.state:
        case Compared.EQUAL:
            return "encrypted end to end: the words were compared, and equal"
        case Compared.REMEMBERED:
            return f"encrypted end to end: the key that was compared on {lock_sign.day(comparison)}"
        case _:
            return f"encrypted to {server}; beyond it, only the words tell"


def lock(facts: CallFacts) -> Lock:
    """Lock of a call: closed only when every condition was observed."""
    lacking = missing(conditions(facts))
    summary = lock_sign.of_call(facts, lacking)
    return Lock(
        state=LockState.OPEN if lacking else LockState.CLOSED,
        why=why(lacking, facts.connection.server if facts.connection else None, facts.comparison),
        signalling=_signalling(facts),
        media=tuple(
            LockStream(kind=s.kind, srtp=s.srtp, suite=s.suite, keying=s.keying)
            for s in facts.streams
            if s.active
        ),
        sign=summary.sign,
        short=summary.short,
        comparison=facts.comparison,
    )


def why_not_mixed(tls_only: Iterable[bool]) -> str | None:
    """Say why calls of these workers, TLS-only or not, cannot be mixed.

    A voice of an encrypted call would go on in the clear.
    """
    if len(set(tls_only)) < 2:
        return None
    return (
        "encrypted and unencrypted calls cannot be joined: those in the clear would "
        "give away what is said in the others"
    )


def group_lock(locks: Mapping[str, Lock]) -> ConferenceLock:
    """Lock of a conference; `locks` are those of its calls, by id."""
    if not locks:
        return ConferenceLock(LockState.OPEN, "the conference has ended")
    opened = next(((call, found) for call, found in locks.items() if not found.closed), None)
    found = [each.sign for each in locks.values()]
    worst = next((each for each in _WORST_FIRST if each in found), None)
    if opened is not None:
        call, found_open = opened
        short = f"NOT protected: see call {call}" if worst is Sign.UNSAFE else f"see call {call}"
        return ConferenceLock(LockState.OPEN, f"call {call}: {found_open.why}", worst, short)
    sealed = worst is Sign.SEALED
    return ConferenceLock(
        LockState.CLOSED,
        "every party is encrypted end to end, as far as this phone, which mixes them"
        if sealed
        else "every party is encrypted to its server; beyond it, unknown",
        worst,
        "all encrypted end to end to this phone" if sealed else "all encrypted to their servers",
    )


def sign(facts: CallFacts | AccountFacts, lacking: Condition | None) -> lock_sign.Shown:
    """Sign and sentence of a call or an account; `lacking` from `missing`."""
    if isinstance(facts, CallFacts):
        return lock_sign.of_call(facts, lacking)
    return lock_sign.of_account(facts, lacking)


def account_sign(facts: AccountFacts) -> Sign | None:
    """Sign of an account's connection."""
    return sign(facts, missing(conditions(facts))).sign


def _of_account(facts: CallFacts | AccountFacts) -> list[Condition]:
    name = facts.account_transport.value.upper()
    lacks = f"this account uses {name}: anyone on the way can listen"
    if isinstance(facts, CallFacts) and facts.keys_in_the_clear:
        lacks = f"the voice is encrypted, but its keys crossed the network in the clear ({name})"
    elif isinstance(facts, CallFacts) and facts.comparison is not None:
        lacks = f"the voice is encrypted, but nobody vouches for whom it is encrypted to ({name})"
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


def _of_connection(
    account: Transport, connection: ConnectionFacts | None, distrusted: bool
) -> list[Condition]:
    observed = connection is not None
    tls = connection.transport is Transport.TLS if connection else None
    negotiated = bool(connection.version and connection.server) if connection else None
    none = "it was refused: the server is not trusted" if distrusted else "none so far"
    rows = [
        _row(
            Kind.CONNECTION,
            "a connection to the server",
            observed,
            f"to {connection.server or 'a server without a name'}" if connection else none,
            "the server showed another key or certificate than this account trusts"
            if distrusted
            else "no connection to the server has been seen yet",
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
            negotiated,
            _negotiated(connection),
            "it is not known what was negotiated with the server",
        ),
    ]
    return rows if account is Transport.TLS else [_beside_the_point(row, account) for row in rows]


def _beside_the_point(row: Condition, account: Transport) -> Condition:
    evidence = f"does not apply ({account.value.upper()})"
    return row._replace(fact=Fact(row.fact.name, None, evidence, applies=False))


def _of_media(facts: CallFacts) -> list[Condition]:
    active = [s for s in facts.streams if s.active]
    flows = facts.state.answered and bool(active)
    rows = [
        _of_voice(
            Kind.CALL_UP,
            "the call is up",
            facts.state is not CallState.ENDED,
            f"it is {facts.state.words}",
            "the call has ended",
        ),
        _of_voice(
            Kind.VOICE,
            "voice flows",
            flows,
            ", ".join(s.kind.word for s in active) if flows else "none so far",
            "no voice is flowing yet",
        ),
    ]
    for stream in active:
        rows += _of_stream(stream)
    if facts.comparison is not None:
        rows += _of_comparison(facts.comparison)
    return rows


def _of_stream(stream: Stream) -> list[Condition]:
    kind = stream.kind.word
    keying = stream.keying.value.upper() if stream.keying else "a way that is not known"
    return [
        _of_voice(
            Kind.ENCRYPTED,
            f"the {kind} is encrypted",
            stream.srtp,
            "SRTP is in force" if stream.srtp else "it is sent as plain RTP",
            f"the {kind} is not encrypted",
        ),
        _of_voice(
            Kind.KEYS,
            f"the keys of the {kind} are agreed",
            bool(stream.suite) and stream.keying is not None,
            f"{stream.suite or 'no suite'}, keys by {keying}",
            f"the keys of the {kind} are not agreed yet",
        ),
        _of_voice(
            Kind.AUTHENTIC,
            f"the {kind} is authentic",
            not stream.failing,
            f"{stream.accepted:,} packets authentic, {stream.rejected:,} rejected",
            f"{kind} packets arrive that are not authentic",
        ),
    ]


def _of_comparison(comparison: Comparison) -> list[Condition]:
    lacks = {
        Compared.CHANGED: "the far end's key is another than was compared on "
        f"{lock_sign.day(comparison)}",
        Compared.DIFFERENT: "the words of both ends were different: somebody between them decrypts",
    }
    return [
        _of_voice(
            Kind.COMPARED,
            "no other words or key at the far end",
            comparison.state not in lacks,
            _COMPARED[comparison.state],
            lacks.get(comparison.state, ""),
        )
    ]


def _row(kind: Kind, name: str, holds: bool | None, evidence: str, lacks: str) -> Condition:
    return Condition(kind, Fact(name=name, holds=holds, evidence=evidence), lacks)


def _of_voice(kind: Kind, name: str, holds: bool | None, evidence: str, lacks: str) -> Condition:
    return Condition(kind, Fact(name, holds, evidence, about=About.VOICE), lacks)


def _certificate(connection: ConnectionFacts | None) -> str:
    if connection is None:
        return _UNKNOWN
    certificate = connection.certificate
    if certificate is None:
        return "none was shown" if connection.transport is Transport.TLS else "there is none"
    names = ", ".join(certificate.names) or certificate.subject or "nobody"
    if connection.pinned:
        return f"for {names}, with the key that this account is pinned to"
    issuer = certificate.issuer or "nobody that it names"
    return f"for {names}, issued by {issuer}, valid until {certificate.not_after[:10]}"


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
