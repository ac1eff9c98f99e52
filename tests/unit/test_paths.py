"""Paths of the phone's files, and the length limit of the socket's."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest

from voip import paths
from voip.paths import UnsafePath


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("OFFHOOK_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_custom_places(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "run"))
    folders = paths.find()
    assert folders.accounts == home / ".config/offhook/accounts.toml"
    assert folders.settings == home / ".config/offhook/config.toml"
    assert folders.history == home / ".local/state/offhook/history.db"
    assert folders.log == home / ".local/state/offhook/engine.log"
    assert folders.socket == home / "run/offhook/engine.sock"


def test_without_a_runtime_folder_nothing_is_shared(home: Path) -> None:
    assert paths.find().runtime == home / ".local/state/offhook/run"


@pytest.mark.parametrize("found", ["nothing", "a file", "open to others", "a link", "a name"])
def test_a_runtime_folder_that_is_not_the_users_alone_is_not_used(
    home: Path, monkeypatch: pytest.MonkeyPatch, found: str
) -> None:
    folder = home / "run"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    match found:
        case "a file":
            folder.touch(mode=0o600)
        case "open to others":
            folder.mkdir()
            folder.chmod(0o755)
        case "a link":
            folder.symlink_to(home)
        case "a name":
            monkeypatch.chdir(home)
            folder.mkdir(mode=0o700)
            monkeypatch.setenv("XDG_RUNTIME_DIR", "run")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert paths.find().runtime == home / ".local/state/offhook/run"


def test_a_runtime_folder_of_another_user_is_not_used(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    assert paths.find().runtime == home / ".local/state/offhook/run"


def test_variables_move_each(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFHOOK_CONFIG_DIR", str(home / "c"))
    monkeypatch.setenv("OFFHOOK_STATE_DIR", "~/s")
    monkeypatch.setenv("OFFHOOK_RUNTIME_DIR", str(home / "r"))
    assert paths.find() == paths.Paths(home / "c", home / "s", home / "r")


def test_socket_s_path_has_a_limit() -> None:
    paths.check_socket(Path("/" + "x" * 99))
    with pytest.raises(UnsafePath) as caught:
        paths.check_socket(Path("/" + "x" * 100))
    assert "set OFFHOOK_RUNTIME_DIR to a shorter folder" in str(caught.value)
    with pytest.raises(UnsafePath):
        paths.check_socket(Path("/" + "é" * 50))
