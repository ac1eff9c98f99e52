"""Folders and files of the phone, by variable or by the XDG custom."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import NamedTuple

_APP = "offhook"
_MAX_SOCKET_PATH = 100  # sun_path holds 108 bytes on Linux, 104 elsewhere


class UnsafePath(Exception):
    """Place that others could read or change, or that cannot be used.

    The text has the remedy.
    """


class Paths(NamedTuple):
    config: Path
    state: Path
    runtime: Path

    @property
    def accounts(self) -> Path:
        return self.config / "accounts.toml"

    @property
    def settings(self) -> Path:
        return self.config / "config.toml"

    @property
    def blocked(self) -> Path:
        return self.config / "blocked.toml"

    @property
    def passwords(self) -> Path:
        return self.config / "passwords"

    @property
    def contacts(self) -> Path:
        return self.config / "contacts"

    @property
    def favourites(self) -> Path:
        return self.config / "favourites.toml"

    @property
    def history(self) -> Path:
        return self.state / "history.db"

    @property
    def compared(self) -> Path:
        return self.state / "compared.json"

    @property
    def own_keys(self) -> Path:
        return self.state / "keys"

    @property
    def instance(self) -> Path:
        return self.state / "instance"

    @property
    def log(self) -> Path:
        return self.state / "engine.log"

    @property
    def socket(self) -> Path:
        return self.runtime / "engine.sock"

    @property
    def lock(self) -> Path:
        return self.state / "engine.lock"

    @property
    def socket_lock(self) -> Path:
        return self.runtime / "engine.lock"

    @property
    def echo(self) -> Path:
        return self.runtime / "echo"


def find() -> Paths:
    """Folders of this user, by `OFFHOOK_*_DIR` or the platform's custom."""
    state = _folder("OFFHOOK_STATE_DIR", "user_state_dir")
    if sys.platform == "linux":
        login = _login_folder()
        # A login without one (su, a chroot, cron) usually gets a folder in /tmp, where
        # others may have been first. The state folder is ours.
        custom = state / "run" if login is None else login / _APP
        runtime = Path(os.environ.get("OFFHOOK_RUNTIME_DIR") or custom).expanduser()
    else:
        runtime = _folder("OFFHOOK_RUNTIME_DIR", "user_runtime_dir")
    return Paths(
        config=_folder("OFFHOOK_CONFIG_DIR", "user_config_dir"),
        state=state,
        runtime=runtime.absolute(),
    )


def _login_folder() -> Path | None:
    """The login's folder for sockets, if it is this user's alone, as XDG demands.

    su and sudo may leave the name of another user's.
    """
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or "")
    try:
        found = folder.lstat()
    except OSError:
        return None
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return folder if ours and folder.is_absolute() and not found.st_mode & 0o077 else None


def _folder(variable: str, custom: str) -> Path:
    given = os.environ.get(variable)
    if given:
        return Path(given).expanduser().absolute()
    # A slow import, which a status must not wait for.
    import platformdirs

    return Path(getattr(platformdirs, custom)(_APP)).absolute()


def check_socket(path: Path) -> None:
    """Refuse a socket path that the system could not bind.

    Raises:
        UnsafePath: it is too long.
    """
    if len(os.fsencode(path)) > _MAX_SOCKET_PATH:
        raise UnsafePath(
            f"{path} is too long for a socket: set OFFHOOK_RUNTIME_DIR to a shorter folder"
        )
