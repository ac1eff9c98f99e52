"""Reads what a TLS server showed, and says in words why it was refused."""

from __future__ import annotations

import pjsua2 as pj
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtensionOID

from voip.model import Certificate, TlsStatus, rfc3339

# A server chooses what it shows; what is passed on is bounded.
_MAX_CHAIN = 8
_MAX_NAMES = 32
_MAX_TEXT = 256

# The order is that of usefulness: a wrong name is worth saying even where the
# authority is unknown too.
_REFUSALS = (
    (pj.PJ_SSL_CERT_EVALIDITY_PERIOD, "the server's certificate has expired or is not valid yet"),
    (pj.PJ_SSL_CERT_EUNTRUSTED, "no authority that is trusted issued the server's certificate"),
    (pj.PJ_SSL_CERT_EISSUER_NOT_FOUND, "the issuer of the server's certificate is unknown"),
    (pj.PJ_SSL_CERT_EISSUER_MISMATCH, "the server's certificate is not signed by its issuer"),
    (pj.PJ_SSL_CERT_EREVOKED, "the server's certificate was revoked"),
    (pj.PJ_SSL_CERT_EINVALID_PURPOSE, "the server's certificate is not meant for servers"),
    (pj.PJ_SSL_CERT_EWEAK_SIGNATURE, "the server's certificate has a weak signature"),
    (pj.PJ_SSL_CERT_EINVALID_FORMAT, "the server's certificate cannot be read"),
    (pj.PJ_SSL_CERT_ECHAIN_TOO_LONG, "the server's certificate chain is too long"),
    (pj.PJ_SSL_CERT_ECRL_FAILURE, "the revocation list of the certificate cannot be used"),
    (pj.PJ_SSL_CERT_EIDENTITY_NOT_MATCH, "the server's certificate is for another name"),
)


def status(info: pj.TlsInfo) -> TlsStatus:
    """The connection as it was negotiated."""
    chain = tuple(
        certificate
        for pem in list(info.remoteCertInfo.rawChain)[:_MAX_CHAIN]
        if (certificate := _read(pem)) is not None
    )
    return TlsStatus(
        version=_version(info.cipher),
        cipher=info.cipherName,
        verified=info.established and info.verifyStatus == 0,
        peer=chain[0] if chain else None,
        chain=chain,
    )


def refusal(info: pj.TlsInfo, host: str) -> str | None:
    """Why the certificate was refused, or None if it was not."""
    if info.verifyStatus == 0:
        return None
    words = [text for bit, text in _REFUSALS if info.verifyStatus & bit]
    if info.verifyStatus & pj.PJ_SSL_CERT_EIDENTITY_NOT_MATCH:
        words[-1] += f" than {host}"
        names = _names_of(info)
        if names:
            words[-1] += f" (it is for {', '.join(names[:4])})"
    return "; ".join(words) or "the server's certificate was not accepted"


def _names_of(info: pj.TlsInfo) -> tuple[str, ...]:
    leaf = _read(info.remoteCertInfo.raw) if info.remoteCertInfo.raw else None
    return leaf.names if leaf else ()


def _version(cipher: int) -> str:
    # PJSIP tells which versions were configured, not which one was chosen. The
    # suites 0x13xx exist in TLS 1.3 alone and it has no others (RFC 8446 B.4);
    # nothing below 1.2 is ever offered.
    return "TLSv1.3" if cipher >> 8 == 0x13 else "TLSv1.2"


def _read(pem: str) -> Certificate | None:
    try:
        parsed = x509.load_pem_x509_certificate(pem.encode())
        return Certificate(
            subject=parsed.subject.rfc4514_string()[:_MAX_TEXT],
            issuer=parsed.issuer.rfc4514_string()[:_MAX_TEXT],
            names=tuple(name[:_MAX_TEXT] for name in _names(parsed)[:_MAX_NAMES]),
            not_before=rfc3339(parsed.not_valid_before_utc.timestamp()),
            not_after=rfc3339(parsed.not_valid_after_utc.timestamp()),
            sha256=parsed.fingerprint(hashes.SHA256()).hex(),
        )
    except ValueError:
        # What cannot be read is shown as unknown; OpenSSL has judged it.
        return None


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_oid(
            ExtensionOID.SUBJECT_ALTERNATIVE_NAME
        )
    except (x509.ExtensionNotFound, ValueError):
        return ()
    value = extension.value
    if not isinstance(value, x509.SubjectAlternativeName):
        return ()
    return (
        *value.get_values_for_type(x509.DNSName),
        *(str(address) for address in value.get_values_for_type(x509.IPAddress)),
        *value.get_values_for_type(x509.UniformResourceIdentifier),
    )
