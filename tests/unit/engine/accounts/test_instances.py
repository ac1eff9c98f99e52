"""Instance ids stay, and differ by phone and account."""

from __future__ import annotations

import stat
import uuid
from pathlib import Path

from voip.engine.accounts.instances import Instances

_WORK = ("work", "sip:alice@example.com")


def test_an_id_stays_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "instance"
    first = Instances(file).of(*_WORK)
    assert Instances(file).of(*_WORK) == first
    assert uuid.UUID(first).version == 4
    assert first.startswith("urn:uuid:")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_two_phones_and_two_accounts_have_no_id_in_common(tmp_path: Path) -> None:
    one, other = Instances(tmp_path / "one"), Instances(tmp_path / "other")
    ids = [
        one.of(*_WORK),
        other.of(*_WORK),
        one.of("home", _WORK[1]),
        one.of(_WORK[0], "sip:alice@other.example"),
    ]
    assert len(set(ids)) == len(ids)


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "instance"
    file.write_bytes(b"short")
    first = Instances(file).of(*_WORK)
    assert Instances(file).of(*_WORK) == first


def test_a_folder_that_cannot_be_written_costs_no_account(tmp_path: Path) -> None:
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    instances = Instances(nowhere / "instance")
    assert instances.of(*_WORK) == instances.of(*_WORK)
