"""Sessions whose voice would be unprotected, or protected unagreed."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.support.peers import sip
from voip.protection import SRTP_SUITES


class Session(NamedTuple):
    """An audio line's profile and what follows it.

    `secure`: the profile promises SRTP, so the reason names its terms.
    `above` precedes the audio line, for the whole session.
    `below` follows with more media lines; it may name the {host}, the
    {port} of the audio line, and a {spare} one. `changes` are made to the text.

    The reason is that no (acceptable) encryption was offered, unless all
    `suites` are foreign to the phone, or the session is keyed by the first of
    `other_keying` and the account by the second.
    """

    profile: str
    attributes: tuple[str, ...] = ()
    secure: bool = True
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    changes: tuple[tuple[str, str], ...] = ()
    suites: tuple[str, ...] = ()
    other_keying: tuple[str, str] | None = None

    def text(self, host: str, port: int, spare: int = 0) -> str:
        text = sip.sdp(host, port, self.profile, self.attributes)
        above, below = ("".join(f"{line}\r\n" for line in x) for x in (self.above, self.below))
        below = below.format(host=host, port=port, spare=spare)
        text = text.replace("m=audio", f"{above}m=audio", 1) + below
        for pattern, other in self.changes:
            text = re.sub(pattern, other, text, flags=re.MULTILINE)
        return text


def description(session: Session, who: str, *, answers: bool) -> str:
    """Reason given for the refusal of a session."""
    if session.other_keying:
        other, own = session.other_keying
        return f"the {who} wants keys by {other}, and this account agrees them by {own}"
    if answers and len(session.suites) > 1:
        count = len(session.suites)
        return f"the {who} answered with {count} SRTP suites, where it has to choose one"
    if session.suites:
        which = "suites" if len(session.suites) > 1 else "suite"
        names = ", ".join(session.suites)
        return f"the {who} wants the SRTP {which} {names}, which this account does not offer"
    more = " that this account accepts" if session.secure else ""
    return f"the {who} offered no encryption{more}"


_SUITE = "AES_CM_128_HMAC_SHA1_80"
_SETUP = "a=setup:actpass"
_FINGERPRINT = "a=fingerprint:SHA-256 " + ":".join(["5A"] * 32)


def _line(rest: str) -> Session:
    return Session("RTP/SAVP", (f"a=crypto:{rest}",))


def _key(suite: str = _SUITE, suffix: str = "") -> Session:
    return Session("RTP/SAVP", (sip.crypto(suite, suffix),))


def _other(*suites: str) -> Session:
    lines = tuple(sip.crypto(suite, tag=i + 1) for i, suite in enumerate(suites))
    return Session("RTP/SAVP", lines, suites=suites)


_STREAM = "m=audio {{port}} {} 0"

PLAIN = {
    "plain": Session("RTP/AVP", secure=False),
    "plain with keys": Session("RTP/AVP", (sip.crypto(),), secure=False),
    "plain with feedback": Session("RTP/AVPF", secure=False),
    "plain with feedback and keys": Session("RTP/AVPF", (sip.crypto(),), secure=False),
    "plain with a fingerprint": Session("RTP/AVP", (_SETUP, _FINGERPRINT), secure=False),
}

SDES = PLAIN | {
    "no keys": Session("RTP/SAVP"),
    "no keys, with feedback": Session("RTP/SAVPF"),
    "an unknown suite": _other("F8_128_HMAC_SHA1_80"),
    "a suite of nobody": _other("ROT13"),
    "no cipher": _other("NULL_HMAC_SHA1_80"),
    "neither cipher nor authentication": _other("NULL_CIPHER_0_NULL_AUTH"),
    "a short authentication tag, which was not offered": _other("AES_CM_128_HMAC_SHA1_32"),
    "a short key": _line(f"1 {_SUITE} inline:AAAA"),
    "a key a byte too short": _line(f"1 {_SUITE} inline:{'A' * 36}AA=="),
    "a long key": _line(f"1 {_SUITE} inline:{'A' * 80}"),
    "an empty key": _line(f"1 {_SUITE} inline:"),
    "a key that is no base64": _line(f"1 {_SUITE} inline:{'*' * 40}"),
    "a key by reference": _line(f"1 {_SUITE} uri:{'A' * 40}"),
    "no key parameter": _line(f"1 {_SUITE}"),
    "nothing behind the tag": _line("1"),
    "a tag that is no number": _line(f"x {_SUITE} inline:{'A' * 40}"),
    "keys over TCP": Session("TCP/RTP/SAVP", (sip.crypto(),)),
    "keys of the session, none of the stream": Session("RTP/SAVP", above=(sip.crypto(),)),
    "two lines of nobody": _other("ROT13", "ROT26"),
    "no keys, then a plain stream": Session("RTP/SAVP", below=(_STREAM.format("RTP/AVP"),)),
    "a key that changes on the way": _key(suffix=" KDR=10"),
    "keys of error correction": _key(suffix=f" FEC_KEY=inline:{'B' * 40}"),
    "error correction first": _key(suffix=" FEC_ORDER=FEC_SRTP"),
    "a parameter of nobody": _key(suffix=" ROT13"),
    "a parameter of nobody behind a lifetime": _key(suffix="|2^20|1:4 ROT13=1"),
}
"""Sessions that an account of SDES keying refuses."""

SDES_LATER = SDES | {
    "a fingerprint in place of keys": Session(
        sip.DTLS, (_SETUP, _FINGERPRINT), other_keying=("DTLS", "SDES")
    ),
    "a fingerprint beside keys": Session(sip.DTLS, (sip.crypto(), _SETUP, _FINGERPRINT)),
    "keys for the wrong profile": Session(sip.DTLS, (sip.crypto(),)),
}
"""Sessions refused besides, within a call or in answer to an own offer."""

ANSWERS = SDES_LATER | {
    "a suite that was not offered": _other("AES_CM_128_HMAC_SHA1_32"),
    "every suite of the offer": Session(
        "RTP/SAVP",
        tuple(sip.crypto(suite, tag=i + 1) for i, suite in enumerate(SRTP_SUITES)),
        suites=SRTP_SUITES,
    ),
    "a tag that was not offered": Session("RTP/SAVP", (sip.crypto(tag=9),)),
    "the suite of another tag": Session("RTP/SAVP", (sip.crypto("AEAD_AES_256_GCM", tag=4),)),
    "a plain stream, then one with keys": Session(
        "RTP/AVP", below=(_STREAM.format("RTP/SAVP"), sip.crypto())
    ),
}
"""Sessions refused as an answer to the account's own offer."""

DTLS = PLAIN | {
    "a hash without a value": Session(sip.DTLS, (_SETUP, "a=fingerprint:SHA-256")),
    "a fingerprint over TCP": Session("TCP/TLS/RTP/SAVP", (_SETUP, _FINGERPRINT)),
    "a fingerprint of MD5": Session(
        sip.DTLS, (_SETUP, "a=fingerprint:MD5 " + ":".join(["5A"] * 16))
    ),
    "a hash of nobody": Session(sip.DTLS, (_SETUP, "a=fingerprint:ROT13 " + ":".join(["5A"] * 32))),
    "a side of nobody": Session(sip.DTLS, ("a=setup:both", _FINGERPRINT)),
}
"""Sessions that an account of DTLS keying refuses."""

DTLS_LATER = DTLS | {
    "keys in place of a fingerprint": Session(
        "RTP/SAVP", (sip.crypto(),), other_keying=("SDES", "DTLS")
    ),
    "no fingerprint": Session(sip.DTLS, (_SETUP,)),
}
"""Sessions refused besides, within a call or in answer to an own offer."""

TAKEN = {
    "a plain stream beside one with keys": Session(
        "RTP/AVP", below=("m=audio {spare} RTP/SAVP 0", sip.crypto()), secure=False
    ),
    "a stream with keys beside a plain one": Session(
        "RTP/SAVP", (sip.crypto(),), below=("m=audio {spare} RTP/AVP 0",)
    ),
    "a plain picture": Session(
        "RTP/SAVP", (sip.crypto(),), below=("m=video {spare} RTP/AVP 96", "a=rtpmap:96 VP8/90000")
    ),
    "a picture with keys": Session(
        "RTP/SAVP", (sip.crypto(),), below=("m=video {spare} RTP/SAVP 31", sip.crypto())
    ),
    "a suite of nobody first": Session("RTP/SAVP", (sip.crypto("ROT13"), sip.crypto(tag=2))),
    "a key identifier": _key(suffix="|2^20|1:4"),
    "a short lifetime": _key(suffix="|16"),
    "a hint at a window": _key(suffix=" WSH=128"),
    "candidates elsewhere": Session(
        "RTP/SAVP",
        (sip.crypto(), "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuvwx"),
        below=("a=candidate:1 1 UDP 2130706431 {host} {spare} typ host",),
    ),
    "another address later": Session(
        "RTP/SAVP", (sip.crypto(),), below=("a=alt:1 1.0 : user pass {host} {spare}",)
    ),
}
"""Accepted sessions: only SRTP may flow, to the line that promises it."""

_NO_ADDRESS = (r"^c=.*\n", "")
_NOT_USED = (r"^m=audio \d+", "m=audio 0")

NOWHERE = {
    "no address": Session("RTP/SAVP", (sip.crypto(),), changes=(_NO_ADDRESS,)),
    "an address of nobody": Session("RTP/SAVP", (sip.crypto(),), changes=((r"^c=.*", "c=IN IP4"),)),
    "a name for an address": Session(
        "RTP/SAVP", (sip.crypto(),), changes=((r"^c=.*", "c=IN IP4 evil.hostile.test"),)
    ),
    "an address of another network": Session(
        "RTP/SAVP", (sip.crypto(),), changes=((r"^c=.*", "c=ATM NSAP 47.0091"),)
    ),
}
"""Sessions without a usable address."""

UNUSED = {
    "no address for a stream that is not used": Session(
        "RTP/SAVP", (sip.crypto(),), changes=(_NO_ADDRESS, _NOT_USED)
    ),
    "no address for a plain stream that is not used": Session(
        "RTP/AVP", changes=(_NO_ADDRESS, _NOT_USED)
    ),
    "no address for a stream of DTLS that is not used": Session(
        sip.DTLS, (_SETUP, _FINGERPRINT), changes=(_NO_ADDRESS, _NOT_USED)
    ),
}
"""Answers without a usable address that need none."""
