"""The sign of a lock and its short sentence, by the condition that it lacks.

No sentence is longer than `CELLS`, and none holds text that a peer chose: at 60
columns it is whole, and its deciding word stands first.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from voip.lockfacts import AccountFacts, CallFacts, Condition, Kind
from voip.model import CallState
from voip.protection import Compared, Comparison, Keying, Sign, Transport

CELLS: Final = 40
"""The longest sentence in cells: a pane of calls at 60 columns has room for it."""


class Shown(NamedTuple):
    """A sign, None where there is no voice to protect, and its short sentence."""

    sign: Sign | None
    short: str


_LACKING: Final = {
    Kind.PROCESS: Shown(Sign.OPEN, "NOT protected: a fault of this phone"),
    Kind.CONNECTION: Shown(Sign.WAIT, "waiting for the server"),
    Kind.SIGNALLING: Shown(Sign.OPEN, "NOT protected: signalling without TLS"),
    Kind.CERTIFICATE: Shown(Sign.OPEN, "NOT protected: server not verified"),
    Kind.CONNECTION_UP: Shown(Sign.OPEN, "NOT protected: connection to server lost"),
    Kind.NEGOTIATED: Shown(Sign.OPEN, "NOT protected: TLS details not known"),
    Kind.CALL_UP: Shown(None, ""),
    Kind.ENCRYPTED: Shown(Sign.OPEN, "NOT encrypted: voice in the clear"),
    Kind.KEYS: Shown(Sign.WAIT, "waiting for keys"),
    Kind.AUTHENTIC: Shown(Sign.OPEN, "NOT safe: forged voice arrives"),
    Kind.COMPARED: Shown(Sign.OPEN, "NOT safe: the words were different"),
}

_VOICELESS: Final = {
    CallState.CONNECTING: "waiting for keys",
    CallState.ACTIVE: "waiting for the voice",
    CallState.HELD: "on hold, no voice flows",
    CallState.REMOTE_HELD: "on hold, no voice flows",
}

_COMPARED: Final = {
    Compared.EQUAL: "encrypted end to end, compared",
    Compared.REMEMBERED: "end to end, as compared on {on}",
    Compared.PENDING: "encrypted to the server; compare words",
    Compared.CHANGED: "ANOTHER KEY than compared on {on}",
    Compared.DIFFERENT: "NOT safe: the words were different",
}

_COMPARED_IN_THE_CLEAR: Final = {
    Compared.EQUAL: "voice end to end, compared; {name} is open",
    Compared.REMEMBERED: "voice end to end, compared; {name} is open",
    Compared.PENDING: "NOT proven: {name}; compare the words",
    Compared.CHANGED: "ANOTHER KEY than compared on {on}",
    Compared.DIFFERENT: "NOT safe: the words were different",
}

PROVEN: Final = (Compared.EQUAL, Compared.REMEMBERED)
"""Comparisons that prove that nobody between the two phones decrypts."""


def of_call(facts: CallFacts, lacking: Condition | None) -> Shown:
    """The sign of a call; `lacking` is the first condition that does not hold."""
    if lacking is None:
        return _closed(facts.comparison)
    if facts.state is CallState.ENDED:
        return _LACKING[Kind.CALL_UP]
    if lacking.kind is Kind.TRANSPORT:
        return Shown(Sign.OPEN, _in_the_clear(facts))
    if lacking.kind is Kind.VOICE:
        return Shown(Sign.WAIT, _without_voice(facts))
    if lacking.kind is Kind.ENCRYPTED and _waits_for_keys(facts):
        return _LACKING[Kind.KEYS]
    return _LACKING[lacking.kind]


def of_account(facts: AccountFacts, lacking: Condition | None) -> Shown:
    """The sign of an account's connection, which carries no voice of its own."""
    if lacking is None:
        return _closed(None)
    if lacking.kind is Kind.TRANSPORT:
        return Shown(Sign.OPEN, f"NOT encrypted: {_name(facts.account_transport)}")
    if lacking.kind is Kind.CONNECTION_UP:
        return _LACKING[Kind.CONNECTION]  # the phone connects again by itself
    return _LACKING[lacking.kind]


def _closed(comparison: Comparison | None) -> Shown:
    if comparison is None:
        return Shown(Sign.SECURE, "encrypted to the server")
    sign = Sign.PROVEN if comparison.state in PROVEN else Sign.SECURE
    return Shown(sign, _COMPARED[comparison.state].format(on=day(comparison)))


def _in_the_clear(facts: CallFacts) -> str:
    name = _name(facts.account_transport)
    if facts.state is CallState.INCOMING:
        return f"will NOT be encrypted: {name}"
    if not any(s.active and s.srtp for s in facts.streams):
        return f"NOT encrypted: {name}"
    if facts.comparison is None:
        return f"NOT safe: {name} showed the keys"
    words = _COMPARED_IN_THE_CLEAR[facts.comparison.state]
    return words.format(name=name, on=day(facts.comparison))


def _without_voice(facts: CallFacts) -> str:
    if facts.state is CallState.INCOMING:
        if facts.offers_srtp:
            return "will be encrypted to the server"
        return "will be encrypted, or the call ends"
    if any(s.active and s.srtp and s.suite for s in facts.streams) and not facts.state.taken:
        return "not answered; what you hear is encrypted"
    return _VOICELESS.get(facts.state, "waiting for the answer")


def _waits_for_keys(facts: CallFacts) -> bool:
    """A stream keyed by DTLS sends nothing before its handshake (RFC 5764 section 5.1.1)."""
    plain = [s for s in facts.streams if s.active and not s.srtp]
    return all(s.keying is Keying.DTLS for s in plain)


def day(comparison: Comparison) -> str:
    """The day of the comparison (UTC), as in 2026-03-12."""
    return (comparison.on or "")[:10]


def _name(transport: Transport) -> str:
    return transport.value.upper()
