"""Sessions that leave voice unprotected, or protected in a way that nobody agreed on."""

from __future__ import annotations

from typing import NamedTuple

from tests.support import sip


class Session(NamedTuple):
    """An audio line's profile and what follows it.

    `secure` says that the profile promises SRTP, so that what is wrong is how.
    """

    profile: str
    attributes: tuple[str, ...] = ()
    secure: bool = True

    def text(self, host: str, port: int) -> str:
        return sip.sdp(host, port, self.profile, self.attributes)


_SUITE = "AES_CM_128_HMAC_SHA1_80"
_SETUP = "a=setup:actpass"
_FINGERPRINT = "a=fingerprint:SHA-256 " + ":".join(["5A"] * 32)
_DTLS = "UDP/TLS/RTP/SAVP"


def _line(rest: str) -> Session:
    return Session("RTP/SAVP", (f"a=crypto:{rest}",))


def _key(suite: str = _SUITE, suffix: str = "") -> Session:
    return Session("RTP/SAVP", (sip.crypto(suite, suffix),))


_PLAIN = {
    "plain": Session("RTP/AVP", secure=False),
    "plain with keys": Session("RTP/AVP", (sip.crypto(),), secure=False),
    "plain with feedback": Session("RTP/AVPF", secure=False),
    "plain with feedback and keys": Session("RTP/AVPF", (sip.crypto(),), secure=False),
    "plain with a fingerprint": Session("RTP/AVP", (_SETUP, _FINGERPRINT), secure=False),
}

SDES = _PLAIN | {
    "no keys": Session("RTP/SAVP"),
    "no keys, with feedback": Session("RTP/SAVPF"),
    "an unknown suite": _key("F8_128_HMAC_SHA1_80"),
    "a suite of nobody": _key("ROT13"),
    "no cipher": _key("NULL_HMAC_SHA1_80"),
    "neither cipher nor authentication": _key("NULL_CIPHER_0_NULL_AUTH"),
    "a short authentication tag, which was not offered": _key("AES_CM_128_HMAC_SHA1_32"),
    "a short key": _line(f"1 {_SUITE} inline:AAAA"),
    "a key a byte too short": _line(f"1 {_SUITE} inline:{'A' * 36}AA=="),
    "a long key": _line(f"1 {_SUITE} inline:{'A' * 80}"),
    "an empty key": _line(f"1 {_SUITE} inline:"),
    "a key that is no base64": _line(f"1 {_SUITE} inline:{'*' * 40}"),
    "a key by reference": _line(f"1 {_SUITE} uri:{'A' * 40}"),
    "no key parameter": _line(f"1 {_SUITE}"),
    "nothing behind the tag": _line("1"),
    "a tag that is no number": _line(f"x {_SUITE} inline:{'A' * 40}"),
    "unencrypted voice": _key(suffix=" UNENCRYPTED_SRTP"),
    "unencrypted reports": _key(suffix=" UNENCRYPTED_SRTCP"),
    "unauthenticated voice": _key(suffix="|2^20|1:4 UNAUTHENTICATED_SRTP"),
    "unencrypted voice in small letters": _key(suffix=" unencrypted_srtp"),
    "a fingerprint in place of keys": Session(_DTLS, (_SETUP, _FINGERPRINT)),
    "a fingerprint beside keys": Session(_DTLS, (sip.crypto(), _SETUP, _FINGERPRINT)),
    "keys for the wrong profile": Session(_DTLS, (sip.crypto(),)),
    "keys over TCP": Session("TCP/RTP/SAVP", (sip.crypto(),)),
}
"""What an account of SDES keying does not take."""

DTLS = _PLAIN | {
    "keys in place of a fingerprint": Session("RTP/SAVP", (sip.crypto(),)),
    "no fingerprint": Session(_DTLS, (_SETUP,)),
    "an empty fingerprint": Session(_DTLS, (_SETUP, "a=fingerprint:")),
    "a hash without a value": Session(_DTLS, (_SETUP, "a=fingerprint:SHA-256")),
    "a fingerprint over TCP": Session("TCP/TLS/RTP/SAVP", (_SETUP, _FINGERPRINT)),
}
"""What an account of DTLS keying does not take."""
