"""The call log."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from voip.engine.history.deletion import DeletedRows
from voip.engine.history.log import History, HistoryError
from voip.engine.history.reader import Conditions, HistoryReader
from voip.model import Direction, LogEntry, NameFrom, Outcome, Party
from voip.protection import LockState, Sign

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


def begin(history: History, number: int, remote: Party = BOB, account: str = "work") -> LogEntry:
    return history.begin(number, account, Direction.IN, remote, START + number)


def end(history: History, number: int, outcome: Outcome = Outcome.MISSED) -> LogEntry:
    return history.end(
        number, START + 60, outcome, 487, "cancelled", LockState.OPEN, False, None, None
    )


def test_files_are_their_owner_s_alone(path: Path, history: History) -> None:
    begin(history, 1)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_a_call_from_its_beginning_to_its_end(history: History) -> None:
    assert history.last_id() == 0
    begun = history.begin(1, "work", Direction.OUT, BOB, START)
    assert begun == LogEntry(
        id="1",
        account="work",
        direction=Direction.OUT,
        remote=BOB,
        outcome=Outcome.ONGOING,
        started="2026-01-01T00:00:00Z",
    )
    assert history.answered(1, START + 5.25).answered == "2026-01-01T00:00:05Z"
    ended = history.end(
        1,
        START + 65.75,
        Outcome.ANSWERED,
        200,
        "OK",
        LockState.CLOSED,
        True,
        "opus/48000/2",
        Sign.SERVER,
    )
    assert ended == LogEntry(
        id="1",
        account="work",
        direction=Direction.OUT,
        remote=BOB,
        outcome=Outcome.ANSWERED,
        started="2026-01-01T00:00:00Z",
        answered="2026-01-01T00:00:05Z",
        ended="2026-01-01T00:01:05Z",
        duration_s=60.5,
        code=200,
        reason="OK",
        lock=LockState.CLOSED,
        lock_was_open=True,
        codec="opus/48000/2",
        sign=Sign.SERVER,
    )
    assert history.entry(1) == ended
    assert history.last_id() == 1


def test_a_call_never_answered_has_no_duration(history: History) -> None:
    begin(history, 1)
    missed = end(history, 1)
    assert missed.duration_s == 0.0
    assert missed.answered is None


def test_clock_set_back_gives_no_negative_duration(history: History) -> None:
    begin(history, 1)
    history.answered(1, START + 100)
    assert end(history, 1, Outcome.ANSWERED).duration_s == 0.0


def test_interrupted(path: Path) -> None:
    first = History(path)
    begin(first, 1)
    first.answered(1, START + 5)
    begin(first, 2)
    begin(first, 3)
    end(first, 3)
    first.close()
    second = History(path)
    assert second.mark_interrupted() == 2
    talked, rang, ended = second.entry(1), second.entry(2), second.entry(3)
    assert talked.outcome is rang.outcome is Outcome.INTERRUPTED
    assert talked.reason == "the phone stopped during the call"
    assert talked.ended == talked.answered
    assert rang.ended == rang.started
    assert ended.outcome is Outcome.MISSED
    assert second.mark_interrupted() == 0
    second.close()


def test_no_such_row(history: History) -> None:
    with pytest.raises(KeyError):
        history.entry(9)
    with pytest.raises(KeyError):
        history.answered(9, START)


def test_id_in_use_is_told(path: Path, history: History) -> None:
    begin(history, 1)
    with pytest.raises(HistoryError) as caught:
        begin(history, 1)
    assert str(caught.value).startswith(f"the call log {path} cannot be written: ")


def test_hostile_text_is_kept_as_it_is(history: History) -> None:
    remote = Party("sip:'; DROP TABLE calls; --@x", "Robert'); DROP TABLE calls;--")
    assert begin(history, 1, remote).remote == remote
    assert history.entry(1).remote == remote


def test_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    History(path).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    before = path.read_bytes()
    with pytest.raises(HistoryError) as caught:
        History(path)
    expected = f"{path} was written by a newer Offhook: update this one, or move it away"
    assert str(caught.value) == expected
    assert path.read_bytes() == before


def test_damaged_file_is_refused_in_words(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database, whatever its name may say" * 100)
    before = path.read_bytes()
    with pytest.raises(HistoryError) as caught:
        History(path)
    text = str(caught.value)
    assert text.startswith(f"the call log {path} cannot be used: ")
    assert text.endswith(". Move it away to start a new one.")
    assert path.read_bytes() == before


def test_folder_in_the_file_s_place(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(HistoryError) as caught:
        History(path)
    assert str(caught.value).startswith(f"the call log {path} cannot be used: ")


def test_check_of_a_sound_file(history: History) -> None:
    begin(history, 1)
    assert history.check() is None


def test_opening_again_keeps_everything(path: Path) -> None:
    first = History(path)
    begin(first, 7)
    first.close()
    second = History(path)
    assert second.last_id() == 7
    assert second.entry(7).remote == BOB
    second.close()


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
    begin(history, 6)
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
        "": ["6", "5", "4", "3"],
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


def test_log_of_version_6_gets_its_largest_id_from_its_rows(path: Path) -> None:
    first = History(path)
    begin(first, 7)
    end(first, 7)
    first.close()
    with closing(sqlite3.connect(path)) as database:
        database.executescript("DROP TABLE deletions; PRAGMA user_version = 6;")
    second = History(path)
    assert second.last_id() == 7
    deleted = DeletedRows(path)
    assert deleted.choose([7]) == 1
    deleted.delete()
    deleted.close()
    second.close()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (7,)
    third = History(path)
    assert third.last_id() == 7
    third.close()


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
        patch.setattr("voip.engine.history.log.words_of", broken)
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
