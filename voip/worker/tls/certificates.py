"""Facts of a TLS connection and the server's certificates."""

from __future__ import annotations

import pjsua2 as pj
from cryptography import x509

from voip.protection import Certificate, TlsStatus
from voip.security import certificates


def status(info: pj.TlsInfo) -> TlsStatus:
    """Negotiated state of a connection."""
    chain = tuple(
        certificate
        for pem in list(info.remoteCertInfo.rawChain)[: certificates.MAX_CHAIN]
        if (certificate := _read(pem)) is not None
    )
    verified = info.established and info.verifyStatus == 0
    return TlsStatus(
        version=_version(info.cipher),
        cipher=info.cipherName,
        verified=verified,
        peer=chain[0] if chain else None,
        chain=chain,
        pinned=verified and info.pinned,
    )


def _version(cipher: int) -> str:
    # PJSIP reports the configured versions, not the negotiated one. TLS 1.3 has
    # the suites 0x13xx and no others (RFC 8446 B.4); below 1.2 nothing is offered.
    return "TLSv1.3" if cipher >> 8 == 0x13 else "TLSv1.2"


def _read(pem: str) -> Certificate | None:
    try:
        return certificates.describe(x509.load_pem_x509_certificate(pem.encode()))
    except (ValueError, x509.InvalidVersion):
        # An unreadable certificate must not end the worker; OpenSSL has judged it.
        return None
