"""Deletes rows of the call log, and keeps those of the last deletion in memory.

A million rows take seconds, and the engine writes the log meanwhile: rows move in
slices, in a thread, on a connection of their own.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from voip.engine.errors import Refusal
from voip.engine.history.log import ERASED_AT_ONCE, HistoryError, connect, erase_traces
from voip.engine.history.reader import Conditions, condition, not_in_the_log
from voip.model import Outcome

_SLICE = 500
_LONGEST_REST_S = 0.05

# `chosen` has the ids of the rows that move. The order of columns is that of the log.
_MEMORY = """
ATTACH ':memory:' AS kept;
CREATE TABLE kept.rows AS SELECT * FROM main.log WHERE false;
CREATE UNIQUE INDEX kept.rows_by_id ON rows (id);
CREATE TABLE kept.typed_lines AS SELECT * FROM main.typed_lines WHERE false;
CREATE INDEX kept.typed_lines_by_call ON typed_lines (call);
CREATE TABLE kept.chosen (id INTEGER PRIMARY KEY);
CREATE TABLE kept.twins (id INTEGER PRIMARY KEY, imported INTEGER NOT NULL);
"""

# Of equal calls each has its turn: as many are there as were.
_IN_TURN = """
SELECT id, account, direction, uri, CAST(started AS INTEGER) AS began,
    coalesce(CAST(answered AS INTEGER), -1) AS answer,
    coalesce(CAST(ended AS INTEGER), -1) AS finish,
    row_number() OVER (
        PARTITION BY account, direction, uri, CAST(started AS INTEGER),
            CAST(answered AS INTEGER), CAST(ended AS INTEGER)
        ORDER BY id
    ) AS turn
FROM {}
"""

_SINCE = "main.log WHERE id > (SELECT last_id FROM main.deletions)"

# Most deletions are undone before an import: no row is compared then.
_OF_THEIR_SECONDS = f"""
kept.rows WHERE CAST(started AS INTEGER) IN (SELECT CAST(started AS INTEGER) FROM {_SINCE})
"""  # noqa: S608

# A call that was imported since, from a file to the second, would be there twice. No file
# has the text of a call: that is the imported one's now.
_FORGET_IMPORTED = f"""
DELETE FROM kept.twins;
INSERT INTO kept.twins SELECT deleted.id, imported.id
FROM ({_IN_TURN.format(_OF_THEIR_SECONDS)}) AS deleted
JOIN ({_IN_TURN.format(_SINCE)}) AS imported
USING (account, direction, uri, began, answer, finish, turn);
INSERT OR IGNORE INTO main.typed_lines
SELECT imported, place, ours, text, time, ended
FROM kept.twins JOIN kept.typed_lines ON call = twins.id;
DELETE FROM kept.rows WHERE id IN (SELECT id FROM kept.twins);
DELETE FROM kept.typed_lines WHERE call IN (SELECT id FROM kept.twins);
"""  # noqa: S608


class _Moved(NamedTuple):
    """Rows of calls that move: what is read, and written; where they go from; their id."""

    source: str
    target: str
    held_in: str
    column: str


_DELETED = (
    _Moved("main.typed_lines", "kept.typed_lines", "main.typed_lines", "call"),
    _Moved("main.log", "kept.rows", "main.calls", "id"),
)
_RESTORED = (
    _Moved("kept.typed_lines", "main.typed_lines", "kept.typed_lines", "call"),
    _Moved("kept.rows", "main.log", "kept.rows", "id"),
)


class DeletedRows:
    """Rows of the last deletion, none at first.

    One thread at a time may use it, any one. Its methods may block, and raise
    HistoryError when the log cannot be read or written; what has moved until then stays
    where it is.
    """

    def __init__(self, path: Path) -> None:
        """Prepare to change a log that a `History` has opened already."""
        self._path = path
        self._db: sqlite3.Connection | None = None
        self._stopping = threading.Event()

    def __len__(self) -> int:
        return 0 if self._db is None else self._count("SELECT count(*) FROM kept.rows")

    def ids(self, limit: int) -> tuple[int, ...]:
        """Return ids of rows, the newest first."""
        if self._db is None:
            return ()
        rows = self._db.execute("SELECT id FROM kept.rows ORDER BY id DESC LIMIT ?", (limit,))
        return tuple(number for (number,) in rows.fetchall())

    def choose(self, ids: Sequence[int]) -> int:
        """Choose rows for `delete`; return how many.

        Raises:
            Refusal: one is not in the log, or its call has not ended: none is chosen.
        """
        with self._writing():
            db = self._connection()
            db.execute("DELETE FROM kept.chosen")
            for number in ids:
                row = db.execute("SELECT outcome FROM log WHERE id = ?", (number,)).fetchone()
                if row is None:
                    raise not_in_the_log(str(number))
                if row[0] == Outcome.ONGOING:
                    raise Refusal(
                        "going_on",
                        f"call {number} has not ended: its row can be deleted once it has",
                    )
            db.executemany(
                "INSERT OR IGNORE INTO kept.chosen VALUES (?)", ((number,) for number in ids)
            )
            return self._count("SELECT count(*) FROM kept.chosen")

    def choose_matching(self, filters: Conditions, newest: int | None) -> int:
        """Choose all ended calls that match, up to the row `newest`; return how many."""
        where, values = condition(filters)
        with self._writing():
            db = self._connection()
            db.execute("DELETE FROM kept.chosen")
            bounds: tuple[object, ...] = ()
            if newest is not None:
                bounds = db.execute(
                    "SELECT started, id FROM calls WHERE id = ?", (newest,)
                ).fetchone()
                if bounds is None:
                    raise not_in_the_log(str(newest))
            # Only bound values come from outside.
            db.execute(
                "INSERT INTO kept.chosen SELECT id FROM main.calls WHERE kind IN "  # noqa: S608
                f"(SELECT id FROM main.kinds WHERE {where} AND outcome <> ?) "
                f"{'AND (started, id) <= (?, ?)' if bounds else ''}",
                (*values, Outcome.ONGOING, *bounds),
            )
            return self._count("SELECT count(*) FROM kept.chosen")

    def delete(self) -> None:
        """Delete the chosen rows in place of those of the last deletion."""
        with self._writing():
            db = self._connection()
            db.execute("DELETE FROM kept.typed_lines")
            db.execute("DELETE FROM kept.rows")
            # The newest row may go: no later call may have its id.
            db.execute(
                "UPDATE deletions SET traces = 1, "
                "last_id = max(last_id, coalesce((SELECT max(id) FROM calls), 0))"
            )
            self._move(db, _DELETED)

    def restore(self) -> None:
        """Bring back the rows of the last deletion, as they were."""
        with self._writing():
            db = self._connection()
            db.execute("DELETE FROM kept.chosen")
            db.execute("INSERT INTO kept.chosen SELECT id FROM kept.rows")
            db.executescript(_FORGET_IMPORTED)
            self._move(db, _RESTORED)

    def erase(self) -> bool:
        """Drop the rows, and remove deleted text from the files.

        Returns False if it has to be tried again. A log that takes long to write again
        keeps some until the engine ends.
        """
        self.close()
        # One that waited for the lock would keep the engine from it.
        with self._writing(), closing(connect(self._path, timeout_s=0)) as db:
            try:
                db.execute("PRAGMA wal_checkpoint(PASSIVE)")
                return erase_traces(db, ERASED_AT_ONCE)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                    return False
                raise

    def stop(self) -> None:
        """Have `delete` and `restore` end early, from any thread."""
        self._stopping.set()

    def close(self) -> None:
        """Drop the rows; they cannot be brought back."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _move(self, db: sqlite3.Connection, moved: Sequence[_Moved]) -> None:
        slice_ = "SELECT id FROM kept.chosen WHERE id > ? ORDER BY id LIMIT ?"
        rows = "IN (SELECT id FROM kept.chosen WHERE id > ? AND id <= ?)"
        last = 0
        while not self._stopping.is_set():
            (upto,) = db.execute(f"SELECT max(id) FROM ({slice_})", (last, _SLICE)).fetchone()  # noqa: S608
            if upto is None:
                return
            began = time.monotonic()
            with db:
                db.execute("BEGIN IMMEDIATE")
                for part in moved:
                    chosen = f"WHERE {part.column} {rows}"
                    db.execute(
                        f"INSERT INTO {part.target} SELECT * FROM {part.source} {chosen}",  # noqa: S608
                        (last, upto),
                    )
                    db.execute(f"DELETE FROM {part.held_in} {chosen}", (last, upto))  # noqa: S608
            last = upto
            # SQLite lets nobody queue for its lock: without a rest, the engine's turn to
            # write would not come.
            time.sleep(min(time.monotonic() - began, _LONGEST_REST_S))

    def _count(self, query: str) -> int:
        return int(self._connection().execute(query).fetchone()[0])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise HistoryError(f"the call log {self._path} cannot be written: {error}") from error

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = connect(self._path)
            self._db.executescript(_MEMORY)
        return self._db
