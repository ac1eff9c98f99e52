"""The call log."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from voip.engine.history.log import History, HistoryError
from voip.model import Direction, LogEntry, Outcome, Party
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
