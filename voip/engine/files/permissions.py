"""Permissions of the engine's files, its folders and those above."""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from voip.paths import Paths, UnsafePath

_OTHERS = 0o077


class Flaw(NamedTuple):
    """A path that others can use, and the command that fixes it.

    `mode` is set where the engine may fix it itself.
    """

    path: Path
    what: str
    remedy: str
    mode: int | None = None

    @property
    def text(self) -> str:
        return f"{self.path} {self.what}: run {self.remedy}"


def make_folders(paths: Paths) -> None:
    """Create missing folders, for their owner alone.

    Raises:
        OSError: one cannot be made.
    """
    for folder in (paths.config, paths.state, paths.runtime):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def mend(paths: Paths) -> tuple[str, ...]:
    """Remove the access of others; return the changes, in words.

    Raises:
        UnsafePath: something belongs to another user, or lies where others may write;
            the text has the command for each. It was left alone.
        OSError: something cannot be examined or closed.
    """
    flaws = find(paths)
    done = []
    for flaw in flaws:
        if flaw.mode is not None:
            flaw.path.chmod(flaw.mode)
            done.append(f"{flaw.path} {flaw.what}: fixed ({flaw.remedy})")
    left = [flaw.text for flaw in flaws if flaw.mode is None]
    if left:
        raise UnsafePath("; ".join(left))
    return tuple(done)


def find(paths: Paths) -> tuple[Flaw, ...]:
    """Return flaws by which others could read, change or exchange something.

    Changes nothing.

    Raises:
        OSError: something cannot be examined.
    """
    folders = (*paths, paths.passwords, paths.own_keys, paths.echo)
    return tuple(
        flaw
        for flaw in (
            *_above(folders[:3]),
            *map(_folder, folders),
            *map(_edited, (paths.accounts, paths.settings, paths.blocked, paths.favourites)),
            *map(_written, _files(paths)),
        )
        if flaw is not None
    )


def _files(paths: Paths) -> Iterator[Path]:
    """Files that the engine alone writes."""
    yield from (paths.lock, paths.socket_lock, paths.socket)
    yield from (paths.compared, paths.instance)
    for name in (paths.history.name, paths.log.name):
        # With SQLite's files next to the log (-wal, -shm), and old logs.
        yield from sorted(paths.state.glob(f"{name}*"))
    for folder in (paths.passwords, paths.own_keys, paths.echo):
        yield from sorted(folder.glob("*"))


def _above(folders: tuple[Path, ...]) -> Iterator[Flaw | None]:
    # Another user with write access to ~/.config can replace our folder with theirs,
    # and accounts.toml names commands that the engine runs. The owner of our folder
    # proves nothing: any other folder of the user can be moved there. Other programs
    # use these parents too, so their permissions are left to the user.
    parents = {parent for folder in folders for parent in folder.parents}
    parents |= {parent for folder in folders for parent in folder.resolve().parents}
    for parent in sorted(parents):
        status = _status(parent)
        # In a sticky folder, such as /tmp, others cannot exchange the user's files.
        if status is None or status.st_mode & stat.S_ISVTX:
            continue
        who = ("o" if status.st_mode & stat.S_IWOTH else "") + (
            "g" if status.st_mode & stat.S_IWGRP and not _is_private_group(status.st_gid) else ""
        )
        if who:
            what = "can be written to by others, who could exchange what is in it"
            yield Flaw(parent, what, f"chmod {who}-w {_quoted(parent)}")


def _folder(path: Path) -> Flaw | None:
    return _followed(path, 0o700)


def _edited(path: Path) -> Flaw | None:
    # Settings may be links into a repository.
    return _followed(path, 0o600)


def _followed(path: Path, mode: int) -> Flaw | None:
    """Return the flaw of a path or its link's target; only the user fixes it."""
    if not path.is_symlink():
        return _own(path, mode)
    flaw = _own(path.resolve(), mode)
    return None if flaw is None else flaw._replace(mode=None)


def _written(path: Path) -> Flaw | None:
    if path.is_symlink():
        what = f"is a link to {path.readlink()}, which is not followed"
        return Flaw(path, what, f"rm {_quoted(path)}")
    return _own(path, 0o600)


def _own(path: Path, mode: int) -> Flaw | None:
    status = _status(path)
    if status is None:
        return None
    if status.st_uid != os.getuid():
        what = f"belongs to {_name(status.st_uid)}; read it before you take it over"
        return Flaw(path, what, f"sudo chown {_name(os.getuid())} {_quoted(path)}")
    if status.st_mode & _OTHERS:
        return Flaw(path, "is open to others", f"chmod {mode:o} {_quoted(path)}", mode)
    return None


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _is_private_group(gid: int) -> bool:
    """Report if the user is alone in a group, as on many systems."""
    try:
        group = grp.getgrgid(gid)
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return False
    return group.gr_name == user and set(group.gr_mem) <= {user}


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
