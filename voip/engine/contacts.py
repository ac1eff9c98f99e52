"""The people in contacts/: every *.vcf file there (vCard, RFC 6350 and older)."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from voip import dialing
from voip.engine.finding import Findable
from voip.text import clean, fold

if TYPE_CHECKING:
    from vobject.base import Component

_LONGEST_FILE = 16 * 1024 * 1024
_EXTENSION = re.compile(r"\s*(?:;|,|ext|x).*$", re.IGNORECASE)
_PLAIN_NUMBER = re.compile(r"[+(]?[0-9*#][0-9*#+()\s.\-/\u2010-\u2015]*")
_Stamp = tuple[int, int, int]
_SILENT_TYPES = frozenset({"pref", "voice", "internet"})


class Number(msgspec.Struct, frozen=True):
    """`target` is what to dial, `label` what its owner calls it: work, cell …"""

    target: str
    label: str = ""


class Contact(msgspec.Struct, frozen=True):
    """Somebody with at least one number or SIP address, the preferred one first."""

    name: str
    numbers: tuple[Number, ...]


class _File(msgspec.Struct, frozen=True):
    stamp: _Stamp
    contacts: tuple[Contact, ...] = ()
    problem: str | None = None


class Contacts:
    """`tell` hears once of each file that cannot be read.

    `everyone` and `findable` are by name in alphabetical order.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._tell = tell
        self._files: dict[Path, _File] = {}
        self._reading = asyncio.Lock()
        self.everyone: tuple[Contact, ...] = ()
        self.findable: tuple[Findable, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(file.problem for file in self._files.values() if file.problem)

    def named(self, text: str) -> list[Contact]:
        """Everybody of exactly this name, whatever its case."""
        wanted = fold(clean(text))
        return [contact for contact in self.everyone if fold(contact.name) == wanted]

    async def refresh(self) -> None:
        """Read the files that have changed since the last time."""
        async with self._reading:
            before = self._files
            found = await asyncio.to_thread(_read_all, self._folder, before)
            if found == before:
                return
            self._files = found
            self.everyone, self.findable = await asyncio.to_thread(_everyone, found)
        known = {file.problem for file in before.values()}
        for problem in self.problems:
            if problem not in known:
                self._tell(problem)


def _read_all(folder: Path, known: dict[Path, _File]) -> dict[Path, _File]:
    files = {}
    for path, now in _stamps(str(folder)):
        old = known.get(path)
        files[path] = old if old is not None and old.stamp == now else _read(path, now)
    return files


def _everyone(files: dict[Path, _File]) -> tuple[tuple[Contact, ...], tuple[Findable, ...]]:
    contacts = [contact for file in files.values() for contact in file.contacts]
    contacts.sort(key=lambda contact: fold(contact.name))
    return tuple(contacts), tuple(
        Findable.of(contact.name, number.target, "contact")
        for contact in contacts
        for number in contact.numbers
    )


def _stamps(folder: str) -> list[tuple[Path, _Stamp]]:
    """Every *.vcf file in the order of their names, with what tells it changed."""
    # Once a keystroke, and some keep a file for each of a thousand people.
    try:
        with os.scandir(folder) as entries:
            found = [
                (entry.path, _stamp(entry))
                for entry in entries
                if entry.name.lower().endswith(".vcf") and not entry.name.startswith(".")
            ]
    except OSError:
        return []  # most people have no such folder
    return [(Path(path), now) for path, now in sorted(found)]


def _stamp(entry: os.DirEntry[str]) -> _Stamp:
    try:
        status = entry.stat()
    except OSError:
        return (0, 0, 0)  # a link to nowhere: reading it says so
    return status.st_mtime_ns, status.st_ino, status.st_size


def _read(path: Path, now: _Stamp) -> _File:
    try:
        if not path.is_file() or path.stat().st_size > _LONGEST_FILE:
            raise ValueError("it is no file, or larger than 16 MiB")
        found = _parse(path.read_text(encoding="utf-8-sig"))
    except Exception as error:  # what is not a vCard makes vobject raise what it will
        # Its line numbers are of unfolded lines: they would mislead.
        words = clean(str(getattr(error, "msg", error))) or type(error).__name__
        return _File(now, problem=f"{path} is not read, its contacts are missing: {words}")
    return _File(now, contacts=found)


def _parse(text: str) -> tuple[Contact, ...]:
    import vobject  # only those who have contacts wait for it

    # It logs what it skips, and quotes it.
    logging.getLogger("vobject").setLevel(logging.CRITICAL)
    cards = list(vobject.readComponents(text, allowQP=True))
    if not all(card.name == "VCARD" for card in cards):
        raise ValueError("it holds something else than contacts")
    return tuple(contact for card in cards if (contact := _contact(card)) is not None)


def _contact(card: Component) -> Contact | None:
    found: dict[str, Number] = {}
    for line in _preferred_first(card):
        number = _number(line)
        if number is not None:
            found.setdefault(_bare(number.target), number)
    name = _name(card)
    return Contact(name, tuple(found.values())) if name and found else None


def _name(card: Component) -> str:
    for key in ("fn", "n", "nickname", "org"):
        for line in card.contents.get(key, []):
            name = clean(_words(line.value))
            if name:
                return name
    return ""


def _words(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return " ".join(map(_words, value))
    parts = (getattr(value, part, "") for part in ("given", "additional", "family"))
    return " ".join(_words(part) for part in parts if part)


def _preferred_first(card: Component) -> list[Any]:
    lines = [line for key in ("tel", "impp", "x-sip") for line in card.contents.get(key, [])]
    return sorted(lines, key=lambda line: "pref" not in _types(line) and "PREF" not in line.params)


def _types(line: Any) -> list[str]:
    given = [*line.params.get("TYPE", []), *getattr(line, "singletonparams", [])]
    return [word.strip().lower() for text in given for word in str(text).split(",")]


def _number(line: Any) -> Number | None:
    types = _types(line)
    value = clean(str(line.value))
    target = _phone(value) if line.name == "TEL" else _address(value, line.name == "X-SIP")
    if target is None or ("fax" in types and "voice" not in types):
        return None
    label = ", ".join(clean(word, 20) for word in types if word not in _SILENT_TYPES)
    return Number(target, label)


def _phone(value: str) -> str | None:
    number = _EXTENSION.sub("", re.sub(r"^tel:", "", value, flags=re.IGNORECASE))
    # Letters would be dialled as digits: of a number on paper, not of one with a note.
    return number if _PLAIN_NUMBER.fullmatch(number) and _can_be_called(number) else None


def _address(value: str, bare: bool) -> str | None:
    has_scheme = re.match(r"sips?:", value, re.IGNORECASE)
    if not (has_scheme or bare) or "@" not in value:
        return None  # the address of another service
    return value if _can_be_called(value) else None


def _can_be_called(target: str) -> bool:
    try:
        dialing.parse_target(target)
    except dialing.DialError:
        return False
    return True


def _bare(target: str) -> str:
    """One number is the same in whatever way it is written."""
    return re.sub(r"[\s().\-/\u2010-\u2015]", "", target).lower()
