"""Keys of certificates as files and as fingerprints."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.support.pki import Leaf


def encrypted(key: Path, passphrase: str) -> Path:
    """A copy of a key, next to it, that opens only with a passphrase."""
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
    """SHA-256 of a certificate's public key, as an account's pin."""
    parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
    der = parsed.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).hexdigest()


def fingerprint(leaf: Leaf, digest: str = "sha256") -> str:
    """Value of a=fingerprint for a certificate (RFC 8122 section 5)."""
    der = ssl.PEM_cert_to_DER_cert(leaf.certificate.read_text())
    name = {"sha1": "SHA-1", "md5": "MD5", "sha256": "SHA-256"}[digest]
    return f"{name} {':'.join(f'{byte:02X}' for byte in hashlib.new(digest, der).digest())}"


def of_no_version(leaf: Leaf, folder: Path) -> Leaf:
    """The same leaf with a certificate of version 7, which does not exist."""
    der = ssl.PEM_cert_to_DER_cert(leaf.certificate.read_text())
    changed = Leaf(folder / "version-7.pem", leaf.key)
    der = der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x06", 1)
    changed.certificate.write_text(ssl.DER_cert_to_PEM_cert(der))
    return changed
