"""Situations of a call's lock: the facts, and the screen's words for them.

One table for the tests of sentences, rows and whole screens. `may_conclude` is the
second sentence of the details: who can listen.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from voip.model import CallState
from voip.protection import Compared, Comparison, Keying, MediaKind, Sign, Stream, Transport
from voip.security.lock_facts import AccountFacts, CallFacts, ConnectionFacts

SERVER = "pbx.example.com"
DAY = "2026-03-14"

_VOICE = Stream(
    kind=MediaKind.AUDIO,
    active=True,
    srtp=True,
    suite="AES_256_CM_HMAC_SHA1_80",
    keying=Keying.SDES,
)
_DTLS = replace(_VOICE, keying=Keying.DTLS)
_PLAIN = replace(_VOICE, srtp=False, suite=None, keying=None)
_TLS = ConnectionFacts(
    up=True, transport=Transport.TLS, verified=True, version="TLSv1.3", server=SERVER
)
_UDP = replace(_TLS, transport=Transport.UDP, verified=False, version=None)

SECURE = CallFacts(
    account_transport=Transport.TLS,
    in_secure_worker=True,
    state=CallState.ACTIVE,
    connection=_TLS,
    streams=(_VOICE,),
)
OPEN = CallFacts(
    account_transport=Transport.UDP,
    in_secure_worker=False,
    state=CallState.ACTIVE,
    connection=_UDP,
    streams=(_PLAIN,),
)
DTLS = replace(SECURE, streams=(_DTLS,))


class Situation(NamedTuple):
    """Sentences beside the sign; cells of `short` are at most 40."""

    facts: CallFacts | AccountFacts
    sign: Sign | None
    short: str
    long: str
    may_conclude: str


def _compared(state: Compared) -> Comparison:
    return Comparison(state, None if state is Compared.PENDING else f"{DAY}T10:00:00Z")


_SERVER_LISTENS = f"This is not end to end: {SERVER} can listen, and who can beyond it is unknown."
_ANYBODY_LISTENS = (
    "Whoever is on the way (in your network, at your provider, at the server's) can see whom "
    "you call and listen; nothing is protected end to end either."
)
_NOT_YET = (
    "Until the lock closes, assume that others can listen; and even then it protects the way "
    "to the server, not end to end."
)
_ONLY_THE_WORDS = (
    "Whether it is end to end, only the words tell. Until you have compared them, assume "
    f"that {SERVER} can listen, and that who can beyond it is unknown."
)
_END_TO_END = (
    f"Nobody between the two phones can listen, {SERVER} neither; it sees whom you call and when."
)
_ANOTHER_KEY = (
    "The far end may have a new phone, or somebody is between you and can listen. Assume that "
    "somebody is, until you have compared the words again."
)

SITUATIONS: dict[str, Situation] = {
    "TLS with SRTP": Situation(
        SECURE, Sign.SERVER, "encrypted to the server; it can listen",
        f"encrypted to {SERVER}; beyond it, unknown", _SERVER_LISTENS,
    ),
    "TLS with its connection down": Situation(
        replace(SECURE, connection=replace(_TLS, up=False)), Sign.WAIT,
        "server lost; voice still encrypted to it",
        "the TLS connection to the server has dropped",
        f"This is not end to end: {SERVER} can listen, as before, and who can beyond it is "
        "unknown. Nothing shows that the server is still there.",
    ),
    "pinned": Situation(
        replace(SECURE, connection=replace(_TLS, pinned=True)), Sign.SERVER,
        "encrypted to the server; it can listen",
        f"encrypted to {SERVER}; beyond it, unknown", _SERVER_LISTENS,
    ),
    # Nothing is sent to a server with another key, so only the account has a lock.
    "pin changed": Situation(
        AccountFacts(Transport.TLS, True, None, distrusted=True), Sign.VERIFY,
        "STOPPED: server NOT trusted",
        "the server showed another key or certificate than this account trusts",
        "Somebody may be between you and the server (an attack), or the server has a new key or "
        "certificate.",
    ),
    "UDP": Situation(
        OPEN, Sign.UNSAFE, "NOT encrypted: UDP",
        "this account uses UDP: anyone on the way can listen", _ANYBODY_LISTENS,
    ),
    "UDP with SRTP": Situation(
        replace(OPEN, streams=(_VOICE,)), Sign.UNSAFE, "others can listen: keys went over UDP",
        "the voice is encrypted, but its keys crossed the network in the clear (UDP)",
        _ANYBODY_LISTENS,
    ),
    "DTLS not compared": Situation(
        replace(DTLS, comparison=_compared(Compared.PENDING)), Sign.SERVER,
        "encrypted to the server; compare words",
        f"encrypted to {SERVER}; beyond it, only the words tell", _ONLY_THE_WORDS,
    ),
    "DTLS compared": Situation(
        replace(DTLS, comparison=_compared(Compared.EQUAL)), Sign.SEALED,
        "encrypted end to end; words compared",
        "encrypted end to end: the words were compared, and equal", _END_TO_END,
    ),
    "DTLS compared before": Situation(
        replace(DTLS, comparison=_compared(Compared.REMEMBERED)), Sign.SEALED,
        "encrypted end to end; same key as before",
        f"encrypted end to end: the key that was compared on {DAY}", _END_TO_END,
    ),
    "DTLS compared with another key than last time": Situation(
        replace(DTLS, comparison=_compared(Compared.CHANGED)), Sign.VERIFY,
        "KEY CHANGED: others may listen; compare",
        f"the far end's key is another than was compared on {DAY}", _ANOTHER_KEY,
    ),
    "early media": Situation(
        replace(SECURE, state=CallState.RINGING), Sign.WAIT,
        "will be encrypted once they answer", "no voice is flowing yet", _NOT_YET,
    ),
    "on hold": Situation(
        replace(SECURE, state=CallState.HELD), Sign.SERVER,
        "encrypted to the server; it can listen",
        f"encrypted to {SERVER}; beyond it, unknown", _SERVER_LISTENS,
    ),
    "on hold without a stream": Situation(
        replace(SECURE, state=CallState.REMOTE_HELD, streams=()), Sign.WAIT,
        "on hold, no voice flows", "no voice is flowing yet", _NOT_YET,
    ),
    "recording": Situation(
        SECURE, Sign.SERVER, "encrypted to the server; it can listen",
        f"encrypted to {SERVER}; beyond it, unknown", _SERVER_LISTENS,
    ),
    "certificate near its end": Situation(
        SECURE, Sign.SERVER, "encrypted to the server; it can listen",
        f"encrypted to {SERVER}; beyond it, unknown", _SERVER_LISTENS,
    ),
    "busy": Situation(
        replace(SECURE, state=CallState.ENDED, streams=()), None, "", "the call has ended",
        _NOT_YET,
    ),
}  # fmt: skip
"""Several calls, the open one active: “UDP” beside “on hold”, plus a line."""
