"""Certificate authority of the local test line."""

from __future__ import annotations

import ipaddress
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from voip.engine.trust import authority


@pytest.fixture
def identity(tmp_path: Path) -> authority.Identity:
    return authority.make(tmp_path / "echo")


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_files_are_their_owner_s_alone(identity: authority.Identity) -> None:
    folder = identity.key.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert set(folder.iterdir()) == set(identity)
    assert {stat.S_IMODE(path.stat().st_mode) for path in identity} == {0o600}


def test_certificate_is_for_the_address_alone(identity: authority.Identity) -> None:
    certificate = load(identity.certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]


@pytest.mark.parametrize("address", ["127.0.0.2", "::1"])
def test_another_address(tmp_path: Path, address: str) -> None:
    certificate = load(authority.make(tmp_path, address).certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [x509.IPAddress(ipaddress.ip_address(address))]


def test_authority_signed_it(identity: authority.Identity) -> None:
    certificate, ca = load(identity.certificate), load(identity.authority)
    certificate.verify_directly_issued_by(ca)
    ca.verify_directly_issued_by(ca)


def test_key_is_the_certificate_s_and_the_authority_s_is_nowhere(
    identity: authority.Identity,
) -> None:
    key = serialization.load_pem_private_key(identity.key.read_bytes(), None)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public = key.public_key().public_bytes(serialization.Encoding.DER, form)
    certificate, ca = load(identity.certificate), load(identity.authority)
    assert public == certificate.public_key().public_bytes(serialization.Encoding.DER, form)
    assert public != ca.public_key().public_bytes(serialization.Encoding.DER, form)
    assert b"PRIVATE" not in identity.authority.read_bytes() + identity.certificate.read_bytes()


def test_lifetime_is_short_and_forgives_a_slow_clock(identity: authority.Identity) -> None:
    now = datetime.now(UTC)
    for path in (identity.certificate, identity.authority):
        certificate = load(path)
        assert certificate.not_valid_before_utc < now - timedelta(minutes=30)
        assert now < certificate.not_valid_after_utc <= now + timedelta(days=7)


def test_uses_are_limited(identity: authority.Identity) -> None:
    certificate, ca = load(identity.certificate), load(identity.authority)
    basic = x509.BasicConstraints
    assert ca.extensions.get_extension_for_class(basic).value == basic(True, 0)
    assert certificate.extensions.get_extension_for_class(basic).value == basic(False, None)
    assert ca.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    assert not certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(extended) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_each_one_is_new(tmp_path: Path) -> None:
    first = authority.make(tmp_path / "a")
    second = authority.make(tmp_path / "b")
    assert load(first.authority).serial_number != load(second.authority).serial_number
    assert first.key.read_bytes() != second.key.read_bytes()


def test_made_again_in_the_same_place(tmp_path: Path) -> None:
    before = authority.make(tmp_path).certificate.read_bytes()
    again = authority.make(tmp_path)
    assert again.certificate.read_bytes() != before
    load(again.certificate).verify_directly_issued_by(load(again.authority))
