"""Finds an account's secrets in a command, a file, or the keyring.

They are its password, the passphrase of its client key, and the password for its
relay. A source that the account names comes first, then the file that `account add
--password-stdin` wrote where no keyring took the secret, then the system's keyring. A
secret is in no argument, event, log or export.
"""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import NamedTuple

from voip.causes import Cause, CauseKind
from voip.engine.accounts.fields import Account
from voip.engine.files import programs
from voip.sip.sentences import sentence

_SERVICE = "offhook"
_KEYRING = "the system's keyring"
_NO_KEYRING = "there is no keyring"
_SILENT_KEYRING = "the keyring did not answer"
COMMAND_LIMIT_S = 30.0


class PasswordError(Exception):
    """Missing password; the text says where it was looked for."""

    def __init__(self, text: str, kind: CauseKind = CauseKind.PASSWORD) -> None:
        self.cause = Cause(kind, (text,))
        super().__init__(sentence(self.cause))


class KeyringError(Exception):
    """Keyring that does not answer; the text is its own, and names no secret."""


class _Secret(NamedTuple):
    """One secret of an account: its kind, name in the stores, and own sources."""

    kind: str
    key: str
    command: str | None
    file: str | None


class Passwords:
    """Looks secrets up; `folder` keeps the files where there is no keyring."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._in_keyring: dict[str, bool] = {}

    async def find(self, name: str, account: Account) -> str | None:
        """Return the password, None if none was ever stored for the account.

        Raises:
            PasswordError: its source cannot be read.
        """
        return await self._find(
            _Secret("password", name, account.password_command, account.password_file)
        )

    async def find_passphrase(self, name: str, account: Account) -> str | None:
        """Return the client key's passphrase; None without a client certificate.

        Raises:
            PasswordError: its source cannot be read.
        """
        if account.client_certificate is None:
            return None
        command, file = account.client_passphrase_command, account.client_passphrase_file
        return await self._find(_Secret("passphrase", _of_key(name), command, file))

    async def find_relay_password(self, name: str, account: Account) -> str | None:
        """Return the password for the relay; None without a relay.

        Raises:
            PasswordError: its source cannot be read.
        """
        if account.turn_server is None:
            return None
        command, file = account.turn_password_command, account.turn_password_file
        return await self._find(_Secret("relay password", _of_relay(name), command, file))

    async def _find(self, secret: _Secret) -> str | None:
        if secret.command:
            return await _from_command(secret.command, secret.kind)
        if secret.file:
            return _from_file(Path(secret.file).expanduser(), secret.kind)
        own = self._file(secret.key)
        if own.exists():
            # What a keyring still has is older: what it takes removes the file.
            return _from_file(own, secret.kind)
        try:
            stored = await asyncio.to_thread(_from_keyring, secret.key)
        except KeyringError as error:
            raise PasswordError(str(error), CauseKind.KEYRING) from error
        self._in_keyring[secret.key] = stored is not None
        return stored

    def store(self, name: str, password: str) -> str:
        """Keep a password in the keyring, or else in a file; return the place."""
        return self._store(name, password)

    def store_passphrase(self, name: str, passphrase: str) -> str:
        """Keep the passphrase of the client key; return the place."""
        return self._store(_of_key(name), passphrase)

    def store_relay_password(self, name: str, password: str) -> str:
        """Keep the password for the relay; return the place."""
        return self._store(_of_relay(name), password)

    def _store(self, key: str, secret: str) -> str:
        lack = _to_keyring(key, secret)
        self._in_keyring[key] = lack is None
        if lack is None:
            self._file(key).unlink(missing_ok=True)
            return _KEYRING
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._file(key)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, 0o600)
            file.write(secret)
        return f"{path} ({lack})"

    def forget(self, name: str) -> None:
        """Remove the stored secrets of an account.

        Raises:
            KeyringError: the keyring may still have them.
        """
        keys = (name, _of_key(name), _of_relay(name))
        for key in keys:
            self._file(key).unlink(missing_ok=True)
        for key in keys:
            _delete_from_keyring(key)
            self._in_keyring[key] = False

    def place(self, name: str, account: Account | None) -> str | None:
        """Describe the source of the password; None where none is stored.

        Reads nothing, because a keyring may prompt the user: its last answer is used.
        """
        if account is not None and account.password_command:
            return "the password command"
        if account is not None and account.password_file:
            return f"the file {account.password_file}"
        if self._file(name).exists():
            return f"the file {self._file(name)}"
        if self._in_keyring.get(name):
            return _KEYRING
        is_absent = name in self._in_keyring or _lack() == _NO_KEYRING
        return None if is_absent else f"{_KEYRING}, if it was stored there"

    def place_to_keep(self) -> str:
        """Describe the place where `store` would keep a password."""
        lack = _lack()
        return _KEYRING if lack is None else f"a file of its own in {self._folder} ({lack})"

    def _file(self, key: str) -> Path:
        return self._folder / key


def _of_key(name: str) -> str:
    # No account's name has an @, so this entry is never read as a password.
    return f"client-key@{name}"


def _of_relay(name: str) -> str:
    return f"relay@{name}"


def keyring_name() -> str | None:
    """Return the name of the keyring in use, None where there is none.

    Raises:
        KeyringError: it cannot be loaded.
    """
    import keyring
    from keyring.backends import fail

    try:
        backend = keyring.get_keyring()
    except Exception as error:  # keyring's backends raise what their systems raise
        raise KeyringError(str(error)) from error
    if isinstance(backend, fail.Keyring) or getattr(backend, "priority", 0) <= 0:
        return None
    return str(backend.name)


def _lack() -> str | None:
    """Say why nothing can be kept in a keyring; None where one is in use."""
    try:
        return _NO_KEYRING if keyring_name() is None else None
    except KeyringError:
        return _SILENT_KEYRING


def _from_keyring(name: str) -> str | None:
    if keyring_name() is None:
        return None
    import keyring

    try:
        return keyring.get_password(_SERVICE, name)
    except Exception as error:  # see keyring_name
        raise KeyringError(str(error)) from error


def _to_keyring(name: str, secret: str) -> str | None:
    """Keep a secret in the keyring; return why it cannot, None if it does."""
    lack = _lack()
    if lack is not None:
        return lack
    import keyring

    try:
        keyring.set_password(_SERVICE, name, secret)
    except Exception:  # see keyring_name; the error's text may have the secret
        return _SILENT_KEYRING
    return None


def _delete_from_keyring(name: str) -> None:
    if keyring_name() is None:
        return
    import keyring
    from keyring.errors import PasswordDeleteError

    try:
        keyring.delete_password(_SERVICE, name)
    except PasswordDeleteError:
        return
    except Exception as error:  # see keyring_name
        raise KeyringError(str(error)) from error


async def _from_command(command: str, kind: str) -> str:
    # Its user wrote it for a shell; it must not use the terminal of the engine.
    program = programs.running(asyncio.create_subprocess_shell, command)
    try:
        async with program as process, asyncio.timeout(COMMAND_LIMIT_S):
            out, _ = await process.communicate()
    except programs.ProgramError as error:
        raise PasswordError(f"the {kind} command cannot be run: {error}") from error
    except TimeoutError:
        limit = f"{COMMAND_LIMIT_S:.0f} seconds"
        raise PasswordError(f"the {kind} command did not end within {limit}") from None
    if process.returncode != 0:
        raise PasswordError(f"the {kind} command failed with status {process.returncode}")
    # pass and similar programs print the password on the first line.
    secret = out.decode("utf-8", errors="replace").split("\n", 1)[0].rstrip("\r")
    if not secret:
        raise PasswordError(f"the {kind} command printed nothing")
    return secret


def _from_file(path: Path, kind: str) -> str:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise PasswordError(f"{path} can be read by others: run chmod 600 {path}")
        secret = path.read_text(encoding="utf-8-sig").split("\n", 1)[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise PasswordError(f"the {kind} file {path} cannot be read: {error}") from error
    if not secret:
        raise PasswordError(f"the {kind} file {path} is empty")
    return secret
