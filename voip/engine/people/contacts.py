"""Reads contacts: every *.vcf file in contacts/ and its folders (RFC 6350 and older)."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from voip.engine.people import recognition, targets, vcard
from voip.engine.people.finding import Findable, Query
from voip.engine.people.recognition import Endings, Match
from voip.model import NameFrom
from voip.protocol.people import Contact, ContactNumber
from voip.security.imitation import inert, looks
from voip.security.text import clean, fold
from voip.sip import callers, numbers
from voip.sip.callers import Key
from voip.sip.plans import Plan

_LONGEST_FILE = 16 * 1024 * 1024
_APPLE_LABEL = re.compile(r"_\$!<(.*)>!\$_")
_Stamp = tuple[int, int, int]
_Folders = dict[tuple[int, int], tuple[str, int]]
"""Folders by device and inode, with the time of their last change in nanoseconds."""

_SILENT_TYPES = frozenset({"pref", "voice", "internet"})
_LEAST_PREFERRED = 101
_MOST_NUMBERS = 100
_MANY_FILES = 500
_REST_S = 10.0
_WATCH_SHARE = 100
_LONGEST_REST_S = 30.0
_DEPTH = 3
"""Folders below contacts/: an address book each, as vdirsyncer keeps them."""


class _File(msgspec.Struct, frozen=True):
    stamp: _Stamp
    contacts: tuple[Contact, ...] = ()
    problem: str | None = None


class _Sorted(NamedTuple):
    everyone: tuple[Contact, ...] = ()
    numbers: tuple[Match, ...] = ()
    findable: tuple[Findable, ...] = ()
    by_key: Mapping[Key, Match] = MappingProxyType({})
    by_ending: Endings = MappingProxyType({})
    looks: frozenset[str] = frozenset()


class Contacts:
    """Contacts of a folder, sorted by name.

    `tell` gets one report of each file that is not read, or only in part. `changed` is
    called after files were read.
    """

    def __init__(
        self, folder: Path, tell: Callable[[str], None], changed: Callable[[], None] = lambda: None
    ) -> None:
        self._folder = folder
        self._tell = tell
        self._changed = changed
        self._files: dict[str, _File] = {}
        self._folders: _Folders = {}
        self._reading = asyncio.Lock()
        self._looked = 0.0
        self._look_s = 0.0
        self._sorted = _Sorted()

    @property
    def everyone(self) -> tuple[Contact, ...]:
        return self._sorted.everyone

    @property
    def looks(self) -> frozenset[str]:
        """Forms of all contacts' names that `imitation.looks` gives."""
        return self._sorted.looks

    @property
    def findable(self) -> tuple[Findable, ...]:
        return self._sorted.findable

    def having(self, query: Query) -> tuple[Contact, ...]:
        """Return contacts with the text in their name, a number or an address, by name."""
        if not query.text:
            return self.everyone
        pairs = zip(self._sorted.numbers, self._sorted.findable, strict=True)
        found = {id(match.contact): match.contact for match, who in pairs if query.finds(who)}
        return tuple(found.values())

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(file.problem for file in self._files.values() if file.problem)

    def named(self, text: str) -> list[Contact]:
        """Return contacts with exactly this name, regardless of case."""
        folded = fold(inert(text))
        return [contact for contact in self.everyone if fold(contact.name) == folded]

    def match(self, keys: Iterable[Key]) -> Match | None:
        """Return the contact of any of `keys`, except by a whole house's number."""
        return next((match for key in keys if (match := self._sorted.by_key.get(key))), None)

    def without_known(self, other: Contact) -> Contact | None:
        """Return somebody's numbers that no contact has; None without any."""
        numbers = (
            number for number in other.numbers if not self.match(callers.keys(number.target, None))
        )
        rest = tuple(numbers)
        return msgspec.structs.replace(other, numbers=rest) if rest else None

    async def add(self, name: str, number: ContactNumber) -> tuple[Contact, Path]:
        """Write a new contact into the folder; return it and its file.

        Raises:
            OSError: it cannot be written, or not be read again.
        """
        path = await asyncio.to_thread(vcard.write, self._folder, name, number)
        await self.refresh(at_once=True)
        file = self._files.get(str(path))
        if file is None or not file.contacts:
            raise OSError(errno.EIO, (file and file.problem) or "it is not read again", str(path))
        return file.contacts[0], path

    def alike(self, number: str, plan: Plan, last_digits: int) -> Match | None:
        """Return the contact of another spelling of `number`; see `recognition`."""
        return recognition.find(self._sorted.by_ending, number, plan, last_digits)

    async def refresh(self, at_once: bool = False) -> None:
        """Read the files that have changed.

        Each key of a search comes here. Of thousands only those that came, went or have
        other names are looked for at once, the others every ten seconds and by `watch`,
        unless it must be `at_once`.
        """
        async with self._reading:
            before, now = self._files, time.monotonic()
            rests = len(before) > _MANY_FILES and now - self._looked < _REST_S
            if rests and not at_once and await asyncio.to_thread(_are_as_before, self._folders):
                return
            self._looked = now
            files, self._folders = await asyncio.to_thread(_read_all, self._folder, before)
            self._look_s = time.monotonic() - now
            if files == before:
                return
            self._files = files
            self._sorted = await asyncio.to_thread(_everyone, files)
        problems = {file.problem for file in before.values()}
        for problem in self.problems:
            if problem not in problems:
                self._tell(problem)
        self._changed()

    async def watch(self) -> None:
        """Read the files that have changed, in a hundredth of the time at most.

        Called every few seconds: an idle phone must not look at thousands of files each time.
        """
        rest_s = min(_WATCH_SHARE * self._look_s, _LONGEST_REST_S)
        if time.monotonic() - self._looked >= rest_s:
            await self.refresh()


def _read_all(folder: Path, previous: dict[str, _File]) -> tuple[dict[str, _File], _Folders]:
    files: dict[str, _File] = {}
    folders: _Folders = {}
    for path, now in sorted(_files(str(folder), _DEPTH, folders)):
        old = previous.get(path)
        files[path] = old if old is not None and old.stamp == now else _read(path, now)
    return files, folders


def _are_as_before(folders: _Folders) -> bool:
    try:
        return all(Path(name).stat().st_mtime_ns == then for name, then in folders.values())
    except OSError:
        return False


def _everyone(files: dict[str, _File]) -> _Sorted:
    contacts = [contact for file in files.values() for contact in file.contacts]
    contacts.sort(key=lambda contact: fold(contact.name))
    everybodys = [Match(contact, number) for contact in contacts for number in contact.numbers]
    by_key: dict[Key, Match] = {}
    of_callers = recognition.possible_callers(everybodys)
    for entry, target in of_callers:
        for key in callers.keys_of(target, None):
            by_key.setdefault(key, entry)
    findable = (
        Findable.of(_with_tones(entry), entry.number.target, "contact", NameFrom.CONTACT)
        for entry in everybodys
    )
    endings = recognition.endings(of_callers)
    appearances = frozenset(looks(contact.name) for contact in contacts)
    return _Sorted(
        tuple(contacts), tuple(everybodys), tuple(findable), by_key, endings, appearances
    )


def _with_tones(entry: Match) -> str:
    name, tones = entry.contact.name, entry.number.tones
    return f"{name} (then send {tones})" if tones else name


def _files(folder: str, depth: int, seen: _Folders) -> Iterator[tuple[str, _Stamp]]:
    """Find the *.vcf files of a folder, and of those in it, each with a stamp of its version.

    `seen` has the folders so far, each once: a link may lead back to one.
    """
    try:
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in seen:
            return
        seen[status.st_dev, status.st_ino] = (folder, status.st_mtime_ns)
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return  # most people do not have such a folder; others are no folder
    for entry in found:
        if entry.name.lower().endswith(".vcf"):
            yield entry.path, _stamp(entry)
        elif depth and not entry.is_file(follow_symlinks=False):
            yield from _files(entry.path, depth - 1, seen)


def _stamp(entry: os.DirEntry[str]) -> _Stamp:
    try:
        status = entry.stat()
    except OSError:
        return (0, 0, 0)  # a broken link: reading it reports that
    return status.st_mtime_ns, status.st_ino, status.st_size


def _read(path: str, now: _Stamp) -> _File:
    file = Path(path)
    try:
        if not file.is_file() or file.stat().st_size > _LONGEST_FILE:
            raise vcard.CardError("it is not a file, or larger than 16 MiB")
        parsed = vcard.read(file.read_bytes())
    except (OSError, vcard.CardError) as error:
        words = clean(str(error)) or type(error).__name__
        return _File(now, problem=f"{path} is not read, its contacts are missing: {words}")
    contacts = tuple(contact for card in parsed.cards if (contact := _contact(card)) is not None)
    return _File(now, contacts, _left_out(path, parsed))


def _left_out(path: str, parsed: vcard.Cards) -> str | None:
    if not parsed.odd:
        return None
    first, total = parsed.odd[0], len(parsed.cards) + len(parsed.odd)
    count = f"{len(parsed.odd)} of {total} contacts {'are' if len(parsed.odd) > 1 else 'is'}"
    where = "the first" if len(parsed.odd) > 1 else "it"
    return f"{path}: {count} left out; {where} begins in line {first.line}: {first.why}"


def _contact(card: vcard.Card) -> Contact | None:
    numbers: dict[str, ContactNumber] = {}
    labels = {label.group: _label(label.value) for label in card.all("X-ABLABEL")}
    for line in _preferred_first(card)[:_MOST_NUMBERS]:
        number = _number(line, labels.get(line.group, "") if line.group else "")
        if number is not None:
            numbers.setdefault(f"{targets.bare(number.target)},{number.tones}", number)
    name = _name(card)
    return Contact(name, tuple(numbers.values())) if name and numbers else None


def _name(card: vcard.Card) -> str:
    for line in card.all("FN", "N", "NICKNAME", "ORG"):
        parts = line.parts
        if line.name == "N":  # family, given and additional names, and titles
            parts = (*parts[1:3], parts[0])
        text = line.value if line.name in ("FN", "NICKNAME") else " ".join(parts)
        # A vCard often comes from another person.
        if name := inert(text):
            return name
    return ""


def _preferred_first(card: vcard.Card) -> list[vcard.Property]:
    lines = card.all("TEL", "IMPP", "X-SIP")
    return sorted(lines, key=lambda line: line.preference or _LEAST_PREFERRED)


def _number(line: vcard.Property, given_label: str) -> ContactNumber | None:
    value = clean(numbers.without_marks(line.value))
    is_phone, is_bare = line.name == "TEL", line.name == "X-SIP"
    number = targets.phone(value) if is_phone else targets.address(value, is_bare)
    kinds = ", ".join(clean(word, 20) for word in line.types if word not in _SILENT_TYPES)
    label = given_label or kinds
    is_fax = "fax" in line.types or "fax" in label.lower()
    if number is None or (is_fax and "voice" not in line.types):
        return None
    return ContactNumber(number.target, label, number.tones)


def _label(text: str) -> str:
    # Apple encloses its own labels: _$!<Mobile>!$_
    own = _APPLE_LABEL.fullmatch(text)
    return clean(own[1].lower() if own else text, 20)
