"""Sign and short sentence of a lock, by the condition that it lacks.

A sentence has at most `CELLS` cells, so that 60 columns show it whole. It has
no text that a peer chose, and its deciding word comes first.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from voip.model import CallState
from voip.protection import Compared, Comparison, Keying, Sign, Transport
from voip.security.lock_facts import AccountFacts, CallFacts, Condition, Kind

CELLS: Final = 40
"""Longest sentence in cells: it fits a pane of calls at 60 columns."""


class Shown(NamedTuple):
    """Sign, None where there is no voice to protect, and short sentence."""

    sign: Sign | None
    short: str


_LACKING: Final = {
    Kind.PROCESS: Shown(Sign.UNSAFE, "NOT protected: a fault of this phone"),
    Kind.CONNECTION: Shown(Sign.WAIT, "waiting for the server"),
    Kind.SIGNALLING: Shown(Sign.UNSAFE, "NOT protected: signalling without TLS"),
    Kind.CERTIFICATE: Shown(Sign.UNSAFE, "NOT protected: server not verified"),
    Kind.CONNECTION_UP: Shown(Sign.UNSAFE, "NOT protected: connection to server lost"),
    Kind.NEGOTIATED: Shown(Sign.UNSAFE, "NOT protected: TLS details not known"),
    Kind.CALL_UP: Shown(None, ""),
    Kind.ENCRYPTED: Shown(Sign.UNSAFE, "NOT encrypted: voice in the clear"),
    Kind.KEYS: Shown(Sign.WAIT, "waiting for keys"),
    Kind.AUTHENTIC: Shown(Sign.UNSAFE, "NOT safe: forged voice arrives"),
}

_CUT_OFF: Final = Shown(Sign.WAIT, "server lost; voice still encrypted to it")

_VOICELESS: Final = {
    CallState.CONNECTING: "waiting for keys",
    CallState.ACTIVE: "waiting for the voice",
    CallState.HELD: "on hold, no voice flows",
    CallState.REMOTE_HELD: "on hold, no voice flows",
}

_COMPARED: Final = {
    Compared.EQUAL: "encrypted end to end; words compared",
    Compared.REMEMBERED: "encrypted end to end; same key as before",
    Compared.PENDING: "encrypted to the server; compare words",
}

_COMPARED_IN_THE_CLEAR: Final = {
    Compared.EQUAL: "voice is sealed; {name} shows who you call",
    Compared.REMEMBERED: "voice is sealed; {name} shows who you call",
    Compared.PENDING: "others may listen: {name}; compare words",
}

_NOT_THE_SAME = {
    Compared.CHANGED: "KEY CHANGED: others may listen; compare",
    Compared.DIFFERENT: "others may listen: words were different",
}

PROVEN: Final = (Compared.EQUAL, Compared.REMEMBERED)
"""Comparisons that prove that nobody between the two phones decrypts."""


def of_call(facts: CallFacts, lacking: Condition | None) -> Shown:
    """Sign of a call; `lacking` is the first condition that does not hold."""
    if lacking is None:
        return _closed(facts.comparison)
    if facts.state is CallState.ENDED:
        return _LACKING[Kind.CALL_UP]
    if lacking.kind is Kind.COMPARED and facts.comparison is not None:
        return _not_the_same(facts.account_transport, facts.comparison.state)
    if lacking.kind is Kind.TRANSPORT:
        return Shown(Sign.UNSAFE, _in_the_clear(facts))
    if lacking.kind is Kind.CONNECTION_UP and speaks_encrypted(facts):
        return _CUT_OFF
    if lacking.kind is Kind.VOICE:
        return Shown(Sign.WAIT, _without_voice(facts))
    if lacking.kind is Kind.ENCRYPTED and _waits_for_keys(facts):
        return _LACKING[Kind.KEYS]
    return _LACKING[lacking.kind]


def of_account(facts: AccountFacts, lacking: Condition | None) -> Shown:
    """Sign of an account's connection, which carries no voice itself."""
    if lacking is None:
        return Shown(Sign.SERVER, "encrypted to the server")
    if lacking.kind is Kind.TRANSPORT:
        return Shown(Sign.UNSAFE, f"NOT encrypted: {_name(facts.account_transport)}")
    if facts.distrusted:
        return Shown(Sign.VERIFY, "STOPPED: server NOT trusted")
    if lacking.kind is Kind.CONNECTION_UP:
        return _LACKING[Kind.CONNECTION]  # the phone connects again by itself
    return _LACKING[lacking.kind]


def _closed(comparison: Comparison | None) -> Shown:
    if comparison is None:
        return Shown(Sign.SERVER, "encrypted to the server; it can listen")
    sign = Sign.SEALED if comparison.state in PROVEN else Sign.SERVER
    return Shown(sign, _COMPARED[comparison.state])


def _not_the_same(transport: Transport, state: Compared) -> Shown:
    changed = state is Compared.CHANGED and transport is Transport.TLS
    return Shown(Sign.VERIFY if changed else Sign.UNSAFE, _NOT_THE_SAME[state])


def _in_the_clear(facts: CallFacts) -> str:
    name = _name(facts.account_transport)
    if facts.state is CallState.INCOMING:
        return f"will NOT be encrypted: {name}"
    if not facts.encrypted:
        return f"NOT encrypted: {name}"
    if facts.comparison is not None:
        return _COMPARED_IN_THE_CLEAR[facts.comparison.state].format(name=name)
    if facts.keys_in_the_clear:
        return f"others can listen: keys went over {name}"
    return f"others may listen: {name}"


def _without_voice(facts: CallFacts) -> str:
    if facts.state is CallState.INCOMING:
        if facts.offers_srtp:
            return "will be encrypted to the server"
        return "will be encrypted, or the call ends"
    if any(s.active and s.srtp and s.suite for s in facts.streams) and not facts.state.taken:
        return "will be encrypted once they answer"
    return _VOICELESS.get(facts.state, "will be encrypted once they answer")


def speaks_encrypted(facts: CallFacts) -> bool:
    """True if all streams of an answered call are encrypted and authentic."""
    active = [s for s in facts.streams if s.active]
    safe = all(s.srtp and s.suite and s.keying and not s.failing for s in active)
    return facts.state.answered and bool(active) and safe


def _waits_for_keys(facts: CallFacts) -> bool:
    """True if only DTLS streams lack SRTP: they wait for their handshake.

    Nothing is sent before it (RFC 5764 section 5.1.1).
    """
    plain = [s for s in facts.streams if s.active and not s.srtp]
    return all(s.keying is Keying.DTLS for s in plain)


def day(comparison: Comparison) -> str:
    """The day of the comparison (UTC), as in 2026-03-12."""
    return (comparison.on or "")[:10]


def _name(transport: Transport) -> str:
    return transport.value.upper()
