"""Own keys for DTLS: private, complete, one for each account, anonymous."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.support.pki import Authority
from voip.engine.accounts import fields as account_fields
from voip.engine.accounts.fields import Account
from voip.engine.accounts.own_keys import LIFETIME, OwnKeyError, OwnKeys
from voip.protocol.worker.accounts import OwnKey


class Kept:
    """Keys in a folder of the test's own; `warnings` are the user's."""

    def __init__(self, folder: Path, compared: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.warnings: list[str] = []
        self.keys = OwnKeys(folder, compared.__contains__, self.warnings.append)

    async def pem(self, name: str = "work", **fields: Any) -> str:
        own_key = await self.keys.find(name, account(**fields))
        assert own_key is not None
        return own_key.pem

    def file(self, name: str = "work") -> Path:
        return self.folder / f"{name}.json"

    def change(self, **values: object) -> None:
        """Change values in the file of a key."""
        own_key = json.loads(self.file().read_text())
        self.file().write_text(json.dumps({**own_key, **values}))


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "state" / "keys")


def account(**fields: Any) -> Account:
    return account_fields.from_values(
        {"user": "alice", "domain": "example.com", "media_keying": "dtls", **fields}
    )


def ago(age: timedelta) -> str:
    return (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_a_key_outlives_the_engine(kept: Kept) -> None:
    before = await kept.pem()
    assert await Kept(kept.folder).pem() == before
    assert kept.warnings == []


async def test_it_is_a_certificate_of_p_256_that_names_nobody(kept: Kept) -> None:
    pem = (await kept.pem()).encode()
    certificate = x509.load_pem_x509_certificate(pem)
    key = load_pem_private_key(pem[pem.index(b"-----BEGIN PRIVATE") :], None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert isinstance(key.curve, ec.SECP256R1)
    assert key.public_key() == certificate.public_key()
    certificate.verify_directly_issued_by(certificate)
    now = datetime.now(UTC)
    assert certificate.not_valid_before_utc < now
    assert now + LIFETIME < certificate.not_valid_after_utc
    assert b"alice" not in pem
    assert certificate.subject.rfc4514_string() == "CN=pjmedia.pjsip.org"
    assert len(certificate.extensions) == 0


async def test_it_is_its_owner_s_alone(kept: Kept) -> None:
    pem = await kept.pem()
    assert stat.S_IMODE(kept.file().stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700
    assert repr(OwnKey(pem)) == "OwnKey()"


async def test_every_account_has_another(kept: Kept) -> None:
    assert await kept.pem("work") != await kept.pem("home")


@pytest.mark.parametrize(
    "fields",
    [{"hide_identity": True}, {"media_keying": "sdes"}, {"transport": "udp"}],
    ids=["hidden", "sdes", "udp"],
)
async def test_an_account_that_shows_none_has_none(kept: Kept, fields: dict[str, Any]) -> None:
    if "transport" in fields:
        fields = {**fields, "media_keying": "sdes"}
    assert await kept.keys.find("work", account(**fields)) is None
    assert not kept.folder.exists()


async def test_an_account_of_another_address_has_another_key(kept: Kept) -> None:
    before = await kept.pem()
    assert await kept.pem(user="anne") != before


async def test_a_key_is_replaced_once_it_is_too_old(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "keys", compared=("work",))
    before = await kept.pem()
    kept.warnings.clear()
    kept.change(made=ago(LIFETIME - timedelta(hours=1)))
    assert await kept.pem() == before
    assert kept.warnings == []
    kept.change(made=ago(LIFETIME + timedelta(hours=1)))
    assert await kept.pem() != before
    assert "account work has a new key" in kept.warnings[0]
    after = await kept.pem()
    assert await Kept(kept.folder).pem() == after


async def test_those_who_compared_are_not_left_to_wonder(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "keys", compared=("work",))
    await kept.pem("home")
    assert (kept.warnings, kept.keys.news) == ([], {})
    await kept.pem("work")
    (warning,) = kept.warnings
    assert "say ANOTHER KEY" in warning
    assert kept.keys.news == {"work": warning}
    kept.keys.forget("work")
    assert kept.keys.news == {}


async def test_an_account_that_goes_takes_its_key_along(kept: Kept) -> None:
    before = await kept.pem()
    other = await kept.pem("home")
    kept.keys.forget("work")
    assert not kept.file().exists()
    kept.keys.forget("work")
    assert await kept.pem() != before
    assert await kept.pem("home") == other


async def test_a_key_that_others_can_read_is_not_shown(kept: Kept) -> None:
    before = await kept.pem()
    kept.file().chmod(0o640)
    with pytest.raises(OwnKeyError, match="can be read by others") as caught:
        await kept.pem()
    assert f"run chmod 600 {kept.file()}" in str(caught.value)
    kept.file().chmod(0o600)
    assert await kept.pem() == before


@pytest.mark.parametrize(
    "kind",
    ["empty", "no JSON", "no text", "a field more", "no moment", "no zone", "no certificate",
     "no key", "another key", "another kind of key", "cut off"],
)  # fmt: skip
async def test_a_damaged_one_is_reported_and_left_as_it_is(
    kept: Kept, tmp_path: Path, kind: str
) -> None:
    pem = await kept.pem()
    middle = pem.index("-----BEGIN PRIVATE")
    match kind:
        case "empty":
            kept.file().write_bytes(b"")
        case "no JSON":
            kept.file().write_bytes(b"{")
        case "no text":
            kept.file().write_bytes(b"\xff\xfe")
        case "a field more":
            kept.change(more=1)
        case "no moment":
            kept.change(made="yesterday")
        case "no zone":
            kept.change(made="2026-01-01T00:00:00")
        case "no certificate":
            kept.change(pem=pem[middle:])
        case "no key":
            kept.change(pem=pem[:middle])
        case "another key":
            other = await kept.pem("home")
            kept.change(pem=pem[:middle] + other[other.index("-----BEGIN PRIVATE") :])
        case "another kind of key":
            leaf = Authority(tmp_path / "ca").issue(
                "other", key=ec.generate_private_key(ec.SECP384R1())
            )
            kept.change(pem=leaf.certificate.read_text() + leaf.key.read_text())
        case "cut off":
            kept.change(pem=pem[:-60])
    left = kept.file().read_bytes()
    with pytest.raises(OwnKeyError, match="is damaged, and no call shows its key") as caught:
        await kept.pem()
    secret = pem[middle:].split()
    assert not any(line in str(caught.value) for line in secret if len(line) > 10)
    assert kept.file().read_bytes() == left
    # The message suggests moving the file away.
    kept.file().rename(kept.file().with_suffix(".old"))
    assert await kept.pem() != pem


async def test_one_of_a_newer_offhook_is_left_alone(kept: Kept) -> None:
    await kept.pem()
    kept.change(version=2, more="that we do not know")
    left = kept.file().read_bytes()
    with pytest.raises(OwnKeyError, match="written by a newer Offhook"):
        await kept.pem()
    assert kept.file().read_bytes() == left


async def test_a_place_that_cannot_be_used_is_reported(kept: Kept) -> None:
    kept.folder.parent.mkdir()
    kept.folder.write_text("in the way")
    with pytest.raises(OwnKeyError, match="cannot be"):
        await kept.pem()
