"""Writes the call log: SQLite, a row for each call from its first event.

The row is written first: after a crash it is there as *ongoing*, and the next start
marks it *interrupted*. `history.reader` reads the log, `history.deletion` deletes rows.
"""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from voip.engine.history import schema, typed_lines
from voip.model import Direction, LogEntry, NameFrom, Outcome, Party, rfc3339
from voip.protection import LockState, Sign

log = logging.getLogger(__name__)

ERASED_AT_ONCE = 16 * 1024 * 1024
"""Size of a log in bytes that is written again in a tenth of a second."""

UNDO_S = 60.0
"""Seconds for which the last deletion can be undone."""


class HistoryError(Exception):
    """The log cannot be opened or written; the text says what to do."""


class History:
    """The call log, opened for writing; times are seconds since the epoch."""

    def __init__(self, path: Path) -> None:
        """Open or create the log.

        Raises:
            HistoryError: it is damaged, newer than this program, or unreachable.
        """
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=5)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise
        except (sqlite3.Error, OSError) as error:
            raise HistoryError(
                f"the call log {path} cannot be used: {error}. Move it away to start a new one."
            ) from error

    def _prepare(self) -> None:
        self._path.chmod(0o600)
        self._db.row_factory = sqlite3.Row
        keep_no_traces(self._db)
        schema.add_functions(self._db)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > schema.VERSION:
            raise HistoryError(
                f"{self._path} was written by a newer Offhook: update this one, or move it away"
            )
        schema.prepare(self._db)
        typed_lines.prepare(self._db)
        self.erase()

    def erase(self) -> None:
        """Remove deleted text from the files; may take seconds."""
        try:
            erase_traces(self._db)
        except sqlite3.Error as error:
            # A full disk must not keep the phone from starting.
            log.warning("deleted calls may still be in the file %s: %s", self._path, error)

    def close(self) -> None:
        self._db.close()

    def last_id(self) -> int:
        """Return the largest id ever used, 0 in a new log."""
        row = self._db.execute(
            "SELECT max(last_id, coalesce((SELECT max(id) FROM calls), 0)) FROM deletions"
        ).fetchone()
        return int(row[0])

    def mark_interrupted(self) -> int:
        """Mark ongoing rows of an earlier engine interrupted; return how many."""
        # With a value in place of the word, SQLite would read all kinds.
        rows = self._db.execute(
            "SELECT id FROM calls WHERE kind IN (SELECT id FROM kinds WHERE outcome = 'ongoing')"
        ).fetchall()
        for (number,) in rows:
            self._db.execute(
                "UPDATE log SET outcome = ?, reason = ?, "
                "ended = coalesce(ended, answered, started) WHERE id = ?",
                (Outcome.INTERRUPTED, "the phone stopped during the call", number),
            )
        if rows:
            log.warning("%d calls in the log were interrupted by the engine's end", len(rows))
        return len(rows)

    def begin(
        self, call_id: int, account: str, direction: Direction, remote: Party, started: float
    ) -> LogEntry:
        """Write the row of a call that has just begun."""
        return self._write(
            call_id,
            "INSERT INTO log (id, account, direction, uri, name, outcome, started, reason, lock, "
            "lock_was_open, imitates, name_from) VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, 0, ?, ?)",
            (
                call_id,
                account,
                direction,
                remote.uri,
                remote.name,
                Outcome.ONGOING,
                started,
                LockState.OPEN,
                remote.imitates,
                remote.name_from,
            ),
        )

    def answered(self, call_id: int, when: float) -> LogEntry:
        return self._write(call_id, "UPDATE log SET answered = ? WHERE id = ?", (when, call_id))

    def end(
        self,
        call_id: int,
        when: float,
        outcome: Outcome,
        code: int | None,
        reason: str,
        lock: LockState,
        lock_was_open: bool,
        codec: str | None,
        sign: Sign | None,
    ) -> LogEntry:
        """Complete the row of a call."""
        return self._write(
            call_id,
            "UPDATE log SET ended = ?, outcome = ?, code = ?, reason = ?, lock = ?, "
            "lock_was_open = ?, sign = ?, codec = ? WHERE id = ?",
            (when, outcome, code, reason, lock, int(lock_was_open), sign, codec, call_id),
        )

    def entry(self, call_id: int) -> LogEntry:
        """Read one row.

        Raises:
            KeyError: there is none.
        """
        select = f"SELECT *, {typed_lines.HAS_LINES} FROM log WHERE id = ?"  # noqa: S608
        row = self._db.execute(select, (call_id,)).fetchone()
        if row is None:
            raise KeyError(call_id)
        return entry_of(row)

    def check(self) -> str | None:
        """Return faults that SQLite finds in the file, None when it is sound."""
        result = self._db.execute("PRAGMA integrity_check").fetchone()[0]
        return None if result == "ok" else str(result)

    def _write(self, call_id: int, sql: str, values: tuple[object, ...]) -> LogEntry:
        """Write a row and read it, before another thread can delete it."""
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.execute(sql, values)
                return self.entry(call_id)
        except sqlite3.Error as error:
            raise HistoryError(f"the call log {self._path} cannot be written: {error}") from error


def connect(path: Path, timeout_s: float = 5.0) -> sqlite3.Connection:
    """Open a log that a `History` has opened already, to change it; any thread may use it.

    Raises:
        sqlite3.Error: it cannot be opened, or is gone.
    """
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True, isolation_level=None, timeout=timeout_s, check_same_thread=False,
    )  # fmt: skip
    keep_no_traces(database)
    schema.add_functions(database)
    return database


def keep_no_traces(database: sqlite3.Connection) -> None:
    """Have a connection overwrite what it deletes, and make no temporary files."""
    database.execute("PRAGMA secure_delete = ON")
    database.execute("PRAGMA temp_store = MEMORY")


def erase_traces(database: sqlite3.Connection, largest: int | None = None) -> bool:
    """Remove deleted text from the files; False if somebody reads just then.

    Leaves it in a file over `largest` bytes, except in its write-ahead log.

    Raises:
        sqlite3.Error: the file cannot be written now.
    """
    (traces,) = database.execute("SELECT traces FROM deletions").fetchone()
    (size,) = database.execute(
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    ).fetchone()
    if traces and (largest is None or size <= largest):
        # SQLite overwrites a deleted row, but not the copies that it has left where
        # rows moved between pages.
        database.execute("VACUUM")
        database.execute("UPDATE deletions SET traces = 0")
    # The other kinds of checkpoint leave what they have copied in the file.
    (in_use, _, _) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not in_use


def party_of(row: sqlite3.Row) -> Party:
    """Return the other end of a call, from its row."""
    return Party(
        uri=row["uri"],
        name=row["name"],
        imitates=bool(row["imitates"]),
        name_from=NameFrom(row["name_from"]) if row["name_from"] else None,
    )


def entry_of(row: sqlite3.Row) -> LogEntry:
    """Convert a row of `log`, with all columns and `HAS_LINES`, to a client's log entry."""
    end = row["ended"]
    answered = row["answered"]
    return LogEntry(
        id=str(row["id"]),
        account=row["account"],
        direction=Direction(row["direction"]),
        remote=party_of(row),
        outcome=Outcome(row["outcome"]),
        started=rfc3339(row["started"]),
        answered=rfc3339(answered) if answered is not None else None,
        ended=rfc3339(end) if end is not None else None,
        duration_s=round(max(0.0, end - answered), 3) if answered and end else 0.0,
        code=row["code"],
        reason=row["reason"],
        lock=LockState(row["lock"]),
        lock_was_open=bool(row["lock_was_open"]),
        codec=row["codec"],
        sign=Sign(row["sign"]) if row["sign"] else None,
        realtime_text=bool(row["has_lines"]),
    )
