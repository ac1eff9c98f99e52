"""Certificates for tests: good ones, and every kind of wrong one."""

from __future__ import annotations

import datetime
import ipaddress
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = datetime.timedelta(days=1)
_PEM = serialization.Encoding.PEM

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Leaf:
    """PEM files of a certificate, its intermediates, and its key."""

    certificate: Path
    key: Path


class Authority:
    """An authority whose certificates are written below `folder`.

    One with a `parent` is an intermediate; `chain` is what its servers send
    besides their own certificate. With `is_authority` False it may not issue,
    with None the extension is absent.
    """

    def __init__(
        self,
        folder: Path,
        name: str = "Test Authority",
        *,
        parent: Authority | None = None,
        is_authority: bool | None = True,
        path_length: int | None = None,
        permitted: Sequence[str] = (),
        starts_in: datetime.timedelta = -_DAY,
        lasts: datetime.timedelta = 31 * _DAY,
        key: Key | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = key or ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = parent or self
        builder = _builder(self.name, issuer.name, self._key, starts_in, lasts)
        if is_authority is not None:
            builder = builder.add_extension(
                x509.BasicConstraints(ca=is_authority, path_length=path_length), critical=True
            )
        if permitted:
            trees = [x509.DNSName(tree) for tree in permitted]
            builder = builder.add_extension(x509.NameConstraints(trees, None), critical=True)
        pem = builder.sign(issuer._key, hashes.SHA256()).public_bytes(_PEM)
        self.chain: bytes = pem + parent.chain if parent else b""
        self.file = folder / "ca.pem"
        self.file.write_bytes(pem)

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
        lasts: datetime.timedelta = 60 * _DAY,
        self_signed: bool = False,
        client_only: bool = False,
        key: Key | None = None,
        subject: x509.Name | None = None,
        sends_chain: bool = True,
    ) -> Leaf:
        """A certificate with exactly the names that are given."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = subject or x509.Name(
            [
                *_attributes(NameOID.ORGANIZATION_NAME, organisation),
                *_attributes(NameOID.COMMON_NAME, common_name),
            ]
        )
        builder = _builder(subject, subject if self_signed else self.name, key, starts_in, lasts)
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
        chain = self.chain if sends_chain else b""
        leaf.certificate.write_bytes(certificate.public_bytes(_PEM) + chain)
        _write_key(leaf.key, key)
        return leaf

    def issue_weakly(
        self,
        label: str,
        address: str,
        *,
        digest: str = "sha256",
        rsa_bits: int = 2048,
        version_1: bool = False,
    ) -> Leaf:
        """A weak certificate for an address, by OpenSSL's tool.

        `cryptography` refuses to make it. Without extensions, as of version 1, it
        carries the address as its common name.
        """
        leaf = Leaf(self._folder / f"{label}.pem", self._folder / f"{label}.key")
        request = self._folder / f"{label}.csr"
        names = self._folder / f"{label}.ext"
        names.write_text(f"subjectAltName = IP:{address}\n")
        _write_key(self._folder / "ca.key", self._key)
        _openssl(
            "req", "-new", "-newkey", f"rsa:{rsa_bits}", "-nodes", "-subj", f"/CN={address}",
            "-keyout", str(leaf.key), "-out", str(request),
        )  # fmt: skip
        _openssl(
            "x509", "-req", f"-{digest}", "-in", str(request), "-days", "9", "-CAcreateserial",
            "-CA", str(self.file), "-CAkey", str(self._folder / "ca.key"),
            "-out", str(leaf.certificate), *(() if version_1 else ("-extfile", str(names))),
        )  # fmt: skip
        with leaf.certificate.open("ab") as file:
            file.write(self.chain)
        return leaf


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: Key,
    starts_in: datetime.timedelta,
    lasts: datetime.timedelta,
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + starts_in)
        .not_valid_after(now + starts_in + lasts)
    )


def _write_key(path: Path, key: Key) -> None:
    path.write_bytes(
        key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _openssl(*words: str) -> None:
    done = subprocess.run(["openssl", *words], capture_output=True, check=False)
    assert done.returncode == 0, (words, done.stderr.decode())


def _attributes(oid: x509.ObjectIdentifier, value: str | None) -> list[x509.NameAttribute[str]]:
    return [] if value is None else [x509.NameAttribute(oid, value)]
