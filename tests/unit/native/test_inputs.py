"""Everything a build is made from changes its cache key."""

from __future__ import annotations

from pathlib import Path

import pytest

from voip.native import inputs


def test_cache_is_outside_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert inputs.cache_folder() == tmp_path / "offhook" / "native"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert inputs.cache_folder() == tmp_path / ".cache" / "offhook" / "native"


def test_key_tells_builds_apart() -> None:
    keys = {
        inputs.build_key(),
        inputs.build_key(source="/elsewhere"),
        inputs.build_key(sanitized=True),
        inputs.build_key(newer=True),
    }
    assert len(keys) == 4
    assert all(key.startswith(f"{inputs.PJSIP_VERSION}-") for key in keys)


def test_key_is_steady() -> None:
    assert inputs.build_key() == inputs.build_key()


_FILES = ("CONFIG_SITE", "MANIFEST", "LIBOPUS_MANIFEST", "LIBSRTP_MANIFEST")


@pytest.mark.parametrize("name", _FILES)
def test_key_follows_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = inputs.build_key()
    file: Path = getattr(inputs, name)
    changed = tmp_path / file.name
    changed.write_bytes(file.read_bytes() + b"\nmore\n")
    monkeypatch.setattr(inputs, name, changed)
    assert inputs.build_key() != before


@pytest.mark.parametrize("name", ["INTERFACES", "OWN_FILES", "PATCHES"])
def test_key_follows_every_file_of_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = inputs.build_key()
    files: tuple[Path, ...] = getattr(inputs, name)
    for place, file in enumerate(files):
        changed = tmp_path / file.name
        changed.write_bytes(file.read_bytes() + b"\nmore\n")
        monkeypatch.setattr(inputs, name, (*files[:place], changed, *files[place + 1 :]))
        assert inputs.build_key() != before


def test_asserts_are_off_in_what_a_peer_reaches() -> None:
    for flags in (inputs.CFLAGS, inputs.SANITIZED_CFLAGS):
        assert "-DNDEBUG" in flags.split()


def test_inputs_are_there() -> None:
    for path in (*(getattr(inputs, name) for name in _FILES), *inputs.INTERFACES, *inputs.PATCHES):
        assert path.is_file()
