"""New vCards: read again as they were meant, and never over another file."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.engine.files import whole_file
from voip.engine.people import vcard
from voip.engine.people.contacts import Contacts
from voip.protocol.people import ContactNumber
from voip.security.imitation import inert


async def test_a_card_is_read_again_with_all_it_has(tmp_path: Path) -> None:
    contacts = Contacts(tmp_path / "contacts", print)
    for name, number in [
        ("Ann, of Mills; \\ Sons", ContactNumber("+49 30 123456", tones=",,55")),
        ("Bob", ContactNumber("sip:bob@example.com")),
        ("ж" * 200, ContactNumber("100")),
    ]:
        contact, path = await contacts.add(name, number)
        assert (contact.name, contact.numbers) == (name, (number,))
        assert path.parent == tmp_path / "contacts"
        assert path.stat().st_mode & 0o777 == 0o600
        assert max(map(len, path.read_bytes().split(b"\r\n"))) <= 75
    assert len(contacts.everyone) == 3
    assert contacts.problems == ()
    assert (tmp_path / "contacts").stat().st_mode & 0o777 == 0o700
    assert len(list((tmp_path / "contacts").iterdir())) == 3  # nothing is left beside them


@given(st.text(min_size=1))
def test_no_name_adds_a_line(text: str) -> None:
    name = inert(text)
    lines = vcard._written("x", name, ContactNumber("100"))
    (card,) = vcard.read(lines).cards
    assert [line.name for line in card.properties] == ["FN", "N", "TEL"]
    assert card.properties[0].value == name
    assert vcard.read(lines).odd == ()


def test_a_file_that_is_there_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uuid, "uuid4", lambda: "same")
    first = vcard.write(tmp_path, "Ann", ContactNumber("100"))
    before = first.read_bytes()
    with pytest.raises(FileExistsError):
        vcard.write(tmp_path, "Eve", ContactNumber("200"))
    assert first.read_bytes() == before
    assert list(tmp_path.iterdir()) == [first]


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    target = tmp_path / "target"
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(FileExistsError):
        whole_file.create(tmp_path / "link", b"x")
    assert not target.exists()
