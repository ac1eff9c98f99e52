"""Readers of the user's files: any bytes are refused in words or kept."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from voip.engine.accounts.file import AccountFile
from voip.engine.files import settings
from voip.engine.files.toml import ConfigError
from voip.engine.people.contacts import Contacts
from voip.security.text import clean
from voip.sip.dialing import parse_target


def settings_file(data: bytes) -> None:
    """Fuzz config.toml: read, and changed in place."""
    with _folder() as folder:
        path = folder / "config.toml"
        path.write_bytes(data)
        try:
            settings.load(path)
        except ConfigError as error:
            assert str(path) in str(error)
        try:
            changed = settings.change(path, {"audio.input": "desk", "keys.mute": "m"})
        except ConfigError:
            assert path.read_bytes() == data
            return
        assert settings.load(path) == changed
        assert changed.audio.input == "desk"


def accounts_file(data: bytes) -> None:
    """Fuzz accounts.toml: read, with accounts added, moved and removed."""
    with _folder() as folder:
        path = folder / "accounts.toml"
        path.write_bytes(data)
        file = AccountFile(path)
        try:
            before = file.load()
            file.listing()
        except ConfigError as error:
            assert str(path) in str(error)
            return
        try:
            file.add("fuzzed", {"user": "alice", "domain": "pbx.example.test"})
            file.move("fuzzed", 0)
            file.remove("fuzzed")
        except ConfigError:
            # Some layouts cannot be changed by a program; their content must survive.
            pass
        after = file.load()
        assert {n: a for n, a in after.accounts.items() if n != "fuzzed"} == {
            n: a for n, a in before.accounts.items() if n != "fuzzed"
        }


def contacts_file(data: bytes) -> None:
    """Fuzz a vCard file: contacts, or one line that names the fault."""
    with _folder() as folder:
        (folder / "x.vcf").write_bytes(data)
        said: list[str] = []
        contacts = Contacts(folder, said.append)
        asyncio.run(contacts.refresh())
        assert len(said) <= 1
        assert all(len(words.splitlines()) == 1 for words in said)
        for contact in contacts.everyone:
            assert clean(contact.name) == contact.name
            for number in contact.numbers:
                parse_target(number.target)
                assert clean(number.label) == number.label


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="oh-fuzz-") as name:
        yield Path(name)
