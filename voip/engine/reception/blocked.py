"""Reads and changes blocked.toml: the callers whose calls are declined."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import tomlkit

from voip.engine.files import toml
from voip.engine.files.toml import ConfigError
from voip.engine.files.watched import Watched
from voip.model import BlockedCaller
from voip.protocol.worker.process import ConnectionEvent
from voip.sip import callers, dialing
from voip.sip.callers import Exchange

FindExchange = Callable[[str, ConnectionEvent | None], Exchange | None]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    blocked: tuple[BlockedCaller, ...] = ()


class BlockedCallers:
    """Entries of the file; `tell` is called when it cannot be read.

    Until it can be read again, the previous entries hold. `find_exchange` returns an
    account's server from the connection of a call.
    """

    def __init__(
        self, path: Path, tell: Callable[[str], None], find_exchange: FindExchange
    ) -> None:
        self._path = path
        self._tell = tell
        self._find_exchange = find_exchange
        self._file = Watched(path)
        self.entries: tuple[BlockedCaller, ...] = ()
        self.problems: tuple[str, ...] = ()
        self._read()

    def refresh(self) -> None:
        """Read the file if it has changed."""
        if self._file.changed:
            self._read()
            for problem in self.problems:
                self._tell(problem)

    def of(
        self, uri: str, account: str, connection: ConnectionEvent | None = None
    ) -> tuple[BlockedCaller, ...]:
        """Return the entries that block `uri` for an account; none if anonymous."""
        mine = [entry for entry in self.entries if entry.account == account]
        if not mine or callers.is_hidden(uri):
            return ()
        exchange = self._find_exchange(account, connection)
        return tuple(e for e in mine if callers.is_one_of(uri, (e.address,), exchange))

    def is_caller(
        self,
        uri: str,
        account: str,
        addresses: tuple[str, ...],
        connection: ConnectionEvent | None,
    ) -> bool:
        """Report if a caller of an account is one of `addresses`."""
        return callers.is_one_of(uri, addresses, self._find_exchange(account, connection))

    def canonical(self, uri: str, account: str) -> str | None:
        """Normalize a caller's address; None for one that cannot be blocked."""
        return callers.canonical(uri, self._find_exchange(account, None))

    def add(self, entry: BlockedCaller) -> None:
        """Add an entry; keep the rest of the file.

        Raises:
            ConfigError: the file cannot be changed; it is left alone.
        """

        def edit(document: tomlkit.TOMLDocument) -> tuple[BlockedCaller, ...]:
            before = _entries(document, self._path)
            table = tomlkit.table()
            for field, value in msgspec.structs.asdict(entry).items():
                table[field] = value
            if not before:
                document.pop("blocked", None)
                document["blocked"] = tomlkit.aot()
            document["blocked"].append(table)
            return (*before, entry)

        self._change(edit)

    def remove(self, gone: tuple[BlockedCaller, ...]) -> None:
        """Remove entries; keep the rest of the file.

        Raises:
            ConfigError: the file cannot be changed; it is left alone.
        """

        def edit(document: tomlkit.TOMLDocument) -> tuple[BlockedCaller, ...]:
            before = _entries(document, self._path)
            tables = document.get("blocked", [])
            for place in reversed(range(len(before))):
                if before[place] in gone:
                    del tables[place]
            if not tables:
                document.pop("blocked", None)
            return tuple(entry for entry in before if entry not in gone)

        self._change(edit)

    def _change(self, edit: Callable[[tomlkit.TOMLDocument], tuple[BlockedCaller, ...]]) -> None:
        self.entries = toml.change(self._path, edit)
        self.problems = ()
        self._file.mark_read()

    def _read(self) -> None:
        self._file.mark_read()
        try:
            self.entries = _entries(toml.read(self._path), self._path)
        except ConfigError as error:
            self.problems = (str(error),)
        else:
            self.problems = ()


def _entries(document: tomlkit.TOMLDocument, path: Path) -> tuple[BlockedCaller, ...]:
    entries = toml.convert(document.unwrap(), _File, str(path)).blocked
    for entry in entries:
        try:
            dialing.parse_target(entry.address)
        except dialing.DialError as error:
            raise ConfigError(f"{path}: {error}") from error
    return entries
