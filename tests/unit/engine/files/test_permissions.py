"""The engine's files are closed to all but their user."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

import pytest

from voip.engine.files import permissions
from voip.paths import Paths, UnsafePath

FILES = (
    "config/accounts.toml", "config/config.toml", "config/passwords/work",
    "state/history.db", "state/history.db-wal", "state/history.db-shm", "state/compared.json",
    "state/instance",
    "state/keys/work.json",
    "state/engine.log", "state/engine.log.1", "state/engine.lock",
    "run/engine.lock", "run/echo/echo.key",
)  # fmt: skip
FOLDERS = ("config", "state", "run", "config/passwords", "state/keys", "run/echo")
WRITTEN = tuple(name for name in FILES if not name.endswith(".toml"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in FOLDERS:
        (tmp_path / name).mkdir(mode=0o700)
    for name in FILES:
        (tmp_path / name).touch(mode=0o600)
    return tmp_path


def paths(home: Path) -> Paths:
    return Paths(home / "config", home / "state", home / "run")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refusal(home: Path) -> str:
    with pytest.raises(UnsafePath) as caught:
        permissions.mend(paths(home))
    return str(caught.value)


def test_private_files_have_no_flaw(home: Path) -> None:
    assert permissions.find(paths(home)) == ()
    assert permissions.mend(paths(home)) == ()


def test_folders_are_made_private(tmp_path: Path) -> None:
    folders = Paths(tmp_path / "a" / "config", tmp_path / "a" / "state", tmp_path / "run")
    permissions.make_folders(folders)
    assert [mode(folder) for folder in folders] == [0o700] * 3
    assert permissions.find(folders) == ()


@pytest.mark.parametrize("name", FILES)
def test_an_open_file_is_found_and_closed(home: Path, name: str) -> None:
    file = home / name
    for bits in (0o040, 0o020, 0o004, 0o002, 0o077):
        file.chmod(0o600 | bits)
        flaws = [flaw.text for flaw in permissions.find(paths(home))]
        assert flaws == [f"{file} is open to others: run chmod 600 {file}"], oct(bits)
        assert mode(file) == 0o600 | bits
        mended = permissions.mend(paths(home))
        assert mended == (f"{file} is open to others: fixed (chmod 600 {file})",), oct(bits)
        assert mode(file) == 0o600


@pytest.mark.parametrize("name", FOLDERS)
def test_an_open_folder_is_found_and_closed(home: Path, name: str) -> None:
    folder = home / name
    for bits in (0o050, 0o005, 0o001, 0o077):
        folder.chmod(0o700 | bits)
        flaws = [flaw.remedy for flaw in permissions.find(paths(home)) if flaw.path == folder]
        assert flaws[-1:] == [f"chmod 700 {folder}"], oct(bits)
        if not bits & 0o022:
            permissions.mend(paths(home))
            assert mode(folder) == 0o700


@pytest.mark.parametrize("name", ["config/accounts.toml", "state/history.db", "config"])
def test_what_is_somebody_else_s_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    place = home / name
    real = Path.stat

    def owned(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        status = real(path, follow_symlinks=follow_symlinks)
        if path != place:
            return status
        return os.stat_result((*status[:4], 4_000_000_000, *status[5:10]))

    monkeypatch.setattr(Path, "stat", owned)
    me = pwd.getpwuid(os.getuid()).pw_name
    assert refusal(home) == (
        f"{place} belongs to 4000000000; read it before you take it over: "
        f"run sudo chown {me} {place}"
    )


@pytest.mark.parametrize("name", WRITTEN)
def test_a_link_in_the_place_of_what_the_engine_writes_is_refused(home: Path, name: str) -> None:
    target = home / "precious"
    target.write_text("precious")
    target.chmod(0o644)
    place = home / name
    place.unlink()
    place.symlink_to(target)
    assert refusal(home) == f"{place} is a link to {target}, which is not followed: run rm {place}"
    assert (target.read_text(), mode(target)) == ("precious", 0o644)


def test_a_link_to_settings_is_followed_and_what_it_leads_to_left_alone(home: Path) -> None:
    target = home / "repository.toml"
    target.touch(mode=0o600)
    place = home / "config" / "accounts.toml"
    place.unlink()
    place.symlink_to(target)
    assert permissions.find(paths(home)) == ()
    target.chmod(0o644)
    assert refusal(home) == f"{target} is open to others: run chmod 600 {target}"
    assert mode(target) == 0o644


def test_a_link_to_nothing_is_no_flaw(home: Path) -> None:
    place = home / "config" / "accounts.toml"
    place.unlink()
    place.symlink_to(home / "nowhere")
    assert permissions.find(paths(home)) == ()


@pytest.mark.parametrize(("bits", "who"), [(0o777, "og"), (0o757, "o"), (0o775, "g")])
def test_a_folder_above_that_others_may_write_to_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, bits: int, who: str
) -> None:
    shared = grp.struct_group(("staff", "x", 50, []))
    monkeypatch.setattr(grp, "getgrgid", lambda gid: shared)
    home.chmod(bits)
    assert refusal(home) == (
        f"{home} can be written to by others, who could exchange what is in it: "
        f"run chmod {who}-w {home}"
    )
    assert mode(home) == bits


def test_a_folder_above_is_looked_at_where_a_link_leads_to(home: Path) -> None:
    elsewhere = home / "elsewhere"
    (elsewhere / "config").mkdir(parents=True, mode=0o700)
    link = home / "linked"
    link.symlink_to(elsewhere / "config")
    elsewhere.chmod(0o702)
    folders = permissions.find(Paths(link, home / "state", home / "run"))
    assert [flaw.remedy for flaw in folders] == [f"chmod o-w {elsewhere}"]


@pytest.mark.parametrize(
    ("members", "fits"), [([], True), (["{me}"], True), (["{me}", "mallory"], False)]
)
def test_the_group_of_one_user_is_not_others(
    home: Path, monkeypatch: pytest.MonkeyPatch, members: list[str], fits: bool
) -> None:
    me = pwd.getpwuid(os.getuid()).pw_name
    own = grp.struct_group((me, "x", 1000, [name.format(me=me) for name in members]))
    monkeypatch.setattr(grp, "getgrgid", lambda gid: own)
    home.chmod(0o775)
    assert (permissions.find(paths(home)) == ()) is fits


def test_a_sticky_folder_above_is_as_tmp_is(home: Path) -> None:
    home.chmod(0o1777)
    assert permissions.find(paths(home)) == ()


def test_a_name_with_spaces_is_quoted(home: Path) -> None:
    spaced = home / "my phone"
    spaced.mkdir(mode=0o755)
    (flaw,) = permissions.find(Paths(spaced, home / "state", home / "run"))
    assert flaw.remedy == f"chmod 700 '{spaced}'"
