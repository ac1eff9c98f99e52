"""Favourite contacts, in favourites.toml: a vCard may be another program's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import tomlkit

from voip.engine.files import toml
from voip.engine.files.toml import ConfigError
from voip.engine.files.watched import Watched
from voip.engine.people import targets
from voip.protocol.people import Contact
from voip.security.text import fold


class Favourite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Contact by name, with its numbers when it was marked.

    The name alone would make a favourite of anybody who takes it.
    """

    name: str
    numbers: tuple[str, ...]

    def is_of(self, contact: Contact) -> bool:
        """Report if it is this contact, which may have other numbers as well by now."""
        return fold(self.name) == fold(contact.name) and not self._bare.isdisjoint(_bare(contact))

    @property
    def _bare(self) -> frozenset[str]:
        return frozenset(map(targets.bare, self.numbers))


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    favourite: tuple[Favourite, ...] = ()


class Favourites:
    """Entries of the file; `tell` is called when it cannot be read.

    Until it can be read again, the previous entries hold.
    """

    def __init__(self, path: Path, tell: Callable[[str], None]) -> None:
        self._path = path
        self._tell = tell
        self._file = Watched(path)
        self._by_name: dict[str, list[Favourite]] = {}
        self.problems: tuple[str, ...] = ()
        self._read()

    def refresh(self) -> bool:
        """Read the file if it has changed; True if it had."""
        if not self._file.changed:
            return False
        self._read()
        for problem in self.problems:
            self._tell(problem)
        return True

    def has(self, contact: Contact) -> bool:
        return any(entry.is_of(contact) for entry in self._by_name.get(fold(contact.name), ()))

    def __bool__(self) -> bool:
        return bool(self._by_name)

    def mark(self, contact: Contact, on: bool) -> None:
        """Make a contact a favourite, or no longer.

        Raises:
            ConfigError: the file cannot be changed; it is left alone.
        """

        def edit(document: tomlkit.TOMLDocument) -> tuple[Favourite, ...]:
            kept = [entry for entry in _entries(document, self._path) if not entry.is_of(contact)]
            if on:
                kept.append(Favourite(contact.name, tuple(n.target for n in contact.numbers)))
            document.pop("favourite", None)
            if kept:
                tables = document["favourite"] = tomlkit.aot()
                for entry in kept:
                    tables.append(tomlkit.item(msgspec.to_builtins(entry)))
            return tuple(kept)

        self._use(toml.change(self._path, edit))
        self.problems = ()
        self._file.mark_read()

    def _read(self) -> None:
        self._file.mark_read()
        try:
            self._use(_entries(toml.read(self._path), self._path))
        except ConfigError as error:
            self.problems = (str(error),)
        else:
            self.problems = ()

    def _use(self, entries: tuple[Favourite, ...]) -> None:
        self._by_name = {}
        for entry in entries:
            self._by_name.setdefault(fold(entry.name), []).append(entry)


def _bare(contact: Contact) -> frozenset[str]:
    return frozenset(targets.bare(number.target) for number in contact.numbers)


def _entries(document: tomlkit.TOMLDocument, path: Path) -> tuple[Favourite, ...]:
    return toml.convert(document.unwrap(), _File, str(path)).favourite
