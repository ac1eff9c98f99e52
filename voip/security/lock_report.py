"""Report of a lock: its facts, their meaning to a person, and a remedy.

Built from the same conditions as the lock itself (`voip.security.policy`), so
that the two cannot disagree.
"""

from __future__ import annotations

from voip.model import Direction
from voip.protection import (
    Compared,
    EndToEnd,
    LockReport,
    LockState,
    Stream,
    StreamReport,
    TlsStatus,
)
from voip.security import lock_sign, policy
from voip.security.lock_facts import AccountFacts, CallFacts, Condition, Kind

_REMEDIES = {
    Kind.TRANSPORT: "Edit the account and choose TLS, if the server offers it.",
    Kind.PROCESS: "End the call, stop the phone and start it again: this should never happen.",
    Kind.CONNECTION: "Wait until the server has answered. If it does not, test the account.",
    Kind.SIGNALLING: "End the call and test the account: this should never happen.",
    Kind.CERTIFICATE: "Say nothing private, and end the call. Ask the server's administrator for "
    "its authority, or for the fingerprint of its certificate.",
    Kind.CONNECTION_UP: "End the call and call again: a new call takes a new connection.",
    Kind.NEGOTIATED: "End the call and call again.",
    Kind.CALL_UP: "There is nothing left to do: the call is over.",
    Kind.VOICE: "Wait until the call is answered and voice flows.",
    Kind.ENCRYPTED: "Say nothing private, and end the call. Ask the server's administrator for "
    "SRTP.",
    Kind.KEYS: "Wait a moment. If the lock stays open, end the call and call again.",
    Kind.AUTHENTIC: "Say nothing private: the line is faulty, or somebody interferes with it. End "
    "the call and call again.",
    Kind.COMPARED: "Say nothing private, and end the call. Ask the server's administrator "
    "whether it decrypts calls; if it does not, somebody else does.",
}

_ACCOUNT_REMEDIES = {
    **_REMEDIES,
    Kind.PROCESS: "Stop the phone and start it again: this should never happen.",
    Kind.SIGNALLING: "Test the account: this should never happen.",
    Kind.CERTIFICATE: "Ask the server's administrator for its authority, or for the fingerprint of "
    "its certificate.",
    Kind.CONNECTION_UP: "Nothing: the phone connects again by itself.",
    Kind.NEGOTIATED: "Test the account.",
}

_COMPARE_AGAIN = (
    "Say nothing private, and compare the words again. Equal: the lock closes. Different: end the "
    "call."
)
_COMPARE_THE_KEY = (
    "Ask the server's administrator for the fingerprint of its certificate, over another way than "
    "this. Accept it only if it is the same; otherwise leave the account stopped."
)

_WORDS = (
    "Read the words to each other, half of them each, and compare. Equal words, heard from "
    "somebody whose voice you know, prove that nobody between the two phones decrypts this call. "
    "Different words, or none at an Offhook, mean that somebody does: often the telephone system "
    "itself, which then can listen. They prove nothing if you did not compare them, if you do not "
    "know the voice, or if a machine imitates it; and they say nothing of the room and the phone "
    "at the far end."
)

_THEIRS = "They find theirs in the details of the lock of their phone, if it is an Offhook."

READING = {
    Direction.OUT: f"You called: you read words 1 to 4 aloud, they read 5 to 8. {_THEIRS}",
    Direction.IN: f"They called: they read words 1 to 4 aloud, you read 5 to 8. {_THEIRS}",
}
"""Directions for reading words: each end hears the other read its half."""


def report(
    facts: CallFacts | AccountFacts,
    tls: TlsStatus | None,
    words: tuple[str, ...] | None = None,
) -> LockReport:
    """Report the lock of a call or an account with its evidence.

    An account's lock covers its connection alone: closed means that a call could be
    protected, not that one is. `words` are those that the ends can compare
    (`voip.security.sas`), None where there are none.
    """
    rows = policy.conditions(facts)
    lacking = policy.missing(rows)
    server = facts.connection.server if facts.connection else None
    summary = policy.sign(facts, lacking)
    comparison = facts.comparison if isinstance(facts, CallFacts) else None
    compared = comparison.state if comparison else None
    return LockReport(
        state=LockState.OPEN if lacking else LockState.CLOSED,
        why=policy.why(lacking, server, comparison),
        sign=summary.sign,
        short=summary.short,
        facts=tuple(row.fact for row in rows),
        meaning=_meaning(facts, lacking, server or "the server", tls, compared),
        remedy=_remedy(facts, lacking) if lacking else None,
        tls=tls,
        streams=tuple(map(_stream_report, facts.streams)) if isinstance(facts, CallFacts) else (),
        end_to_end=EndToEnd(words, _WORDS, comparison=comparison) if words is not None else None,
    )


def _stream_report(stream: Stream) -> StreamReport:
    return StreamReport(
        kind=stream.kind,
        active=stream.active,
        srtp=stream.srtp,
        suite=stream.suite,
        keying=stream.keying,
        codec=stream.codec,
        accepted=stream.accepted,
        rejected=stream.rejected,
        relayed=stream.relayed,
    )


def _remedy(facts: CallFacts | AccountFacts, lacking: Condition) -> str:
    if isinstance(facts, AccountFacts):
        return _COMPARE_THE_KEY if facts.distrusted else _ACCOUNT_REMEDIES[lacking.kind]
    if facts.comparison is not None and facts.comparison.state is Compared.CHANGED:
        return _COMPARE_AGAIN
    return _REMEDIES[lacking.kind]


def _meaning(
    facts: CallFacts | AccountFacts,
    lacking: Condition | None,
    server: str,
    tls: TlsStatus | None,
    compared: Compared | None,
) -> tuple[str, str, str]:
    if lacking is None:
        return _closed(isinstance(facts, CallFacts), server, tls, compared)
    if lacking.kind is Kind.COMPARED and compared is not None:
        return _NOT_THE_SAME[compared]
    if isinstance(facts, AccountFacts) and facts.distrusted:
        return _DISTRUSTED
    if lacking.kind is Kind.CONNECTION_UP and _is_cut_off(facts):
        return (
            "The voice is still encrypted, with the keys from before the connection was lost.",
            f"This is not end to end: {server} can listen, as before, and who can beyond it is "
            "unknown. Nothing shows that the server is still there.",
            f"You trust whoever runs {server}{_known_by(tls)}.",
        )
    if lacking.kind is Kind.TRANSPORT:
        return _in_the_clear(_keys_in_the_clear(facts), server, compared)
    return (
        f"For now nothing is promised: {lacking.lacks}.",
        "Until the lock closes, assume that others can listen; and even then it protects the way "
        "to the server, not end to end.",
        f"Until then you trust everybody between you and {server}, and beyond it.",
    )


def _keys_in_the_clear(facts: CallFacts | AccountFacts) -> bool:
    return isinstance(facts, CallFacts) and facts.keys_in_the_clear


def _is_cut_off(facts: CallFacts | AccountFacts) -> bool:
    return isinstance(facts, CallFacts) and lock_sign.speaks_encrypted(facts)


def _closed(
    in_a_call: bool, server: str, tls: TlsStatus | None, compared: Compared | None
) -> tuple[str, str, str]:
    what = (
        "Your voice, and whom you call, are"
        if in_a_call
        else "The account's registration, and whom you call with it, are"
    )
    beyond = (
        _BEYOND[compared].format(server=server)
        if in_a_call
        else "This says nothing of a voice yet (each call has a lock of its own), and it is not "
        f"end to end: beyond {server} all is unknown."
    )
    trusted = f"You trust whoever runs {server}{_known_by(tls)}."
    if compared in lock_sign.PROVEN:
        trusted = "You trust the words that were compared, and the voice that read them."
    return (f"{what} encrypted on the way between this phone and {server}.", beyond, trusted)


_BEYOND = {
    None: "This is not end to end: {server} can listen, and who can beyond it is unknown.",
    Compared.PENDING: "Whether it is end to end, only the words tell. Until you have compared "
    "them, assume that {server} can listen, and that who can beyond it is unknown.",
    Compared.EQUAL: "Nobody between the two phones can listen, {server} neither; it sees whom you "
    "call and when.",
    Compared.REMEMBERED: "Nobody between the two phones can listen, {server} neither; it sees whom "
    "you call and when.",
}

_NOT_THE_SAME = {
    Compared.CHANGED: (
        "The voice is encrypted, but to another key than you compared.",
        "The far end may have a new phone, or somebody is between you and can listen. Assume that "
        "somebody is, until you have compared the words again.",
        "You trust whoever holds the new key.",
    ),
    Compared.DIFFERENT: (
        "The voice is encrypted, but not to the far end alone.",
        "This is not end to end: somebody between the two phones can listen, often the telephone "
        "system itself, or else an attacker.",
        "You trust whoever is between you.",
    ),
}

_DISTRUSTED = (
    "Nothing is sent: the account is stopped, and no call with it is possible.",
    "Somebody may be between you and the server (an attack), or the server has a new key or "
    "certificate.",
    "You trust nobody until you have compared the certificate with the server's administrator.",
)


def _known_by(tls: TlsStatus | None) -> str:
    if tls is None or tls.peer is None:
        return ""
    if tls.pinned:
        return ": it has the key that this account is pinned to, and nobody else vouches for it"
    return f", and {tls.peer.issuer}, who vouches for it" if tls.peer.issuer else ""


def _in_the_clear(
    voice_is_encrypted: bool, server: str, compared: Compared | None
) -> tuple[str, str, str]:
    protected = (
        "Only those who did not see the call begin are kept from its voice."
        if voice_is_encrypted
        else "Nothing is protected on its way."
    )
    on_the_way = (
        "Whoever is on the way (in your network, at your provider, at the server's) can see whom "
        "you call"
    )
    beyond = f"{on_the_way} and listen; nothing is protected end to end either."
    if compared in lock_sign.PROVEN:
        protected = "The voice is encrypted end to end; the rest of the call is not protected."
        beyond = f"{on_the_way}; nobody between the two phones can listen."
    elif compared is not None:
        protected = "The voice is encrypted, but nobody vouches for whom it is encrypted to."
        beyond = f"{on_the_way}; whether they can listen too, only the words tell."
    return (
        protected,
        beyond,
        f"You trust everybody between you and {server}, and everybody beyond it.",
    )
