"""Keys of certificates as files and as fingerprints."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization


def encrypted(key: Path, passphrase: str) -> Path:
    """A copy of a key that opens with a passphrase alone, next to it."""
    opened = serialization.load_pem_private_key(key.read_bytes(), None)
    copy = key.with_suffix(".encrypted.key")
    copy.write_bytes(
        opened.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(passphrase.encode()),
        )
    )
    copy.chmod(0o600)
    return copy


def pin_of(certificate: Path) -> str:
    """The SHA-256 of a certificate's public key, as an account's pin."""
    parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
    der = parsed.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).hexdigest()
