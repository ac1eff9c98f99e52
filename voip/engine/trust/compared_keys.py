"""compared.json: the keys that words proved, for their owner alone.

Only account, address, fingerprint and time are kept. The file is replaced in one step,
and an unreadable one is never replaced.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from voip.engine.files import whole_file
from voip.protection import ComparedKey


class ComparedError(Exception):
    """Failure to read or write the file; the text says what to do."""


_VERSION = 1


class _Version(msgspec.Struct, frozen=True):
    """Part of the file that every version of Offhook can read."""

    version: int = _VERSION


class _File(_Version, frozen=True, kw_only=True, forbid_unknown_fields=True):
    keys: tuple[ComparedKey, ...] = ()


class ComparedKeys:
    """Compared keys in order, the latest last.

    `problem` says why the file cannot be used; until it can be, there are no keys.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: tuple[ComparedKey, ...] = ()
        self.problem: str | None = None
        try:
            self._keys = self._read()
        except ComparedError as error:
            self.problem = str(error)

    def all(self) -> tuple[ComparedKey, ...]:
        return self._keys

    def of(self, account: str, far_end: str) -> tuple[ComparedKey, ...]:
        """Return the keys of one far end as one account reaches it."""
        return tuple(key for key in self._keys if (key.account, key.address) == (account, far_end))

    def has_any_of(self, account: str) -> bool:
        return any(key.account == account for key in self._keys)

    def remember(self, new: ComparedKey) -> None:
        """Keep a key; one that is kept already gets the new time.

        Raises:
            ComparedError: it cannot be kept.
        """
        kept = [key for key in self._stored() if _identity(key) != _identity(new)]
        self._write((*kept, new))

    def discard(self, key: ComparedKey) -> None:
        """Remove one key of a far end, and keep its others.

        Raises:
            ComparedError: it cannot be removed.
        """
        stored = self._stored()
        kept = tuple(other for other in stored if _identity(other) != _identity(key))
        if len(kept) != len(stored):
            self._write(kept)

    def forget(self, account: str, far_end: str | None = None) -> bool:
        """Remove the keys of a far end or an account; False if it has none.

        Raises:
            ComparedError: they cannot be removed.
        """
        stored = self._stored()
        kept = tuple(
            key for key in stored if key.account != account or far_end not in (None, key.address)
        )
        if len(kept) == len(stored):
            return False
        self._write(kept)
        return True

    def _stored(self) -> tuple[ComparedKey, ...]:
        # The user may have moved away a file that could not be read.
        if self.problem is not None:
            self._keys = self._read()
            self.problem = None
        return self._keys

    def _read(self) -> tuple[ComparedKey, ...]:
        try:
            content = self._path.read_bytes()
            version = msgspec.json.decode(content, type=_Version).version
            if version > _VERSION:
                raise ComparedError(
                    f"{self._path} was written by a newer Offhook: update this one, or move it away"
                )
            file = msgspec.json.decode(content, type=_File)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise ComparedError(f"{self._path} cannot be read: {error.strerror}") from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ComparedError(
                f"{self._path} is damaged, and nothing in it is used: move it away to begin "
                f"again, or put a copy in its place ({error})"
            ) from error
        return file.keys

    def _write(self, keys: tuple[ComparedKey, ...]) -> None:
        text = msgspec.json.format(msgspec.json.encode(_File(keys=keys)), indent=1)
        try:
            whole_file.replace(self._path, text)
        except OSError as error:
            raise ComparedError(f"{self._path} cannot be written: {error.strerror}") from error
        self._keys = keys


def _identity(key: ComparedKey) -> tuple[str, str, str]:
    return key.account, key.address, key.fingerprint
