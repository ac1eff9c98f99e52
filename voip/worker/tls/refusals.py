"""Causes of failed connections."""

from __future__ import annotations

import errno

import pjsua2 as pj

from voip.causes import Cause, CauseKind
from voip.protection import Certificate
from voip.security import flaws as certificate_flaws

_FLAWS = (
    (pj.PJ_SSL_CERT_EVALIDITY_PERIOD, CauseKind.CERTIFICATE_EXPIRED),
    (pj.PJ_SSL_CERT_ENOT_YET_VALID, CauseKind.CERTIFICATE_NOT_YET),
    (pj.PJ_SSL_CERT_ESELF_SIGNED, CauseKind.CERTIFICATE_SELF_SIGNED),
    (pj.PJ_SSL_CERT_EUNTRUSTED, CauseKind.CERTIFICATE_UNTRUSTED),
    (pj.PJ_SSL_CERT_EISSUER_NOT_FOUND, CauseKind.CERTIFICATE_NO_ISSUER),
    (pj.PJ_SSL_CERT_EISSUER_MISMATCH, CauseKind.CERTIFICATE_NOT_BY_ISSUER),
    (pj.PJ_SSL_CERT_EINVALID_CA, CauseKind.CERTIFICATE_MAY_NOT_ISSUE),
    (pj.PJ_SSL_CERT_ENAME_CONSTRAINT, CauseKind.CERTIFICATE_NOT_ALLOWED),
    (pj.PJ_SSL_CERT_EREVOKED, CauseKind.CERTIFICATE_REVOKED),
    (pj.PJ_SSL_CERT_EINVALID_PURPOSE, CauseKind.CERTIFICATE_PURPOSE),
    (pj.PJ_SSL_CERT_EINVALID_FORMAT, CauseKind.CERTIFICATE_UNREADABLE),
    (pj.PJ_SSL_CERT_ECHAIN_TOO_LONG, CauseKind.CERTIFICATE_TOO_LONG),
    (pj.PJ_SSL_CERT_EWEAK_SIGNATURE, CauseKind.CERTIFICATE_WEAK_SIGNATURE),
    (pj.PJ_SSL_CERT_EWEAK_KEY, CauseKind.CERTIFICATE_WEAK_KEY),
    (pj.PJ_SSL_CERT_EIDENTITY_NOT_MATCH, CauseKind.CERTIFICATE_OTHER_NAME),
)

_SSL_LIBRARY = 20 * 1200
"""ERR_LIB_SSL times PJSIP's MAX_OSSL_ERR_REASON (ssl_sock_ossl.c)."""

_OPENSSL = 470_000 + _SSL_LIBRARY
"""First status of PJSIP for reasons of OpenSSL's TLS library."""

_SYSTEM = 120_000
"""First status of PJSIP for the system's errno (pj/errno.h)."""

_EOF, _TIMED_OUT = 70_016, 70_009

# SSL_R_* of OpenSSL's sslerr.h; those over 1000 are the server's alerts (RFC 8446
# section 6.2).
_HANDSHAKES = {
    # unsupported protocol, wrong SSL version; protocol version
    CauseKind.TLS_TOO_OLD: (258, 266, 1070),
    # proxy or HTTP request, packet length too long, unknown protocol, wrong version number
    CauseKind.NO_TLS: (155, 156, 198, 252, 267),
    # certificate required
    CauseKind.CLIENT_CERTIFICATE_WANTED: (1116,),
    # bad, unsupported, revoked, expired, unknown; unknown CA; access denied
    CauseKind.CLIENT_CERTIFICATE_REFUSED: (1042, 1043, 1044, 1045, 1046, 1048, 1049),
    # no signature algorithm, no ciphers, none shared, unknown or wrong one returned, bad
    # point, wrong signature or curve, short key; handshake failure, insufficient security
    CauseKind.NO_COMMON_CIPHER: (118, 181, 193, 248, 261, 306, 370, 378, 394, 1040, 1071),
    # unrecognized name
    CauseKind.SERVER_NAME_UNKNOWN: (1112,),
}

_BY_STATUS = {
    _EOF: CauseKind.CONNECTION_CLOSED,
    _SYSTEM + errno.ECONNRESET: CauseKind.CONNECTION_CLOSED,
    _TIMED_OUT: CauseKind.CONNECTION_TIMEOUT,
    **{_OPENSSL + reason: kind for kind, reasons in _HANDSHAKES.items() for reason in reasons},
}


def certificate(info: pj.TlsInfo, host: str, chain: tuple[Certificate, ...]) -> Cause | None:
    """Cause to refuse the certificate of the server at `host`, or None."""
    if info.verifyStatus == 0:
        return None
    if is_other_key(info):
        return Cause(CauseKind.OTHER_KEY)
    flaws = [flaw for bit, flaw in _FLAWS if info.verifyStatus & bit]
    first, *others = certificate_flaws.causes(flaws or [CauseKind.CERTIFICATE_REFUSED], host, chain)
    return Cause(first.kind, first.detail, tuple(others))


def is_other_key(info: pj.TlsInfo) -> bool:
    """True if the account is pinned to another key than the server's."""
    return bool(info.verifyStatus & pj.PJ_SSL_CERT_EPIN_MISMATCH)


def connection(status: int, text: str) -> Cause:
    """Cause of a failed connection; `text` is PJSIP's for its status."""
    kind = _BY_STATUS.get(status)
    return Cause(CauseKind.CONNECTION_FAILED, (text,)) if kind is None else Cause(kind)
