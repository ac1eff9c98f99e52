"""Keeps text messages in the file of the call log.

A text is on the disk when `add` returns: only then may its sender be told so.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from voip.causes import Cause
from voip.engine.history.log import (
    ERASED_AT_ONCE,
    HistoryError,
    erase_traces,
    keep_no_traces,
    party_of,
)
from voip.model import Direction, Party, rfc3339
from voip.security.text import fold
from voip.sip.sentences import sentence
from voip.texts import TextMessage, TextState, Thread

# `thread` is one spelling of the other's address. Ids are never used again. `mark` is
# that of a received request, which has one row however often it comes.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS texts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    thread TEXT NOT NULL,
    uri TEXT NOT NULL,
    name TEXT NOT NULL,
    imitates INTEGER NOT NULL,
    name_from TEXT,
    direction TEXT NOT NULL,
    text TEXT NOT NULL,
    says_from TEXT,
    time REAL NOT NULL,
    state TEXT NOT NULL,
    unread INTEGER NOT NULL,
    code INTEGER,
    cause TEXT,
    mark TEXT,
    words TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS texts_by_mark ON texts (account, mark);
CREATE INDEX IF NOT EXISTS texts_by_thread ON texts (account, thread, id);
CREATE INDEX IF NOT EXISTS texts_unread ON texts (account, thread) WHERE unread;
"""


class NewText(msgspec.Struct, frozen=True):
    """Text to keep; `time` is in seconds since the epoch. `mark` is that of a request."""

    account: str
    thread: str
    remote: Party
    direction: Direction
    text: str
    time: float
    says_from: str | None = None
    mark: str | None = None


class Which(msgspec.Struct, frozen=True):
    """Conditions that a text must all match; `search` is in its text, name or address."""

    account: str | None = None
    thread: str | None = None
    search: str = ""
    unread: bool = False


class TextStore:
    """Texts of all accounts; any thread may call its methods, which may block."""

    def __init__(self, path: Path) -> None:
        """Prepare to use a log that a `History` has opened already.

        Raises:
            HistoryError: the file cannot be used.
        """
        self._path = path
        self._lock = threading.RLock()
        with self._using("used"):
            self._db = sqlite3.connect(
                path, isolation_level=None, timeout=5, check_same_thread=False
            )
            keep_no_traces(self._db)
            self._db.row_factory = sqlite3.Row
            # A sender is told that a text is kept: it must outlive a loss of power.
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
        self._deleted: list[dict[str, Any]] = []

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def add(self, new: NewText) -> TextMessage | None:
        """Keep a text; None if a request of this mark is there already.

        Raises:
            HistoryError: it could not be kept.
        """
        received = new.direction is Direction.IN
        state = TextState.RECEIVED if received else TextState.SENDING
        remote = new.remote
        with self._using("written"), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            done = self._db.execute(
                "INSERT INTO texts (account, thread, uri, name, imitates, name_from, direction, "
                "text, says_from, time, state, unread, mark, words) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (account, mark) DO NOTHING",
                (
                    new.account, new.thread, remote.uri, remote.name, remote.imitates,
                    remote.name_from, new.direction, new.text, new.says_from, new.time, state,
                    received, new.mark, fold("\n".join((new.text, remote.name, remote.uri))),
                ),
            )  # fmt: skip
            return self._message(done.lastrowid) if done.rowcount and done.lastrowid else None

    def finish(
        self, number: int, state: TextState, code: int | None, cause: Cause | None
    ) -> TextMessage | None:
        """Note the end of a text that was sent; None if it was deleted meanwhile.

        Raises:
            HistoryError: it could not be written.
        """
        with self._using("written"), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            kept = msgspec.json.encode(cause).decode() if cause is not None else None
            done = self._db.execute(
                "UPDATE texts SET state = ?, code = ?, cause = ? WHERE id = ?",
                (state, code, kept, number),
            )
            for row in self._deleted:
                if row["id"] == number:
                    row.update(state=state, code=code, cause=kept)
            return self._message(number) if done.rowcount else None

    def fail_unfinished(self, cause: Cause) -> int:
        """Note that texts of an earlier engine were not seen to arrive; return how many.

        Raises:
            HistoryError: the file cannot be written.
        """
        with self._using("written"):
            done = self._db.execute(
                "UPDATE texts SET state = ?, cause = ? WHERE state = ?",
                (TextState.FAILED, msgspec.json.encode(cause).decode(), TextState.SENDING),
            )
            return done.rowcount

    def mark_read(self, account: str, thread: str) -> int:
        """Note that a thread was read; return how many of its texts were not.

        Raises:
            HistoryError: the file cannot be written.
        """
        with self._using("written"):
            done = self._db.execute(
                "UPDATE texts SET unread = 0 WHERE account = ? AND thread = ? AND unread",
                (account, thread),
            )
            return done.rowcount

    def delete(self, ids: Sequence[int]) -> int:
        """Delete texts by their ids; return how many there were.

        Raises:
            HistoryError: the file cannot be written.
        """
        return self._delete(
            "id IN (SELECT value FROM json_each(?))", msgspec.json.encode(ids).decode()
        )

    def delete_thread(self, account: str, thread: str) -> int:
        """Delete all texts of a thread; return how many there were.

        Raises:
            HistoryError: the file cannot be written.
        """
        return self._delete("account = ? AND thread = ?", account, thread)

    def delete_all(self, account: str | None, newest: int) -> int:
        """Delete all texts up to the text `newest`, of one account or of all.

        Raises:
            HistoryError: the file cannot be written.
        """
        return self._delete("account = coalesce(?, account) AND id <= ?", account, newest)

    def restore(self) -> int:
        """Bring back the texts of the last deletion; return how many there were.

        Raises:
            HistoryError: the file cannot be written.
        """
        with self._using("written"), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for row in self._deleted:
                columns, marks = ", ".join(row), ", ".join("?" * len(row))
                # A request that was received again meanwhile stays as it is.
                sql = f"INSERT OR IGNORE INTO texts ({columns}) VALUES ({marks})"  # noqa: S608
                self._db.execute(sql, tuple(row.values()))
        count = len(self._deleted)
        self._deleted = []
        return count

    def forget_deleted(self) -> None:
        """Drop the texts of the last deletion; they cannot be brought back."""
        with self._lock:
            self._deleted = []

    def _delete(self, condition: str, *values: str | int | None) -> int:
        with self._using("written"):
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                # Only bound values come from outside.
                sql = f"DELETE FROM texts WHERE {condition} RETURNING *"  # noqa: S608
                rows = [dict(row) for row in self._db.execute(sql, values).fetchall()]
                self._note_traces()
            # Only once they are gone: a deletion that failed has nothing to bring back.
            self._deleted = rows or self._deleted
        self._erase()
        return len(rows)

    def unread(self) -> int:
        """Count the texts that nobody has read.

        Raises:
            HistoryError: the file cannot be read.
        """
        with self._using("read"):
            return int(self._db.execute("SELECT count(*) FROM texts WHERE unread").fetchone()[0])

    def messages(self, which: Which, limit: int, before: int | None) -> tuple[TextMessage, ...]:
        """Read texts newest first, after the text `before`.

        Raises:
            HistoryError: the file cannot be read.
        """
        terms, values = ["true"], []
        for column, value in (("account", which.account), ("thread", which.thread)):
            if value is not None:
                terms.append(f"{column} = ?")
                values.append(value)
        if which.unread:
            terms.append("unread")
        if which.search:
            terms.append("instr(words, ?)")
            values.append(fold(which.search))
        newer = [] if before is None else [before]
        if newer:
            terms.append("id < ?")
        # Only bound values come from outside.
        sql = f"SELECT * FROM texts WHERE {' AND '.join(terms)} ORDER BY id DESC LIMIT ?"  # noqa: S608
        with self._using("read"):
            rows = self._db.execute(sql, (*values, *newer, limit)).fetchall()
        return tuple(map(_message_of, rows))

    def threads(self, limit: int) -> tuple[Thread, ...]:
        """Read the threads, that of the newest text first.

        Raises:
            HistoryError: the file cannot be read.
        """
        # With max(), SQLite takes the other columns from the row that has it.
        sql = (
            "SELECT *, max(id) AS latest, count(*) AS messages, sum(unread) AS unseen FROM texts "
            "GROUP BY account, thread ORDER BY latest DESC LIMIT ?"
        )
        with self._using("read"):
            rows = self._db.execute(sql, (limit,)).fetchall()
        return tuple(Thread(_message_of(row), row["messages"], row["unseen"]) for row in rows)

    def _message(self, number: int) -> TextMessage:
        row = self._db.execute("SELECT * FROM texts WHERE id = ?", (number,)).fetchone()
        return _message_of(row)

    def _note_traces(self) -> None:
        self._db.execute("UPDATE deletions SET traces = 1")

    def _erase(self) -> None:
        # A large or a busy file is cleaned when the engine ends.
        with self._lock, contextlib.suppress(sqlite3.Error):
            erase_traces(self._db, ERASED_AT_ONCE)

    @contextmanager
    def _using(self, doing: str) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise HistoryError(
                    f"the texts in {self._path} cannot be {doing}: {error}"
                ) from error


def _message_of(row: sqlite3.Row) -> TextMessage:
    cause = msgspec.json.decode(row["cause"], type=Cause) if row["cause"] else None
    return TextMessage(
        id=str(row["id"]),
        account=row["account"],
        remote=party_of(row),
        direction=Direction(row["direction"]),
        text=row["text"],
        time=rfc3339(row["time"]),
        state=TextState(row["state"]),
        unread=bool(row["unread"]),
        says_from=row["says_from"],
        code=row["code"],
        cause=cause,
        problem=sentence(cause) if cause is not None else None,
    )
