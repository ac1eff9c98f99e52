"""contacts/: what is read from vCards, and what a broken one costs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.engine.contacts import Contact, Contacts, Number


def card(*lines: str, version: str = "3.0") -> str:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


class Told(list[str]):
    def __call__(self, text: str) -> None:
        self.append(text)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def contacts(tmp_path: Path, told: Told) -> Contacts:
    return Contacts(tmp_path / "contacts", told)


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / "contacts" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


async def read(folder: Path, *lines: str, version: str = "3.0") -> tuple[Contact, ...]:
    told = Told()
    write(folder, "one.vcf", card(*lines, version=version))
    contacts = Contacts(folder / "contacts", told)
    await contacts.refresh()
    assert told == []
    return contacts.everyone


async def test_no_folder_is_no_contact(contacts: Contacts, told: Told) -> None:
    await contacts.refresh()
    assert (contacts.everyone, contacts.problems, told) == ((), (), [])


async def test_names_numbers_and_addresses(tmp_path: Path) -> None:
    (bob,) = await read(
        tmp_path,
        "FN:Bob\\, the Builder",
        "TEL;TYPE=CELL:+34 600 111 222",
        "TEL;TYPE=work,voice,pref:100",
        "item1.TEL:+1 (555) 0100",
        "IMPP;X-SERVICE-TYPE=SIP:sip:bob@example.com",
        "X-SIP:bob@home.example",
        "EMAIL:bob@mail.example",
        "IMPP:xmpp:bob@chat.example",
    )
    assert bob == Contact(
        name="Bob, the Builder",
        numbers=(
            Number("100", "work"),
            Number("+34 600 111 222", "cell"),
            Number("+1 (555) 0100"),
            Number("sip:bob@example.com"),
            Number("bob@home.example"),
        ),
    )


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("TEL;VALUE=uri:tel:+33-01-23-45-67;ext=5", ["+33-01-23-45-67"]),
        ("TEL:100 ext. 12", ["100"]),
        ("TEL:+1 555 0100x12", ["+1 555 0100"]),
        ("TEL:*43#", ["*43#"]),
        ("TEL:call me", []),
        ("TEL:1-800-FLOWERS", []),
        ("TEL:", []),
        ("TEL:bob@example.com", []),
        ("TEL;TYPE=FAX:101", []),
        ("TEL;TYPE=FAX,VOICE:101", ["101"]),
        ("TEL:100\r\nTEL:1 0 0\r\nTEL:(100)", ["100"]),
        ("IMPP:sips:bob@example.com", ["sips:bob@example.com"]),
        ("IMPP:sip:bob@example.com?Subject=x", []),
        ("X-SIP:bob", []),
        ("X-SIP:sip:bob@example.com", ["sip:bob@example.com"]),
        ("EMAIL:bob@example.com", []),
    ],
)
async def test_what_can_be_called(tmp_path: Path, line: str, numbers: list[str]) -> None:
    found = await read(tmp_path, "FN:Bob", *line.split("\r\n"))
    assert [number.target for contact in found for number in contact.numbers] == numbers


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["FN:Zoë"], "Zoë"),
        (["N:Müller;Jürgen;K.;Dr.;"], "Jürgen K. Müller"),
        (["FN:", "ORG:Example;Sales"], "Example Sales"),
        (["NICKNAME:Bo"], "Bo"),
        (["FN:a\u202eb\u0007\u001b[2Jc"], "a\ufffdb\ufffd\ufffd[2Jc"),
        (["FN:" + "x" * 300], "x" * 255 + "…"),
    ],
)
async def test_names(tmp_path: Path, lines: list[str], name: str) -> None:
    (contact,) = await read(tmp_path, *lines, "TEL:100")
    assert contact.name == name


async def test_nobody_without_a_name(tmp_path: Path) -> None:
    assert await read(tmp_path, "TEL:100") == ()


async def test_a_phone_of_long_ago(tmp_path: Path) -> None:
    (contact,) = await read(
        tmp_path,
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen",
        "TEL;CELL;PREF:555",
        version="2.1",
    )
    assert contact == Contact("Jürgen Müller", (Number("555", "cell"),))


async def test_every_file_in_alphabetical_order(tmp_path: Path, contacts: Contacts) -> None:
    write(tmp_path, "b.vcf", card("FN:Carol", "TEL:3") + card("FN:alice", "TEL:1"))
    write(tmp_path, "a.VCF", b"\xef\xbb\xbf" + card("FN:Bob", "TEL:2").encode())
    write(tmp_path, ".hidden.vcf", card("FN:Dave", "TEL:4"))
    write(tmp_path, "notes.txt", "no card")
    await contacts.refresh()
    assert [contact.name for contact in contacts.everyone] == ["alice", "Bob", "Carol"]
    assert [who.suggestion.target for who in contacts.findable] == ["1", "2", "3"]


BROKEN: list[tuple[str | bytes, str]] = [
    ("BEGIN:VCARD\r\nFN:x\r\n", "Component VCARD was never closed"),
    ("no card at all\r\n", "Failed to parse line: no card at all"),
    (b"BEGIN:VCARD\r\nFN:\xff\r\nEND:VCARD\r\n",
     "'utf-8' codec can't decode byte 0xff in position 16: invalid start byte"),
    ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
     "it holds something else than contacts"),
    ("x\x1b[2J\r\n", "Failed to parse line: x\ufffd[2J"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "words"), BROKEN)
async def test_broken_file_is_one_problem_and_the_others_are_read(
    tmp_path: Path, contacts: Contacts, told: Told, content: str | bytes, words: str
) -> None:
    path = write(tmp_path, "broken.vcf", content)
    write(tmp_path, "good.vcf", card("FN:Bob", "TEL:100"))
    await contacts.refresh()
    assert [contact.name for contact in contacts.everyone] == ["Bob"]
    problem = f"{path} is not read, its contacts are missing: {words}"
    assert list(contacts.problems) == [problem]
    await contacts.refresh()
    assert told == [problem]
    path.write_text(card("FN:Alice", "TEL:101"))
    await contacts.refresh()
    assert [contact.name for contact in contacts.everyone] == ["Alice", "Bob"]
    assert not contacts.problems
    assert told == [problem]


async def test_folder_and_large_file_in_a_card_s_place(tmp_path: Path, contacts: Contacts) -> None:
    (tmp_path / "contacts" / "folder.vcf").mkdir(parents=True)
    large = write(tmp_path, "large.vcf", "")
    os.truncate(large, 16 * 1024 * 1024 + 1)
    await contacts.refresh()
    assert contacts.everyone == ()
    assert [problem.rpartition(": ")[2] for problem in contacts.problems] == [
        "it is no file, or larger than 16 MiB"
    ] * 2


async def test_only_what_changed_is_read_again(
    tmp_path: Path, contacts: Contacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = write(tmp_path, "kept.vcf", card("FN:Bob", "TEL:100"))
    changed = write(tmp_path, "changed.vcf", card("FN:Alice", "TEL:101"))
    gone = write(tmp_path, "gone.vcf", card("FN:Carol", "TEL:102"))
    await contacts.refresh()
    read: list[str] = []
    read_text = Path.read_text

    def noted(path: Path, encoding: str) -> str:
        read.append(path.name)
        return read_text(path, encoding)

    monkeypatch.setattr(Path, "read_text", noted)
    changed.write_text(card("FN:Alicia", "TEL:101"))
    gone.unlink()
    await contacts.refresh()
    assert [contact.name for contact in contacts.everyone] == ["Alicia", "Bob"]
    assert read == ["changed.vcf"]
    assert kept.exists()


async def test_named_whatever_the_case(tmp_path: Path, contacts: Contacts) -> None:
    write(
        tmp_path,
        "all.vcf",
        card("FN:Zoë Weiß", "TEL:1") + card("FN:zoë weiss", "TEL:2") + card("FN:Zoë", "TEL:3"),
    )
    await contacts.refresh()
    assert [c.numbers[0].target for c in contacts.named("ZOE\u0308  WEISS ")] == ["1", "2"]
    assert contacts.named("zo") == []


@given(st.text("BEGINVCARD:;=,\\\r\n FNTEL10+\x00\u202e", max_size=60) | st.binary(max_size=40))
async def test_whatever_a_file_holds_is_contacts_or_a_problem(
    tmp_path_factory: pytest.TempPathFactory, content: str | bytes
) -> None:
    folder = tmp_path_factory.mktemp("cards")
    write(folder, "x.vcf", content)
    contacts = Contacts(folder / "contacts", Told())
    await contacts.refresh()
    assert len(contacts.problems) <= 1
    assert not (contacts.problems and contacts.everyone)
