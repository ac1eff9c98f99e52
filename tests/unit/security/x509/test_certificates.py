"""Certificates are read as another library reads them, or not at all."""

from __future__ import annotations

import datetime
import ipaddress
import subprocess
import sys
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from voip.security.x509 import certificates, der

_DER = serialization.Encoding.DER
_BORN = datetime.datetime(2049, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)
_KEY = ec.generate_private_key(ec.SECP256R1())
_ATTRIBUTES = st.sampled_from(
    (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.DOMAIN_COMPONENT,
     NameOID.EMAIL_ADDRESS, NameOID.STREET_ADDRESS)
)  # fmt: skip
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | dsa.DSAPrivateKey


def _make(
    subject: x509.Name | None = None,
    names: list[x509.GeneralName] | None = None,
    key: _Key | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey = _KEY,
    digest: hashes.SHA256 | hashes.SHA512 | None = hashes.SHA256(),  # noqa: B008
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject or x509.Name([]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(_BORN)
        .not_valid_after(_BORN + datetime.timedelta(days=1))
    )
    if names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, digest)


def _read(certificate: x509.Certificate) -> certificates.Parsed:
    return certificates.read(certificate.public_bytes(_DER))


def _compare(certificate: x509.Certificate) -> None:
    facts = certificates.describe(_read(certificate))
    public = certificate.public_key().public_bytes(
        _DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public)
    assert facts.subject == certificate.subject.rfc4514_string()[:256]
    assert facts.issuer == certificate.issuer.rfc4514_string()[:256]
    assert facts.sha256 == certificate.fingerprint(hashes.SHA256()).hex()
    assert facts.key_sha256 == digest.finalize().hex()
    assert facts.not_before == f"{certificate.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}"
    assert facts.not_after == f"{certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"
    assert facts.signature == certificate.signature_algorithm_oid._name


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_authorities_of_the_world_are_read_as_another_library_reads_them() -> None:
    read = x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes())
    assert len(read) > 100
    for certificate in read:
        _compare(certificate)


@given(st.lists(st.tuples(_ATTRIBUTES, _TEXTS), max_size=5))
def test_names_are_written_as_another_library_writes_them(
    rows: list[tuple[x509.ObjectIdentifier, str]],
) -> None:
    parts = [x509.NameAttribute(kind, text, _validate=False) for kind, text in rows]
    _compare(_make(x509.Name(parts)))


def test_attributes_of_one_part_stay_together() -> None:
    pair = [x509.NameAttribute(NameOID.COMMON_NAME, "a+b"),
            x509.NameAttribute(NameOID.USER_ID, "#1 ")]  # fmt: skip
    _compare(_make(x509.Name([x509.RelativeDistinguishedName(pair)])))


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (_KEY, "EC P-256"),
        (ec.generate_private_key(ec.SECP521R1()), "EC P-521"),
        (ec.generate_private_key(ec.BrainpoolP384R1()), "EC brainpoolP384r1"),
        (rsa.generate_private_key(65537, 1024), "RSA 1024"),
        (dsa.generate_private_key(1024), "DSA 1024"),
        (ed25519.Ed25519PrivateKey.generate(), "Ed25519"),
        (ed448.Ed448PrivateKey.generate(), "Ed448"),
    ],
)
def test_keys_have_their_kind_and_size(key: _Key, words: str) -> None:
    plain = isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    certificate = _make(key=key, digest=None if plain else hashes.SHA512())
    _compare(certificate)
    assert certificates.describe(_read(certificate)).key == words


def test_names_are_those_of_the_alternative_name() -> None:
    parsed = _read(
        _make(
            names=[
                x509.RFC822Name("a@b.test"),
                x509.DNSName("*.b.test"),
                x509.UniformResourceIdentifier("sip:b.test"),
                x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
                x509.DNSName("c.test"),
                x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
            ]
        )
    )
    assert certificates.names(parsed) == ("*.b.test", "c.test", "192.0.2.1", "2001:db8::1")
    assert certificates.uris(parsed) == ("sip:b.test",)
    assert certificates.names(_read(_make())) == ()


def _wrap(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + content


def _with_extensions(*extensions: bytes) -> certificates.Parsed:
    return _read(_make())._replace(extensions=_wrap(der.SEQUENCE, *extensions))


def _alternative_name(*names: bytes) -> bytes:
    sequence = _wrap(der.SEQUENCE, *names)
    number = b"\x06\x03\x55\x1d\x11"
    return _wrap(der.SEQUENCE, number, _wrap(der.OCTET_STRING, sequence))


_GOOD = _wrap(0x82, b"b.test")


@pytest.mark.parametrize(
    "extensions",
    [
        (_alternative_name(_GOOD), _alternative_name(_GOOD)),
        (_alternative_name(_GOOD, _wrap(0x82, b"b\xff.test")),),
        (_alternative_name(_GOOD, _wrap(0x87, b"\1\2\3")),),
        (_alternative_name(_GOOD, _wrap(0xA3, b"")),),
        (_alternative_name(_GOOD)[:-1],),
        (_alternative_name(_GOOD, b"\x82"),),
        (_alternative_name(_GOOD), b"\0\0"),
    ],
)
def test_a_certificate_whose_names_cannot_be_read_matches_no_host(
    extensions: tuple[bytes, ...],
) -> None:
    assert certificates.names(_with_extensions(_alternative_name(_GOOD))) == ("b.test",)
    broken = _with_extensions(*extensions)
    assert certificates.names(broken) == ()
    assert certificates.uris(broken) == ()


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_read_or_refused(place: int, change: int) -> None:
    der_form = bytearray(_CERTIFICATE)
    der_form[place % len(der_form)] ^= change
    try:
        facts = certificates.describe(certificates.read(bytes(der_form)))
    except ValueError:
        return
    assert facts.sha256 != _FACTS.sha256


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        certificates.describe(certificates.read(data))


@pytest.mark.parametrize("pem", ["", "-----BEGIN CERTIFICATE-----\nMAAA", "-----BEGIN X-----"])
def test_a_text_without_a_certificate_is_refused(pem: str) -> None:
    with pytest.raises(ValueError, match="no certificate"):
        certificates.of_pem(pem)


def test_lengths_are_written_in_one_way() -> None:
    assert der.elements(b"\x04\x01a") == [der.Element(4, b"a", b"\x04\x01a")]
    for longer in (b"\x04\x81\x01a", b"\x04\x82\x00\x01a", b"\x04\x80a\0\0", b"\x1f\x04\x01a"):
        with pytest.raises(ValueError, match="not"):
            der.elements(longer)


def test_a_worker_does_not_load_the_other_library() -> None:
    program = "import sys, voip.worker.loop; print(*{'cryptography', 'email'} & {*sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "\n"


_CERTIFICATE = _make(names=[x509.DNSName("b.test")]).public_bytes(_DER)
_FACTS = certificates.describe(certificates.read(_CERTIFICATE))
