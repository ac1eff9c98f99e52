"""Deletion of rows from the call log, and what is left of them in its files."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.screen import manyrows
from voip.engine.errors import Refusal
from voip.engine.history import deletion
from voip.engine.history.deletion import DeletedRows
from voip.engine.history.log import History, HistoryError
from voip.engine.history.reader import Conditions, HistoryReader
from voip.model import Direction, LogEntry, NameFrom, Outcome, Party
from voip.protection import LockState, Sign

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z


class Log:
    """Log in files, with a writer and the rows of the last deletion."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.history = History(path)
        self.deleted = DeletedRows(path)

    def close(self) -> None:
        self.deleted.close()
        self.history.close()

    def call(self, number: int, outcome: Outcome | None = Outcome.MISSED, reason: str = "") -> None:
        """Write a call of its own caller; with outcome None, it has not ended."""
        remote = Party(f"sip:{secret(number)}@example.com", f"Name {secret(number)}")
        account = "home" if number % 3 == 0 else "work"
        self.history.begin(number, account, Direction.IN, remote, START + number)
        if outcome is not None:
            self.history.end(
                number, START + 60, outcome, 487, reason, LockState.OPEN, False, None, None
            )

    def rows(self) -> list[tuple[Any, ...]]:
        """Return every column of every row."""
        with closing(sqlite3.connect(self.path)) as database:
            return database.execute("SELECT * FROM log ORDER BY id").fetchall()

    def ids(self) -> list[int]:
        return [row[0] for row in self.rows()]

    def delete(self, *ids: int) -> None:
        assert self.deleted.choose(ids) == len(ids)
        self.deleted.delete()

    def in_the_files(self, numbers: Iterable[int]) -> set[int]:
        """Return those calls whose number or name is somewhere in the files."""
        files = b"".join(file.read_bytes() for file in self.path.parent.iterdir())
        return {number for number in numbers if secret(number).encode() in files}


def secret(number: int) -> str:
    return f"49308{number:05}x"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = Log(tmp_path / "state" / "history.db")
    yield opened
    opened.close()


@pytest.fixture(params=[True, False], ids=["secure build", "other build"])
def sqlite_build(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give SQLite the other default of overwriting what is deleted, too."""
    connect = sqlite3.connect

    def connect_by_default(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)
        connection.execute(f"PRAGMA secure_delete = {request.param}")
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_by_default)


def test_deleted_rows_come_back_with_every_column(log: Log) -> None:
    log.call(1)
    remote = Party("sip:bob@x", "Bob", True, NameFrom.CLAIM)
    log.history.begin(2, "work", Direction.OUT, remote, START)
    log.history.answered(2, START + 5.25)
    log.history.end(
        2, START + 65.75, Outcome.ANSWERED, 200, "OK", LockState.CLOSED, True, "opus", Sign.SEALED
    )
    log.call(3)
    before = log.rows()
    entry = log.history.entry(2)
    log.delete(2, 1)
    assert log.rows() == before[2:]
    assert (len(log.deleted), log.deleted.ids(5)) == (2, (2, 1))
    log.deleted.restore()
    assert log.rows() == before
    assert log.history.entry(2) == entry
    assert len(log.deleted) == 0


def test_rows_are_deleted_all_or_none(log: Log) -> None:
    log.call(1)
    log.call(2, outcome=None)
    for ids, kind, words in (
        ((1, 9), "no_row", "call 9 is not in the log: “offhook history” lists its calls"),
        ((1, 2), "going_on", "call 2 has not ended: its row can be deleted once it has"),
    ):
        with pytest.raises(Refusal) as caught:
            log.deleted.choose(ids)
        assert (caught.value.kind, str(caught.value)) == (kind, words)
    assert log.ids() == [1, 2]
    assert log.deleted.choose((1, 1)) == 1
    assert log.deleted.choose(()) == 0


@pytest.mark.parametrize(
    ("filters", "newest", "left"),
    [
        (Conditions(), None, [6]),
        (Conditions(), 4, [5, 6]),
        (Conditions(missed=True), None, [1, 3, 5, 6]),
        (Conditions(account="home"), None, [1, 2, 4, 5, 6]),
        (Conditions(text=secret(2)), None, [1, 3, 4, 5, 6]),
        (Conditions(secure=True), None, [1, 2, 3, 4, 5, 6]),
        (Conditions(secure=False), None, [6]),
        (Conditions(missed=True, account="work"), 3, [1, 3, 4, 5, 6]),
    ],
)
def test_calls_that_match_are_deleted_but_for_those_that_go_on(
    log: Log, filters: Conditions, newest: int | None, left: list[int]
) -> None:
    for number in range(1, 6):
        log.call(number, Outcome.MISSED if number % 2 == 0 else Outcome.BUSY)
    log.call(6, outcome=None)
    assert log.deleted.choose_matching(filters, newest) == 6 - len(left)
    log.deleted.delete()
    assert log.ids() == left
    log.deleted.restore()
    assert log.ids() == [1, 2, 3, 4, 5, 6]


def test_only_the_last_deletion_is_kept(log: Log) -> None:
    for number in (1, 2, 3):
        log.call(number)
    log.delete(1)
    log.delete(3)
    log.deleted.restore()
    assert log.ids() == [2, 3]


def test_the_id_of_a_deleted_call_is_never_used_again(log: Log) -> None:
    for number in (1, 2, 3):
        log.call(number)
    log.delete(3)
    assert log.history.last_id() == 3
    log.call(4)
    log.delete(4)
    log.deleted.choose_matching(Conditions(), None)
    log.deleted.delete()
    assert log.deleted.erase()
    log.close()
    after = History(log.path)
    assert after.last_id() == 4
    after.close()


def test_rows_move_in_slices(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "_SLICE", 3)
    for number in range(1, 12):
        log.call(number)
    before = log.rows()
    assert log.deleted.choose_matching(Conditions(), 10) == 10
    log.deleted.delete()
    assert log.ids() == [11]
    log.deleted.restore()
    assert log.rows() == before


def test_calls_are_logged_while_many_are_deleted(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "_SLICE", 1)
    resting, go_on = threading.Event(), threading.Event()

    def rest(seconds: float) -> None:
        resting.set()
        assert go_on.wait(30)

    monkeypatch.setattr("voip.engine.history.deletion.time.sleep", rest)
    for number in (1, 2, 3):
        log.call(number)
    log.call(4, outcome=None)
    log.deleted.choose_matching(Conditions(), None)
    thread = threading.Thread(target=log.deleted.delete)
    thread.start()
    assert resting.wait(30)
    # The writer waits for nobody: it would raise after the five seconds of its patience.
    log.call(5)
    log.history.end(4, START, Outcome.MISSED, 487, "", LockState.OPEN, False, None, None)
    reader = HistoryReader(log.path)
    assert [row.id for row in reader.page(Conditions()).entries] == ["5", "4", "3", "2"]
    reader.close()
    go_on.set()
    thread.join()
    assert log.ids() == [4, 5]


def test_a_deletion_ends_early_when_the_engine_does(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "_SLICE", 1)
    sleep = "voip.engine.history.deletion.time.sleep"
    monkeypatch.setattr(sleep, lambda seconds: log.deleted.stop())
    for number in (1, 2, 3):
        log.call(number)
    log.deleted.choose_matching(Conditions(), None)
    log.deleted.delete()
    assert log.ids() == [2, 3]
    assert log.deleted.ids(3) == (1,)


def test_what_cannot_be_written_is_said_and_what_has_moved_is_kept(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "_SLICE", 1)
    for number in (1, 2, 3):
        log.call(number)
    with closing(sqlite3.connect(log.path)) as database:
        database.execute(
            "CREATE TRIGGER full BEFORE DELETE ON calls WHEN old.id = 2 "
            "BEGIN SELECT raise(ABORT, 'disk is full'); END"
        )
    log.deleted.choose_matching(Conditions(), None)
    with pytest.raises(HistoryError) as caught:
        log.deleted.delete()
    assert str(caught.value) == f"the call log {log.path} cannot be written: disk is full"
    assert log.ids() == [2, 3]
    log.deleted.restore()
    assert log.ids() == [1, 2, 3]


def scattered(log: Log, seed: int) -> set[int]:
    """Write calls of all lengths, some at the same time; choose half of them.

    Rows that grow move between pages, and leave copies behind.
    """
    chance = random.Random(seed)
    going_on: list[int] = []
    for number in range(1, 301):
        log.call(number, outcome=None)
        going_on.append(number)
        while len(going_on) > chance.choice((0, 1, 3)):
            ended = going_on.pop(chance.randrange(len(going_on)))
            log.history.end(
                ended, START, Outcome.MISSED, 487, "long reason " * chance.randrange(14),
                LockState.OPEN, False, "opus/48000/2", None,
            )  # fmt: skip
    ended_calls = [number for number in log.ids() if number not in going_on]
    return set(chance.sample(ended_calls, 150))


@pytest.mark.usefixtures("sqlite_build")
@pytest.mark.parametrize("seed", range(6))
def test_nothing_of_deleted_calls_is_left_in_the_files(log: Log, seed: int) -> None:
    gone = scattered(log, seed)
    log.delete(*gone)
    # They are there until the undo is over: in the write-ahead log at least.
    assert log.in_the_files(gone) == gone
    assert log.deleted.erase()
    assert log.in_the_files(gone) == set()
    left = set(log.ids())
    assert log.in_the_files(left) == left
    modes = {stat.S_IMODE(file.stat().st_mode) for file in log.path.parent.iterdir()}
    assert modes == {0o600}


@pytest.mark.usefixtures("sqlite_build")
def test_a_large_log_is_written_again_when_the_engine_ends(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "ERASED_AT_ONCE", 0)
    gone = scattered(log, seed=2)
    log.delete(*gone)
    assert log.deleted.erase()
    # SQLite has overwritten the rows, and left some of their copies.
    assert len(log.in_the_files(gone)) < 10
    log.history.erase()
    assert log.in_the_files(gone) == set()


@pytest.mark.usefixtures("sqlite_build")
def test_nothing_is_left_of_what_was_deleted_before_a_crash(log: Log, tmp_path: Path) -> None:
    gone = scattered(log, seed=1)
    log.delete(*gone)
    shutil.copytree(log.path.parent, tmp_path / "crashed")
    after = Log(tmp_path / "crashed" / "history.db")
    assert after.in_the_files(gone) == set()
    assert len(after.ids()) == 150
    after.close()


def test_no_temporary_file_has_rows_of_the_log(tmp_path: Path) -> None:
    # SQLite takes the folder from the environment, once a process.
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    before = temporary.stat().st_mtime_ns
    path = tmp_path / "history.db"
    manyrows.fill(path, 60_000)
    program = f"""
from pathlib import Path
from voip.engine.history.deletion import DeletedRows
from voip.engine.history.reader import Conditions, HistoryReader
path = Path({str(path)!r})
deleted = DeletedRows(path)
assert deleted.choose_matching(Conditions(missed=True), None) > 1000
deleted.delete()
assert len(HistoryReader(path).people(10_000, without="")) > 1000
assert deleted.erase()
"""
    environment = {**os.environ, "SQLITE_TMPDIR": str(temporary)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    # Such a file has no name any more once it is open.
    assert temporary.stat().st_mtime_ns == before


def test_a_row_is_read_as_it_was_written_before_it_can_be_deleted(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = log.history.entry

    def read_while_somebody_deletes(number: int) -> LogEntry:
        with (
            closing(sqlite3.connect(log.path, timeout=0)) as database,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            database.execute("DELETE FROM calls")
        return read(number)

    monkeypatch.setattr(log.history, "entry", read_while_somebody_deletes)
    log.call(1)
    assert log.ids() == [1]


def test_a_full_disk_does_not_keep_the_engine_from_starting(
    log: Log, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log.call(1)
    log.delete(1)

    def full(database: sqlite3.Connection) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("voip.engine.history.log.erase_traces", full)
    History(log.path).close()
    (warning,) = caplog.messages
    assert warning == (
        f"deleted calls may still be in the file {log.path}: database or disk is full"
    )


def test_text_is_erased_later_if_somebody_reads(log: Log) -> None:
    for number in range(1, 4):
        log.call(number)
    log.delete(2)
    with closing(sqlite3.connect(log.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM calls").fetchone()
        assert not log.deleted.erase()
        reader.execute("COMMIT")
    assert len(log.deleted) == 0
    assert log.deleted.erase()
    assert log.in_the_files([1, 2, 3]) == {1, 3}


def test_text_is_erased_later_if_the_engine_writes(log: Log) -> None:
    log.call(1)
    log.delete(1)
    with closing(sqlite3.connect(log.path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert not log.deleted.erase()
        writer.execute("ROLLBACK")
    assert log.deleted.erase()
    assert log.in_the_files([1]) == set()
