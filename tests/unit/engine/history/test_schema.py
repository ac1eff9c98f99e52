"""Schema of the call log, and logs of older versions."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voip.engine.history import schema
from voip.engine.history.deletion import DeletedRows
from voip.engine.history.log import History, HistoryError
from voip.engine.history.reader import Conditions, HistoryReader
from voip.engine.history.schema import words_of
from voip.model import Direction, LogEntry, NameFrom, Outcome, Party
from voip.protection import LockState, Sign

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.db"


SCHEMA_1 = """
CREATE TABLE calls (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, direction TEXT NOT NULL, uri TEXT NOT NULL,
    name TEXT NOT NULL, outcome TEXT NOT NULL, started REAL NOT NULL, answered REAL, ended REAL,
    code INTEGER, reason TEXT NOT NULL DEFAULT '', lock TEXT NOT NULL DEFAULT 'open',
    lock_was_open INTEGER NOT NULL DEFAULT 0, codec TEXT
);
CREATE INDEX calls_by_outcome ON calls (outcome, id);
CREATE INDEX calls_by_account ON calls (account, id);
INSERT INTO calls VALUES
    (3, 'work', 'in', 'sip:bob@example.com', 'BÖB', 'answered', 1767225600.0, 1767225605.0,
     1767225665.0, 200, '', 'closed', 0, 'opus/48000/2'),
    (4, 'home', 'out', 'sip:100@example.com', '', 'failed', 1767225700.0, NULL, 1767225701.0,
     404, 'Nobody Here', 'open', 0, NULL),
    (5, 'home', 'in', 'sip:100@example.com', '', 'ongoing', 1767225800.0, NULL, NULL,
     NULL, '', 'open', 0, NULL);
PRAGMA user_version = 1;
"""


def written_by_version_1(path: Path) -> None:
    path.parent.mkdir()
    database = sqlite3.connect(path)
    database.executescript(SCHEMA_1)
    database.close()


def test_log_of_version_1_is_taken_over(path: Path) -> None:
    written_by_version_1(path)
    History(path).close()
    history = History(path)
    assert history.entry(3) == LogEntry(
        id="3",
        account="work",
        direction=Direction.IN,
        remote=Party("sip:bob@example.com", "BÖB", name_from=NameFrom.CLAIM),
        outcome=Outcome.ANSWERED,
        started="2026-01-01T00:00:00Z",
        answered="2026-01-01T00:00:05Z",
        ended="2026-01-01T00:01:05Z",
        duration_s=60.0,
        code=200,
        lock=LockState.CLOSED,
        codec="opus/48000/2",
        sign=Sign.SERVER,
    )
    assert [history.entry(number).sign for number in (4, 5)] == [None, None]
    assert history.mark_interrupted() == 1
    history.begin(6, "work", Direction.IN, Party("sip:bob@example.com", "Bob"), START + 6)
    reader = HistoryReader(path)
    modes = {
        text: [row.id for row in reader.page(Conditions(text=text)).entries]
        for text in ("böb", "nobody here", "stopped during", "ongoing", "")
    }
    assert modes == {
        "böb": ["3"],
        "nobody here": ["4"],
        "stopped during": ["5"],
        "ongoing": ["6"],
        "": ["5", "4", "6", "3"],
    }
    reader.close()
    history.close()


def test_names_of_an_older_log_are_read_as_those_of_today(path: Path) -> None:
    written_by_version_1(path)
    database = sqlite3.connect(path)
    database.execute("UPDATE calls SET name = '🔒 Bob' WHERE id = 3")
    database.execute("UPDATE calls SET name = '+1 555 0100' WHERE id = 4")
    database.commit()
    database.close()
    history = History(path)
    assert history.entry(3).remote == Party(
        "sip:bob@example.com", "\ufffd Bob", imitates=True, name_from=NameFrom.CLAIM
    )
    assert history.entry(4).remote.imitates
    history.close()


def test_names_of_version_4_are_made_inert_and_are_claims_where_they_called(path: Path) -> None:
    written_by_version_1(path)
    database = sqlite3.connect(path)
    database.executescript(
        "ALTER TABLE calls ADD COLUMN words TEXT NOT NULL DEFAULT '';"
        "ALTER TABLE calls ADD COLUMN imitates INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE calls ADD COLUMN sign TEXT;"
        "PRAGMA user_version = 4;"
    )
    rows = [
        (6, "work", "in", "sip:[open]@x", "[secure] Desk", 0),
        (7, "work", "out", "sip:bob@x", "Private Bank", 0),
        (8, "echo", "out", "sip:echo@[::1]", "Echo line", 0),
        (9, "work", "in", "sip:100@x", "", 0),
        (10, "work", "in", "sip:bob@x", "Alice", 1),
    ]
    database.executemany(
        "INSERT INTO calls (id, account, direction, uri, name, imitates, outcome, started) "
        "VALUES (?, ?, ?, ?, ?, ?, 'missed', 1e9)",
        rows,
    )
    database.commit()
    database.close()
    history = History(path)
    assert [history.entry(number).remote for number in range(6, 11)] == [
        Party("sip:(open)@x", "(secure) Desk", True, NameFrom.CLAIM),
        Party("sip:bob@x", "Private Bank", False, NameFrom.CONTACT),
        Party("sip:echo@[::1]", "Echo line", False, NameFrom.PHONE),
        Party("sip:100@x"),
        Party("sip:bob@x", "Alice", True, NameFrom.CLAIM),
    ]
    history.close()
    reader = HistoryReader(path)
    assert [row.id for row in reader.page(Conditions(text="(secure)")).entries] == ["6"]
    reader.close()


SCHEMA_7 = """
CREATE TABLE calls (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, direction TEXT NOT NULL, uri TEXT NOT NULL,
    name TEXT NOT NULL, outcome TEXT NOT NULL, started REAL NOT NULL, answered REAL, ended REAL,
    code INTEGER, reason TEXT NOT NULL DEFAULT '', lock TEXT NOT NULL DEFAULT 'open',
    lock_was_open INTEGER NOT NULL DEFAULT 0, codec TEXT, words TEXT NOT NULL DEFAULT '',
    imitates INTEGER NOT NULL DEFAULT 0, sign TEXT, name_from TEXT
);
CREATE INDEX calls_by_outcome ON calls (outcome, id);
CREATE INDEX calls_by_account ON calls (account, id);
CREATE INDEX calls_by_uri ON calls (uri, id);
CREATE TABLE texts (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL);
INSERT INTO texts (text) VALUES ('kept');
"""
DELETIONS_7 = """
CREATE TABLE deletions (last_id INTEGER NOT NULL, traces INTEGER NOT NULL);
INSERT INTO deletions VALUES (90, 0);
"""


def written_by_version(version: int, path: Path) -> list[tuple[object, ...]]:
    """Write a log as version 6 or 7 has; return its rows."""
    path.parent.mkdir()
    rows: list[tuple[object, ...]] = [
        (
            number, "work" if number % 2 else "home", "in" if number % 3 else "out",
            f"sip:{number % 5}@x", "Böb" if number % 5 else "",
            "answered" if number % 4 else "missed", START - 60.5 * (number % 7), START + 1.25,
            START + 9.5, 200 if number % 4 else None, "OK" if number % 4 else "cancelled",
            "closed" if number % 2 else "open", int(number % 6 == 0), "opus",
            int(number % 5 == 1), "server" if number % 2 else None, "claim" if number % 5 else None,
        )
        for number in range(1, 61)
    ]  # fmt: skip
    with closing(sqlite3.connect(path)) as database:
        database.executescript(SCHEMA_7 + (DELETIONS_7 if version == 7 else ""))
        database.executemany(
            f"INSERT INTO calls VALUES ({', '.join('?' * 14)}, ?, ?, ?, ?)",
            (
                (*row[:14], words_of(*map(str, (row[4], row[3], row[1], row[5], row[10]))),
                 *row[14:])
                for row in rows
            ),
        )  # fmt: skip
        database.execute(f"PRAGMA user_version = {version}")
        database.commit()
    return rows


@pytest.mark.parametrize(("version", "last_id"), [(6, 60), (7, 90)])
def test_log_of_a_version_that_kept_rows_whole(version: int, last_id: int, path: Path) -> None:
    rows = written_by_version(version, path)
    for _ in range(2):
        history = History(path)
        assert history.last_id() == last_id
        assert history.check() is None
        history.close()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
        assert database.execute("SELECT * FROM log ORDER BY id").fetchall() == rows
        assert database.execute("SELECT text FROM texts").fetchall() == [("kept",)]
    assert_kinds_are_those_of_the_rows(path)


def test_nothing_that_a_version_7_has_dropped_is_left_in_the_files(path: Path) -> None:
    written_by_version(7, path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("UPDATE calls SET name = 'a secret of long ago' WHERE id < 40")
        database.commit()
        database.execute("DELETE FROM calls WHERE id < 40")
        database.execute("UPDATE deletions SET traces = 1")
        database.commit()
    assert b"a secret of long ago" in path.read_bytes()
    history = History(path)
    assert b"a secret of long ago" not in b"".join(f.read_bytes() for f in path.parent.iterdir())
    history.close()


def assert_kinds_are_those_of_the_rows(path: Path) -> None:
    """Check that each kind has the rows it counts, and that there is none without."""
    with closing(sqlite3.connect(path)) as database:
        counted = database.execute(
            "SELECT kind, count(*), max(started) FROM calls GROUP BY kind ORDER BY kind"
        ).fetchall()
        kept = database.execute("SELECT id, rows, latest FROM kinds ORDER BY id").fetchall()
        different = database.execute("SELECT count(*) FROM kinds WHERE latest = 0").fetchone()
    assert (kept, different) == (counted, (0,))


times = st.integers(0, 5)
changes = st.lists(
    st.tuples(st.sampled_from(["begin", "answered", "end", "delete", "undo"]), times, times),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(changes)
def test_kinds_follow_every_change_of_the_rows(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, int, int]]
) -> None:
    path = tmp_path_factory.mktemp("log") / "history.db"
    history, deleted = History(path), DeletedRows(path)
    for change, first, second in changes:
        row = first + 1
        there = row <= history.last_id() and any(entry == row for entry in ids_in(path))
        if change == "begin":
            party = Party(f"sip:{first % 2}@x", "Bob" if second % 2 else "")
            history.begin(history.last_id() + 1, "work", Direction.IN, party, START + second)
        elif change == "undo":
            deleted.restore()
        elif not there:
            continue
        elif change == "answered":
            history.answered(row, START + second)
        elif change == "end":
            outcome = Outcome.MISSED if second % 2 else Outcome.BUSY
            lock = LockState.CLOSED if second % 3 else LockState.OPEN
            history.end(row, START, outcome, 486, "", lock, second > 3, None, None)
        elif history.entry(row).outcome is not Outcome.ONGOING:
            deleted.choose([row])
            deleted.delete()
        assert_kinds_are_those_of_the_rows(path)
    deleted.close()
    history.close()


def ids_in(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as database:
        return [row for (row,) in database.execute("SELECT id FROM calls")]


def test_where_a_name_is_from_is_kept(path: Path) -> None:
    history = History(path)
    for number, name_from in enumerate(NameFrom, start=1):
        party = Party("sip:bob@x", "Bob", name_from is NameFrom.CLAIM, name_from)
        history.begin(number, "work", Direction.IN, party, 1e9)
        assert history.entry(number).remote == party
    history.close()


def test_log_of_version_1_that_cannot_be_taken_over_stays_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written_by_version_1(path)

    def broken(*words: str) -> str:
        raise ValueError("broken")

    with monkeypatch.context() as patch:
        patch.setattr("voip.engine.history.schema.words_of", broken)
        with pytest.raises(HistoryError):
            History(path)
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA user_version").fetchone() == (1,)
    columns = [row[1] for row in database.execute("PRAGMA table_info(calls)")]
    assert "words" not in columns
    database.close()
    history = History(path)
    assert history.last_id() == 5
    history.close()
