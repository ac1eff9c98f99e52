"""Searches of the call log."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.screen import manyrows
from voip.engine.history.log import History, HistoryError
from voip.engine.history.reader import Conditions, HistoryReader, Page, Person
from voip.model import Direction, Outcome, Party
from voip.protection import LockState
from voip.protocol.people import LastCall
from voip.security.text import fold

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z
BOB = Party("sip:bob@example.com", "Bob")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.db"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    opened = History(path)
    yield opened
    opened.close()


@pytest.fixture
def reader(path: Path, history: History) -> Iterator[HistoryReader]:
    opened = HistoryReader(path)
    yield opened
    opened.close()


def begin(history: History, number: int, remote: Party = BOB, account: str = "work") -> None:
    history.begin(number, account, Direction.IN, remote, START + number)


def end(
    history: History,
    number: int,
    outcome: Outcome = Outcome.MISSED,
    lock: LockState = LockState.OPEN,
    was_open: bool = False,
) -> None:
    history.end(number, START + 60, outcome, 487, "cancelled", lock, was_open, None, None)


def ids(page: Page) -> list[str]:
    return [row.id for row in page.entries]


@pytest.fixture
def rows(history: History, reader: HistoryReader) -> HistoryReader:
    begin(history, 1, Party("sip:100@example.com", "100% Sure"), "home")
    begin(history, 2, Party("sip:snake_case@example.com"))
    begin(history, 3, Party("sip:snakeXcase@example.com", "Back\\slash"))
    begin(history, 4, Party("sip:dave@example.com", "Dave 'OR 1=1 --"))
    end(history, 4, Outcome.BUSY)
    return reader


def test_a_page_and_its_total_are_of_one_moment(
    rows: HistoryReader, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = rows._rows

    def read_while_somebody_calls(sql: str, values: tuple[object, ...]) -> list[sqlite3.Row]:
        result = read(sql, values)
        if sql.startswith("SELECT *"):
            begin(history, 5)
        return result

    monkeypatch.setattr(rows, "_rows", read_while_somebody_calls)
    page = rows.page(Conditions(), limit=2)
    assert (ids(page), page.total) == (["4", "3"], 4)
    monkeypatch.undo()
    page = rows.page(Conditions(), limit=2)
    assert (ids(page), page.total) == (["5", "4"], 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["4", "3", "2", "1"]),
        ("%", ["1"]),
        ("_", ["2"]),
        ("e_c", ["2"]),
        ("\\", ["3"]),
        ("%%", []),
        ("'OR 1", ["4"]),
        ("DAVE", ["4"]),
        ("snake", ["3", "2"]),
        ("home", ["1"]),
        ("busy", ["4"]),
        ("cancelled", ["4"]),
        ("example.com", ["4", "3", "2", "1"]),
        ("nobody", []),
    ],
)
def test_text(rows: HistoryReader, text: str, expected: list[str]) -> None:
    page = rows.page(Conditions(text=text))
    assert ids(page) == expected
    assert page.total == len(expected)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Zoë Müller", "MÜLLER"),
        ("ЖАННА", "жанна"),
        ("Straße", "STRASSE"),
        ("Ｗｉｄｅ", "wide"),
        ("Zoe\u0308", "zoë"),
        ("Zoë", "zoe\u0308"),
    ],
)
def test_text_whatever_its_case_and_composition(
    history: History, reader: HistoryReader, name: str, text: str
) -> None:
    begin(history, 1, Party("sip:1@example.com", name))
    begin(history, 2)
    assert ids(reader.page(Conditions(text=text))) == ["1"]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20))
def test_any_name_is_found_by_itself(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    path = tmp_path_factory.mktemp("log") / "history.db"
    history, reader = History(path), HistoryReader(path)
    begin(history, 1, Party("", name), account="")
    begin(history, 2, Party("", ""), account="")
    result = ids(reader.page(Conditions(text=name)))
    reader.close()
    history.close()
    assert "1" in result
    # The second row has only its outcome, and the separators, to match.
    assert ("2" in result) == (fold(name) in "\n\n\nongoing\n")


@pytest.fixture
def locked(history: History, reader: HistoryReader) -> HistoryReader:
    for number, account, outcome, lock, was_open in [
        (1, "work", Outcome.ANSWERED, LockState.CLOSED, False),
        (2, "work", Outcome.ANSWERED, LockState.CLOSED, True),
        (3, "home", Outcome.ANSWERED, LockState.OPEN, True),
        (4, "home", Outcome.MISSED, LockState.OPEN, False),
        (5, "work", Outcome.MISSED, LockState.OPEN, False),
        (6, "home", Outcome.ANSWERED, LockState.CLOSED, False),
    ]:
        begin(history, number, account=account)
        end(history, number, outcome, lock, was_open)
    begin(history, 7)
    return reader


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Conditions(), ["7", "6", "5", "4", "3", "2", "1"]),
        (Conditions(missed=True), ["5", "4"]),
        (Conditions(account="home"), ["6", "4", "3"]),
        (Conditions(account="nobody's"), []),
        (Conditions(secure=True), ["6", "1"]),
        (Conditions(secure=False), ["7", "5", "4", "3", "2"]),
        (Conditions(missed=True, account="work"), ["5"]),
        (Conditions(secure=True, account="work"), ["1"]),
        (Conditions(missed=True, secure=True), []),
        (Conditions(text="answered", account="home", secure=False), ["3"]),
    ],
)
def test_filters(locked: HistoryReader, selection: Conditions, expected: list[str]) -> None:
    assert ids(locked.page(selection)) == expected
    for limit in (1, 2, 3):
        paged = [locked.page(selection, limit, offset) for offset in range(0, 9, limit)]
        assert [row for page in paged for row in ids(page)] == expected
        assert {page.total for page in paged} == {len(expected)}


def test_pages(rows: HistoryReader) -> None:
    assert ids(rows.page(Conditions(), 2)) == ["4", "3"]
    assert ids(rows.page(Conditions(), 2, before=3)) == ["2", "1"]
    assert ids(rows.page(Conditions(text="snake"), 1)) == ["3"]
    assert ids(rows.page(Conditions(text="snake"), 1, before=3)) == ["2"]
    assert rows.page(Conditions(), 2, before=3).total == 4
    assert rows.page(Conditions(), before=1) == Page((), 4)
    assert rows.page(Conditions(), 0) == Page((), 4)
    assert rows.page(Conditions(), 2, offset=1, before=4) == rows.page(Conditions(), 2, offset=2)


def test_what_was_written_is_read_at_once(history: History, reader: HistoryReader) -> None:
    for number in range(1, 4):
        begin(history, number)
        assert reader.page(Conditions()).total == number
        end(history, number)
        assert reader.page(Conditions(missed=True)).total == number


def test_many_threads_at_once(locked: HistoryReader) -> None:
    start = threading.Barrier(4)

    def read(_: int) -> Page:
        start.wait()
        return locked.page(Conditions(text="answered"), 2, 1)

    with ThreadPoolExecutor(4) as pool:
        assert {ids(page)[0] for page in pool.map(read, range(4))} == {"3"}


def test_reader_writes_nothing(path: Path, locked: HistoryReader) -> None:
    before = path.read_bytes()
    locked.page(Conditions())
    with pytest.raises(HistoryError) as caught:
        locked._rows("DELETE FROM calls", ())
    assert str(caught.value).startswith(f"the call log {path} cannot be read: ")
    assert path.read_bytes() == before


def test_no_log_is_told(tmp_path: Path) -> None:
    reader = HistoryReader(tmp_path / "no.db")
    with pytest.raises(HistoryError):
        reader.page(Conditions())
    assert list(tmp_path.iterdir()) == []


def test_people_are_there_once_by_their_latest_name(
    history: History, reader: HistoryReader
) -> None:
    for number, remote, account in [
        (1, Party("sip:bob@example.com", "Robert"), "work"),
        (2, Party("sip:100@example.com"), "home"),
        (3, Party("sip:bob@example.com", "Bob"), "work"),
        (4, Party("sip:carol@example.com", "Carol"), "home"),
        (5, Party("sip:bob@example.com"), "home"),
        (6, Party("sip:echo@127.0.0.1:5061", "Echo line"), "echo"),
    ]:
        begin(history, number, remote, account)

    def person(remote: Party, row: int) -> Person:
        time = f"2026-01-01T00:00:0{row}Z"
        return Person(remote, "home", row, LastCall(time, Direction.IN, Outcome.ONGOING))

    everybody = [
        person(Party("sip:bob@example.com", "Bob"), 5),
        person(Party("sip:carol@example.com", "Carol"), 4),
        person(Party("sip:100@example.com", ""), 2),
    ]
    assert reader.people(10, without="echo") == everybody
    assert reader.people(2, without="echo") == everybody[:2]


def test_people_of_calls_long_ago_are_not_searched(
    history: History, reader: HistoryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voip.engine.history.reader._PEOPLE_OF", 2)
    for number, user in enumerate(("bob", "carol", "dave"), start=1):
        begin(history, number, Party(f"sip:{user}@example.com"), "work")
    uris = [person.party.uri for person in reader.people(10, without="echo")]
    assert uris == ["sip:dave@example.com", "sip:carol@example.com"]


def test_many_rows_are_those_that_were_made(path: Path) -> None:
    manyrows.fill(path, 2_000)
    reader = HistoryReader(path)
    whole = reader.page(Conditions(), 2_000)
    assert ids(whole) == [str(number) for number in range(2_000, 0, -1)]
    for selection in (Conditions(missed=True), Conditions(account="home"), Conditions(secure=True)):
        assert 0 < reader.page(selection, 1).total < 2_000
    assert reader.page(Conditions(text=manyrows.RARE)).total == 1
    assert reader.page(Conditions(text=manyrows.FREQUENT)).total > 200
    reader.close()
