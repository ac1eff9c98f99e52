"""Certificates as a worker reads them, by OpenSSL, and as the engine does."""

from __future__ import annotations

import base64
import datetime
import ipaddress
from collections.abc import Callable

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from voip.security import certificates
from voip.worker.tls.certificates import read

Key = (
    dsa.DSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
    | rsa.RSAPrivateKey
)

_EPOCH = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_PLAIN = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pbx.test")])
_DNS = (x509.DNSName("pbx.test"),)

KEYS: dict[str, tuple[Callable[[], Key], str]] = {
    "RSA": (lambda: rsa.generate_private_key(65537, 2048), "RSA 2048"),
    "short RSA": (lambda: rsa.generate_private_key(65537, 1024), "RSA 1024"),
    "DSA": (lambda: dsa.generate_private_key(1024), "DSA 1024"),
    "P-256": (lambda: ec.generate_private_key(ec.SECP256R1()), "EC P-256"),
    "P-384": (lambda: ec.generate_private_key(ec.SECP384R1()), "EC P-384"),
    "P-521": (lambda: ec.generate_private_key(ec.SECP521R1()), "EC P-521"),
    "Koblitz": (lambda: ec.generate_private_key(ec.SECP256K1()), "EC secp256k1"),
    "Ed25519": (ed25519.Ed25519PrivateKey.generate, "Ed25519"),
    "Ed448": (ed448.Ed448PrivateKey.generate, "Ed448"),
}

SUBJECTS: dict[str, x509.Name] = {
    "none": x509.Name([]),
    "several": x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Müller, Söhne + Co"),
            x509.NameAttribute(NameOID.COMMON_NAME, "pbx.test"),
        ]
    ),
    "quoted": x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ' #a"b\\c;d<e>f ')]),
    "bidirectional": x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a\u202eb")]),
    "long": x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "o" * 64)] * 6),
}

NAMES: dict[str, tuple[x509.GeneralName, ...]] = {
    "none": (),
    "of all kinds": (
        x509.UniformResourceIdentifier("sip:pbx.test"),
        x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
        x509.DNSName("pbx.test"),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
        x509.RFC822Name("a@pbx.test"),
        x509.DNSName("*.pbx.test"),
    ),
    "many": tuple(x509.DNSName(f"{place}.pbx.test") for place in range(40)),
    "long": (x509.DNSName("x" * 300),),
}


def certificate(
    key: Key,
    subject: x509.Name = _PLAIN,
    names: tuple[x509.GeneralName, ...] = _DNS,
    until: datetime.datetime = _EPOCH + datetime.timedelta(days=90),
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_PLAIN)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(_EPOCH)
        .not_valid_after(until)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey):
        return builder.sign(key, None)
    return builder.sign(key, hashes.SHA256())


def pem(der: bytes) -> str:
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"


@pytest.fixture(scope="module")
def key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_reads_as_in_the_engine(kind: str) -> None:
    make, shown = KEYS[kind]
    made = certificate(make())
    facts = read(made.public_bytes(Encoding.PEM).decode())
    assert facts is not None
    assert facts.key == shown
    described = certificates.describe(made)
    # They write the algorithm's name as “dsa-with-sha256” and “dsa_with_SHA256”.
    signed = described.signature.replace("-", "").lower()
    assert facts.signature.replace("-", "").replace("_", "").lower() == signed
    assert facts == msgspec.structs.replace(described, signature=facts.signature)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_reads_as_in_the_engine(key: Key, subject: str) -> None:
    made = certificate(key, subject=SUBJECTS[subject])
    assert read(made.public_bytes(Encoding.PEM).decode()) == certificates.describe(made)


@pytest.mark.parametrize("names", NAMES)
def test_names_read_as_in_the_engine(key: Key, names: str) -> None:
    made = certificate(key, names=NAMES[names])
    assert read(made.public_bytes(Encoding.PEM).decode()) == certificates.describe(made)


def test_a_control_character_is_escaped(key: Key) -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a\x1b[2Jb")])
    facts = read(certificate(key, subject).public_bytes(Encoding.PEM).decode())
    assert facts is not None
    assert facts.subject == r"CN=a\1B[2Jb"


def test_names_of_other_letters_are_none(key: Key) -> None:
    der = certificate(key, names=(x509.DNSName("good.test"), x509.DNSName("odd.test")))
    facts = read(pem(der.public_bytes(Encoding.DER).replace(b"odd.test", b"od\xe9.test")))
    assert facts is not None
    assert facts.names == ()


def test_a_year_that_is_none_reads_as_no_certificate(key: Key) -> None:
    der = certificate(key, until=datetime.datetime(2060, 1, 1, tzinfo=datetime.UTC))
    changed = der.public_bytes(Encoding.DER).replace(b"20600101", b"00000101")
    assert read(pem(changed)) is None


@pytest.mark.parametrize("text", ["", "nothing", pem(b""), pem(b"0\x80")])
def test_what_is_no_certificate_reads_as_none(text: str) -> None:
    assert read(text) is None
