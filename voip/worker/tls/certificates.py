"""Facts of a TLS connection and the server's certificates."""

from __future__ import annotations

import pjsua2 as pj

from voip.protection import Certificate, TlsStatus
from voip.security.certificate_facts import MAX_CHAIN, bounded


def status(info: pj.TlsInfo) -> TlsStatus:
    """Negotiated state of a connection."""
    chain = tuple(
        certificate
        for pem in list(info.remoteCertInfo.rawChain)[:MAX_CHAIN]
        if (certificate := read(pem)) is not None
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


def read(pem: str) -> Certificate | None:
    """Facts of a certificate in PEM form, as OpenSSL reads it; None if it cannot be facts."""
    try:
        facts = pj.readCertificate(pem)
        return bounded(
            subject=facts.subject,
            issuer=facts.issuer,
            names=(*facts.names, *facts.uris),
            not_before_s=facts.notBefore,
            not_after_s=facts.notAfter,
            sha256=facts.sha256,
            key_sha256=facts.keySha256,
            kind=facts.keyKind,
            size=facts.curve or str(facts.keyBits or ""),
            signature=facts.signature,
        )
    except (pj.Error, ValueError):  # of a year that is none
        # It must not end the worker; OpenSSL has judged it.
        return None


def _version(cipher: int) -> str:
    # PJSIP reports the configured versions, not the negotiated one. TLS 1.3 has
    # the suites 0x13xx and no others (RFC 8446 B.4); below 1.2 nothing is offered.
    return "TLSv1.3" if cipher >> 8 == 0x13 else "TLSv1.2"
