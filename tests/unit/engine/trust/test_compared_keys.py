"""The file of keys that words proved is private, whole and never lost."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from voip.engine.trust.compared_keys import ComparedError, ComparedKeys
from voip.protection import ComparedKey

BOB = ComparedKey("work", "bob@example.com", "sha-256 bb", "2026-01-01T00:00:00Z")
DESK = ComparedKey("work", "bob@example.com", "sha-256 dd", "2026-01-02T00:00:00Z")
ANN = ComparedKey("work", "ann@example.com", "sha-256 aa", "2026-01-03T00:00:00Z")
HOME = ComparedKey("home", "bob@example.com", "sha-256 cc", "2026-01-04T00:00:00Z")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "compared.json"


def filled(path: Path) -> ComparedKeys:
    keys = ComparedKeys(path)
    for key in (BOB, DESK, ANN, HOME):
        keys.remember(key)
    return keys


def test_they_outlive_the_engine_in_their_order(path: Path) -> None:
    assert ComparedKeys(path).all() == ()
    filled(path)
    keys = ComparedKeys(path)
    assert keys.problem is None
    assert keys.all() == (BOB, DESK, ANN, HOME)
    assert keys.of("work", "bob@example.com") == (BOB, DESK)
    assert keys.of("home", "ann@example.com") == ()


def test_they_are_their_owner_s_alone(path: Path) -> None:
    filled(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_key_compared_again_is_the_latest(path: Path) -> None:
    keys = filled(path)
    again = ComparedKey(BOB.account, BOB.address, BOB.fingerprint, "2026-02-01T00:00:00Z")
    keys.remember(again)
    assert keys.of("work", "bob@example.com") == (DESK, again)


def test_a_far_end_is_forgotten_with_all_its_keys_and_nobody_else(path: Path) -> None:
    keys = filled(path)
    assert keys.forget("work", "bob@example.com")
    assert ComparedKeys(path).all() == keys.all() == (ANN, HOME)
    assert not keys.forget("work", "bob@example.com")


def test_an_account_is_forgotten_as_a_whole(path: Path) -> None:
    keys = filled(path)
    assert keys.forget("work")
    assert ComparedKeys(path).all() == keys.all() == (HOME,)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "is damaged, and nothing in it is used: move it away"),
        (b"\xff\xfe", "is damaged"),
        (b'{"keys":[{"account":"work"}]}', "is damaged"),
        (b'{"keys":[],"version":2}', "was written by a newer Offhook"),
        (b'{"kinds":[],"version":2}', "was written by a newer Offhook"),
    ],
)
def test_a_file_that_cannot_be_read_is_left_alone_and_said(
    path: Path, content: bytes, words: str
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    keys = ComparedKeys(path)
    assert keys.problem is not None
    assert str(path) in keys.problem
    assert words in keys.problem
    assert keys.all() == ()
    with pytest.raises(ComparedError, match=words):
        keys.remember(BOB)
    with pytest.raises(ComparedError, match=words):
        keys.forget("work")
    assert path.read_bytes() == content


def test_one_that_was_moved_away_begins_again(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"{")
    keys = ComparedKeys(path)
    path.unlink()
    keys.remember(BOB)
    assert keys.problem is None
    assert ComparedKeys(path).all() == (BOB,)


def test_what_cannot_be_written_changes_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = filled(path)
    before = path.read_bytes()

    def full(*names: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ComparedError, match=r"cannot be written: No space left on device"):
        keys.forget("work")
    assert path.read_bytes() == before
    assert keys.all() == (BOB, DESK, ANN, HOME)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
