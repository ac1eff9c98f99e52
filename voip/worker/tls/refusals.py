"""Why a TLS connection did not come about, in words."""

from __future__ import annotations

import pjsua2 as pj

from voip.protection import Certificate
from voip.security import flaws as certificate_flaws
from voip.security.flaws import Flaw

OTHER_KEY = "the server shows another key than the one this account is pinned to"

_FLAWS = (
    (pj.PJ_SSL_CERT_EVALIDITY_PERIOD, Flaw.EXPIRED),
    (pj.PJ_SSL_CERT_ENOT_YET_VALID, Flaw.NOT_YET),
    (pj.PJ_SSL_CERT_ESELF_SIGNED, Flaw.SELF_SIGNED),
    (pj.PJ_SSL_CERT_EUNTRUSTED, Flaw.UNTRUSTED),
    (pj.PJ_SSL_CERT_EISSUER_NOT_FOUND, Flaw.NO_ISSUER),
    (pj.PJ_SSL_CERT_EISSUER_MISMATCH, Flaw.NOT_BY_ISSUER),
    (pj.PJ_SSL_CERT_EINVALID_CA, Flaw.MAY_NOT_ISSUE),
    (pj.PJ_SSL_CERT_ENAME_CONSTRAINT, Flaw.NOT_ALLOWED),
    (pj.PJ_SSL_CERT_EREVOKED, Flaw.REVOKED),
    (pj.PJ_SSL_CERT_EINVALID_PURPOSE, Flaw.PURPOSE),
    (pj.PJ_SSL_CERT_EINVALID_FORMAT, Flaw.UNREADABLE),
    (pj.PJ_SSL_CERT_ECHAIN_TOO_LONG, Flaw.TOO_LONG),
    (pj.PJ_SSL_CERT_EWEAK_SIGNATURE, Flaw.WEAK_SIGNATURE),
    (pj.PJ_SSL_CERT_EWEAK_KEY, Flaw.WEAK_KEY),
    (pj.PJ_SSL_CERT_EIDENTITY_NOT_MATCH, Flaw.OTHER_NAME),
)

# Parts of what OpenSSL says of a handshake (the names of its reasons), and of
# the alerts that a server sends (RFC 8446 section 6.2).
_HANDSHAKES = (
    (
        ("alert protocol version", "unsupported protocol", "wrong ssl version"),
        "the server speaks no TLS 1.2 or newer",
    ),
    (
        ("wrong version number", "unknown protocol", "packet length too long", "http request"),
        "the server does not speak TLS on this port",
    ),
    (
        ("alert certificate required",),
        "the server wants a client certificate, and this account has none that it takes",
    ),
    (
        ("alert bad certificate", "alert unknown ca", "alert certificate expired",
         "alert certificate revoked", "alert certificate unknown",
         "alert unsupported certificate", "alert access denied"),
        "the server refused this account's client certificate",
    ),
    (
        ("alert handshake failure", "alert insufficient security", "no shared cipher",
         "wrong cipher returned", "unknown cipher returned", "no ciphers available",
         "wrong signature type", "unsupported signature", "dh key too small",
         "no suitable signature algorithm", "wrong curve", "bad ecpoint"),
        "the server and this phone have no safe cipher in common, or the server wants a "
        "client certificate",
    ),
    (
        ("unrecognized name",),
        "the server does not know the name that it was called by",
    ),
    (("pj_eeof", "reset by peer"), "the server ended the connection"),
    (("pj_etimedout",), "the server did not answer in time"),
)  # fmt: skip


def certificate(info: pj.TlsInfo, host: str, chain: tuple[Certificate, ...]) -> str | None:
    """Why what the server at `host` showed was refused, or None if it was not."""
    if info.verifyStatus == 0:
        return None
    if is_other_key(info):
        return OTHER_KEY
    flaws = [flaw for bit, flaw in _FLAWS if info.verifyStatus & bit]
    return "; ".join(certificate_flaws.problems(flaws or [Flaw.OTHER], host, chain))


def is_other_key(info: pj.TlsInfo) -> bool:
    """True if the server was refused because the account is pinned to another key."""
    return bool(info.verifyStatus & pj.PJ_SSL_CERT_EPIN_MISMATCH)


def handshake(text: str) -> str:
    """Why there is no connection, from PJSIP's or OpenSSL's words for it."""
    said = text.lower()
    for parts, words in _HANDSHAKES:
        if any(part in said for part in parts):
            return words
    return f"the connection failed: {text}"
