"""Certificates for tests: good ones, and every kind of wrong one."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Leaf:
    """PEM files of a certificate and its key."""

    certificate: Path
    key: Path


class Authority:
    """An authority whose certificates are written below `folder`."""

    def __init__(self, folder: Path, name: str = "Test Authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + 30 * _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file = folder / "ca.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(
        self,
        label: str,
        *,
        dns: Sequence[str] = (),
        addresses: Sequence[str] = (),
        uris: Sequence[str] = (),
        common_name: str | None = None,
        organisation: str | None = None,
        starts_in: datetime.timedelta = -_DAY,
        lasts: datetime.timedelta = 10 * _DAY,
        self_signed: bool = False,
        client_only: bool = False,
    ) -> Leaf:
        """A certificate with exactly the names that are given."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                *_attributes(NameOID.ORGANIZATION_NAME, organisation),
                *_attributes(NameOID.COMMON_NAME, common_name),
            ]
        )
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if self_signed else self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + starts_in)
            .not_valid_after(now + starts_in + lasts)
        )
        names: list[x509.GeneralName] = [
            *(x509.DNSName(name) for name in dns),
            *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses),
            *(x509.UniformResourceIdentifier(uri) for uri in uris),
        ]
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if client_only:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=True
            )
        certificate = builder.sign(key if self_signed else self._key, hashes.SHA256())
        leaf = Leaf(self._folder / f"{label}.pem", self._folder / f"{label}.key")
        leaf.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        leaf.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return leaf


def _attributes(oid: x509.ObjectIdentifier, value: str | None) -> list[x509.NameAttribute[str]]:
    return [] if value is None else [x509.NameAttribute(oid, value)]
