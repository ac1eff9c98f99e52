"""Contacts from vCards, and the cost of a broken one."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.engine.people import contacts as module
from voip.engine.people.contacts import Contacts
from voip.engine.people.finding import Query
from voip.protocol.people import Contact, ContactNumber
from voip.sip.callers import Exchange, keys

_PATIENCE_S = 20


def card(*lines: str, version: str = "3.0") -> str:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


class Reports(list[str]):
    def __call__(self, text: str) -> None:
        self.append(text)


@pytest.fixture
def notices() -> Reports:
    return Reports()


@pytest.fixture
def contacts(tmp_path: Path, notices: Reports) -> Contacts:
    return Contacts(tmp_path / "contacts", notices)


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / "contacts" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


async def read(folder: Path, *lines: str, version: str = "3.0") -> tuple[Contact, ...]:
    notices = Reports()
    write(folder, "one.vcf", card(*lines, version=version))
    contacts = Contacts(folder / "contacts", notices)
    await contacts.refresh()
    assert notices == []
    return contacts.everyone


async def test_no_folder_is_no_contact(contacts: Contacts, notices: Reports) -> None:
    await contacts.refresh()
    assert (contacts.everyone, contacts.problems, notices) == ((), (), [])


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
            ContactNumber("100", "work"),
            ContactNumber("+34 600 111 222", "cell"),
            ContactNumber("+1 (555) 0100"),
            ContactNumber("sip:bob@example.com"),
            ContactNumber("bob@home.example"),
        ),
    )


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("TEL;VALUE=uri:tel:+33-01-23-45-67;ext=5", ["+33-01-23-45-67"]),
        ("TEL;VALUE=uri:tel:30123;phone-context=+49", ["+4930123"]),
        ("TEL;VALUE=uri:tel:9%23", ["9#"]),
        ("TEL;VALUE=uri:tel:+x", []),
        ("TEL:(+49) 30 123", ["(+49) 30 123"]),
        ("TEL:\u202a+49 30 123\u202c", ["+49 30 123"]),
        ("TEL:+49 30 123,", ["+49 30 123"]),
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
    match = await read(tmp_path, "FN:Bob", *line.split("\r\n"))
    assert [number.target for contact in match for number in contact.numbers] == numbers


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["FN:Zoë"], "Zoë"),
        (["N:Müller;Jürgen;K.;Dr.;"], "Jürgen K. Müller"),
        (["FN:", "ORG:Example;Sales"], "Example Sales"),
        (["NICKNAME:Bo"], "Bo"),
        (["FN:a\u202eb\u0007\u001b[2Jc"], "a\ufffdb\ufffd\ufffd(2Jc"),
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
    assert contact == Contact("Jürgen Müller", (ContactNumber("555", "cell"),))


async def test_every_file_in_alphabetical_order(tmp_path: Path, contacts: Contacts) -> None:
    write(tmp_path, "b.vcf", card("FN:Carol", "TEL:3") + card("FN:alice", "TEL:1"))
    write(tmp_path, "a.VCF", b"\xef\xbb\xbf" + card("FN:Bob", "TEL:2").encode())
    write(tmp_path, ".hidden.vcf", card("FN:Dave", "TEL:4"))
    write(tmp_path, "notes.txt", "no card")
    await contacts.refresh()
    assert [contact.name for contact in contacts.everyone] == ["alice", "Bob", "Carol"]
    assert [who.suggestion.target for who in contacts.findable] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("TEL:100 ext. 12", ContactNumber("100", tones="12")),
        ("TEL:+49 30 123,,5#", ContactNumber("+49 30 123", tones=",,5#")),
        ("TEL:+49 30 123\\,5", ContactNumber("+49 30 123", tones=",5")),
        ("TEL:+49 30 123;5", ContactNumber("+49 30 123", tones=";5")),
        ("TEL:+4930123p5w6", ContactNumber("+4930123", tones=",5;6")),
        ("TEL;VALUE=uri:tel:+49-30;postd=pp5w6", ContactNumber("+49-30", "", ",,5;6")),
        ("TEL;TYPE=work;VALUE=uri:tel:+49-30;ext=7", ContactNumber("+49-30", "work", "7")),
        ("item1.TEL;type=CELL:1\r\nitem1.X-ABLabel:_$!<Mobile>!$_", ContactNumber("1", "mobile")),
        (
            "X-ABLabel:no\r\nITEM2.TEL:1\r\nitem2.X-ABLabel:Büro\\, zu",
            ContactNumber("1", "Büro, zu"),
        ),
        ("item1.TEL;TYPE=work:1\r\nitem2.X-ABLabel:other", ContactNumber("1", "work")),
    ],
)  # fmt: skip
async def test_tones_and_labels_beside_a_number(
    tmp_path: Path, line: str, number: ContactNumber
) -> None:
    (contact,) = await read(tmp_path, "FN:Bob", *line.split("\r\n"))
    assert contact.numbers == (number,)


async def test_a_label_of_a_fax_is_no_telephone(tmp_path: Path) -> None:
    lines = ("item1.TEL:1", "item1.X-ABLabel:_$!<WorkFAX>!$_", "TEL:2")
    (contact,) = await read(tmp_path, "FN:Bob", *lines)
    assert contact.numbers == (ContactNumber("2"),)


@pytest.mark.parametrize(
    ("version", "lines"),
    [
        ("4.0", ["TEL;PREF=100:4", "TEL:5", "TEL;PREF=1:1", 'TEL;PREF="50":3', "TEL;PREF=2:2"]),
        ("3.0", ["TEL:3", "TEL;TYPE=PREF:1", "TEL;TYPE=home;TYPE=pref:2"]),
        ("2.1", ["TEL;HOME:2", "TEL;CELL;PREF:1"]),
    ],
)
async def test_the_preferred_number_is_the_first(
    tmp_path: Path, version: str, lines: list[str]
) -> None:
    (contact,) = await read(tmp_path, "FN:Bob", *lines, version=version)
    targets = [number.target for number in contact.numbers]
    assert targets == sorted(targets)
    assert len(targets) == len(lines)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("100", "sip:100@pbx.example.com"),
        ("(+49) 30 123", "tel:+49-30-123"),
        ("sip:bob@pbx.example.com", "sip:bob@10.1.2.3"),
        ("sip:bob@other.example:5070", "sip:bob@other.example:5070"),
    ],
)
async def test_somebody_is_known_by_number_or_address(
    tmp_path: Path, contacts: Contacts, written: str, text: str
) -> None:
    write(tmp_path, "a.vcf", card("FN:Alice", "TEL:999", f"X-SIP:{written}", f"TEL:{written}"))
    await contacts.refresh()
    exchange = Exchange.of("pbx.example.com", "10.1.2.3")
    match = contacts.match(keys(text, exchange))
    assert match is not None
    assert (match.contact.name, match.number.target) == ("Alice", written)
    assert contacts.match(keys("sip:100@other.example", exchange)) is None


async def test_nobody_is_known_by_the_number_of_their_house(
    tmp_path: Path, contacts: Contacts
) -> None:
    write(tmp_path, "a.vcf", card("FN:Alice", "TEL:100 ext. 5") + card("FN:Bob", "TEL:100 ext. 6"))
    await contacts.refresh()
    assert contacts.match(keys("100", None)) is None
    assert [who.suggestion.name for who in contacts.findable] == [
        "Alice (then send 5)", "Bob (then send 6)",
    ]  # fmt: skip


ENDLESS = "1 of 1 contacts is left out; it begins in line 1: it has no END:VCARD"
NOTHING = "is not read, its contacts are missing: it holds no contact (no BEGIN:VCARD)"
BROKEN: list[tuple[str | bytes, str]] = [
    ("BEGIN:VCARD\r\nFN:x\r\n", f": {ENDLESS}"),
    ("no card at all\r\n", f" {NOTHING}"),
    (b"\xff\xfe\xff", f" {NOTHING}"),
    ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", f" {NOTHING}"),
    ("x\x1b[2J\r\n", f" {NOTHING}"),
]


@pytest.mark.parametrize(("content", "words"), BROKEN)
async def test_broken_file_is_one_problem_and_the_others_are_read(
    tmp_path: Path, contacts: Contacts, notices: Reports, content: str | bytes, words: str
) -> None:
    path = write(tmp_path, "broken.vcf", content)
    write(tmp_path, "good.vcf", card("FN:Bob", "TEL:100"))
    await contacts.refresh()
    assert [contact.name for contact in contacts.everyone] == ["Bob"]
    problem = f"{path}{words}"
    assert list(contacts.problems) == [problem]
    await contacts.refresh()
    assert notices == [problem]
    path.write_text(card("FN:Alice", "TEL:101"))
    await contacts.refresh()
    assert [contact.name for contact in contacts.everyone] == ["Alice", "Bob"]
    assert not contacts.problems
    assert notices == [problem]


async def test_an_odd_card_costs_no_other_and_is_counted(
    tmp_path: Path, contacts: Contacts, notices: Reports
) -> None:
    path = write(
        tmp_path,
        "all.vcf",
        card("FN:Bob", "TEL:100")
        + "BEGIN:VCARD\r\nFN:Cut off\r\nTEL:+4930\r\n"
        + card("FN:Carol", "TEL:102", "and a line of nothing")
        + card("FN:Dave", "NOTE:first", "and second", "TEL:103"),
    )
    await contacts.refresh()
    assert [contact.name for contact in contacts.everyone] == ["Bob", "Dave"]
    assert notices == [
        f"{path}: 2 of 4 contacts are left out; the first begins in line 6: it has no END:VCARD"
    ]
    path.write_text(card("FN:Carol", "TEL:102"))
    await contacts.refresh()
    assert not contacts.problems


async def test_folder_and_large_file_in_a_card_s_place(tmp_path: Path, contacts: Contacts) -> None:
    (tmp_path / "contacts" / "folder.vcf").mkdir(parents=True)
    large = write(tmp_path, "large.vcf", "")
    os.truncate(large, 16 * 1024 * 1024 + 1)
    await contacts.refresh()
    assert contacts.everyone == ()
    assert [problem.rpartition(": ")[2] for problem in contacts.problems] == [
        "it is not a file, or larger than 16 MiB"
    ] * 2


async def test_only_what_changed_is_read_again(
    tmp_path: Path, contacts: Contacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = write(tmp_path, "kept.vcf", card("FN:Bob", "TEL:100"))
    changed = write(tmp_path, "changed.vcf", card("FN:Alice", "TEL:101"))
    gone = write(tmp_path, "gone.vcf", card("FN:Carol", "TEL:102"))
    await contacts.refresh()
    read: list[str] = []
    read_bytes = Path.read_bytes

    def noted(path: Path) -> bytes:
        read.append(path.name)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", noted)
    changed.write_text(card("FN:Alicia", "TEL:101"))
    gone.unlink()
    await contacts.refresh()
    assert [contact.name for contact in contacts.everyone] == ["Alicia", "Bob"]
    assert read == ["changed.vcf"]
    assert kept.exists()


async def test_other_work_goes_on_while_a_file_is_read(
    tmp_path: Path, contacts: Contacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a.vcf", card("FN:Bob", "TEL:100"))
    begun, let_go = threading.Event(), threading.Event()
    read_bytes = Path.read_bytes

    def slow(path: Path) -> bytes:
        begun.set()
        assert let_go.wait(_PATIENCE_S), "nothing else was done meanwhile"
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", slow)
    refresh = asyncio.create_task(contacts.refresh())
    assert await asyncio.to_thread(begun.wait, _PATIENCE_S)
    let_go.set()
    await refresh
    assert [contact.name for contact in contacts.everyone] == ["Bob"]


async def test_of_very_many_numbers_the_preferred_are_kept(tmp_path: Path) -> None:
    lines = [f"TEL:{number}" for number in range(1000, 1200)]
    (contact,) = await read(tmp_path, "FN:Bob", *lines, "TEL;TYPE=pref:1")
    targets = [number.target for number in contact.numbers]
    assert targets == ["1", *map(str, range(1000, 1099))]


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
    contacts = Contacts(folder / "contacts", Reports())
    await contacts.refresh()
    assert len(contacts.problems) <= 1
    assert all(len(words.splitlines()) == 1 for words in contacts.problems)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["Ann Example", "Bob"]),
        ("  ", ["Ann Example", "Bob"]),
        ("EXAM", ["Ann Example"]),
        ("30-123", ["Ann Example"]),
        ("bob@", ["Bob"]),
        ("nobody", []),
    ],
)
async def test_contacts_are_found_by_a_part_once_each(
    contacts: Contacts, tmp_path: Path, typed: str, found: list[str]
) -> None:
    ann = card("FN:Ann Example", "TEL:+49 30 123456", "TEL:030 123456,,5", "TEL:30 123 999")
    write(tmp_path, "all.vcf", card("FN:Bob", "IMPP:sip:bob@pbx.test") + ann)
    await contacts.refresh()
    assert [contact.name for contact in contacts.having(Query(typed))] == found


async def test_folders_of_address_books_are_read_and_a_link_to_itself_ends(
    contacts: Contacts, tmp_path: Path
) -> None:
    write(tmp_path, "all.vcf", card("FN:Ann", "TEL:1"))
    for book in ("family", "work/team"):
        (tmp_path / "contacts" / book).mkdir(parents=True)
        write(tmp_path, f"{book}/one.vcf", card(f"FN:{book}", "TEL:2"))
    (tmp_path / "contacts" / ".hidden").mkdir()
    write(tmp_path, ".hidden/one.vcf", card("FN:Hidden", "TEL:3"))
    (tmp_path / "khard").mkdir()
    (tmp_path / "khard" / "one.vcf").write_text(card("FN:Khard", "TEL:4"))
    (tmp_path / "contacts" / "linked").symlink_to(tmp_path / "khard")
    (tmp_path / "khard" / "again").symlink_to(tmp_path / "khard")
    (tmp_path / "contacts" / "endless").symlink_to("endless")
    (tmp_path / "contacts" / "notes").symlink_to(tmp_path / "contacts" / "all.vcf")
    await contacts.refresh()
    found = [contact.name for contact in contacts.everyone]
    assert found == ["Ann", "family", "Khard", "work/team"]
    write(tmp_path, "family/one.vcf", card("FN:Uncle", "TEL:2"))
    await contacts.refresh()
    assert "Uncle" in {contact.name for contact in contacts.everyone}


async def test_a_search_among_thousands_of_files_looks_for_new_ones_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("voip.engine.people.contacts.time.monotonic", lambda: now)
    (tmp_path / "contacts" / "more").mkdir(parents=True)
    for number in range(501):
        write(tmp_path, f"more/{number}.vcf", card(f"FN:Person {number}", f"TEL:{number + 100}"))
    contacts = Contacts(tmp_path / "contacts", print)
    await contacts.refresh()
    assert len(contacts.everyone) == 501
    write(tmp_path, "more/7.vcf", card("FN:Eve", "TEL:107"))
    await contacts.refresh()
    assert contacts.named("Eve") == []
    now += 10.0
    await contacts.refresh()
    assert len(contacts.named("Eve")) == 1
    write(tmp_path, "more/new.vcf", card("FN:Ann", "TEL:99"))
    await contacts.refresh()
    assert len(contacts.named("Ann")) == 1
    (tmp_path / "contacts").rename(tmp_path / "gone")
    await contacts.refresh()
    assert contacts.everyone == ()


async def test_an_added_contact_is_among_thousands_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two changes of a folder may have one time.
    monkeypatch.setattr(module, "_are_as_before", lambda folders: True)
    write(tmp_path, "many.vcf", card("FN:Ann", "TEL:99"))
    monkeypatch.setattr(module, "_MANY_FILES", 0)
    contacts = Contacts(tmp_path / "contacts", print)
    await contacts.refresh()
    added, _ = await contacts.add("Bob", ContactNumber("98"))
    assert contacts.named("Bob") == [added]


@pytest.mark.parametrize(("look_s", "rest_s"), [(0.05, 5.0), (2.0, 30.0)])
async def test_a_watch_rests_longer_than_it_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look_s: float, rest_s: float
) -> None:
    now = 1000.0
    monkeypatch.setattr("voip.engine.people.contacts.time.monotonic", lambda: now)
    look = module._read_all

    def slow(*arguments: Any) -> Any:
        nonlocal now
        now += look_s
        return look(*arguments)

    monkeypatch.setattr(module, "_read_all", slow)
    contacts = Contacts(tmp_path / "contacts", print)
    await contacts.watch()
    write(tmp_path, "new.vcf", card("FN:Ann", "TEL:99"))
    now = 1000.0 + rest_s - 0.1
    await contacts.watch()
    assert contacts.everyone == ()
    now = 1000.0 + rest_s
    await contacts.watch()
    assert len(contacts.named("Ann")) == 1


async def test_every_change_of_a_file_is_told_once(tmp_path: Path) -> None:
    changes: list[str] = []
    contacts = Contacts(tmp_path / "contacts", print, lambda: changes.append("changed"))
    await contacts.refresh()
    assert changes == []
    write(tmp_path, "ann.vcf", card("FN:Ann", "TEL:100"))
    await contacts.refresh()
    await contacts.refresh()
    assert changes == ["changed"]
