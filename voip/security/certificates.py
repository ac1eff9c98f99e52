"""Facts of a certificate that a server showed, as the engine reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from voip.protection import Certificate
from voip.security.certificate_facts import bounded

_VERSION_TAG = 0xA0
_NO_NAMES = (
    ValueError,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.UnsupportedGeneralNameType,
)


def describe(parsed: x509.Certificate) -> Certificate:
    """Facts of a certificate.

    Raises:
        ValueError: it cannot be read.
    """
    kind, size = key_of(parsed)
    return bounded(
        subject=parsed.subject.rfc4514_string(),
        issuer=parsed.issuer.rfc4514_string(),
        names=(*names(parsed), *uris(parsed)),
        not_before_s=parsed.not_valid_before_utc.timestamp(),
        not_after_s=parsed.not_valid_after_utc.timestamp(),
        sha256=parsed.fingerprint(hashes.SHA256()).hex(),
        key_sha256=key_sha256(parsed),
        kind=kind,
        size=size,
        signature=parsed.signature_algorithm_oid._name,
    )


def key_sha256(parsed: x509.Certificate) -> str:
    """SHA-256 of the SubjectPublicKeyInfo (RFC 5280 section 4.1), as pinned.

    It is of the certificate's own bytes: a key parsed and written again may differ.
    """
    [(_, signed)] = _elements(parsed.tbs_certificate_bytes)
    fields = [element for element, _ in _elements(signed)]
    # version, serial number, signature, issuer, validity, subject, then the key
    key = fields[6 if fields[0][0] == _VERSION_TAG else 5]
    return hashlib.sha256(key).hexdigest()


def key_of(parsed: x509.Certificate) -> tuple[str, str]:
    """Kind of the public key, and its size in bits or its curve's name.

    Raises:
        ValueError: the key cannot be read.
    """
    try:
        key = parsed.public_key()
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", str(key.key_size)
    if isinstance(key, dsa.DSAPublicKey):
        return "DSA", str(key.key_size)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC", key.curve.name
    return type(key).__name__.removesuffix("PublicKey"), ""


def names(parsed: x509.Certificate) -> tuple[str, ...]:
    """All DNS names and IP addresses of subjectAltName."""
    alternatives = _alternatives(parsed)
    return (
        *alternatives.get_values_for_type(x509.DNSName),
        *(str(address) for address in alternatives.get_values_for_type(x509.IPAddress)),
    )


def uris(parsed: x509.Certificate) -> tuple[str, ...]:
    """The URIs of subjectAltName."""
    return tuple(_alternatives(parsed).get_values_for_type(x509.UniformResourceIdentifier))


def _alternatives(parsed: x509.Certificate) -> x509.SubjectAlternativeName:
    try:
        return parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except _NO_NAMES:
        # A certificate whose names cannot be read must match no host.
        return x509.SubjectAlternativeName([])


def _elements(der: bytes) -> Iterator[tuple[bytes, bytes]]:
    """DER elements in a row, each with its content (X.690 section 8.1)."""
    while der:
        size, start = der[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(der[2:start])
        yield der[: start + size], der[start : start + size]
        der = der[start + size :]
