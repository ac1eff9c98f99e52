"""Writes the call log: SQLite, a row for each call from its first event.

The row is written first: after a crash it is there as *ongoing*, and the next start
marks it *interrupted*. `history.reader` reads the log, `history.deletion` deletes rows.
"""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from voip.engine.history import typed_lines
from voip.model import Direction, LogEntry, NameFrom, Outcome, Party, rfc3339
from voip.protection import LockState, Sign
from voip.security.imitation import imitates, inert, inert_address
from voip.security.text import clean, fold

log = logging.getLogger(__name__)

_SCHEMA_VERSION = 7

ERASED_AT_ONCE = 16 * 1024 * 1024
"""Size of a log in bytes that is written again in a tenth of a second."""

UNDO_S = 60.0
"""Seconds for which the last deletion can be undone."""

# `words` is searched instead of the columns: SQLite folds the case of ASCII alone.
# `deletions` has one row: the largest id before the last deletion, since no later call may
# have the id of a deleted one; and 1 while deleted text may be left in the file.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    direction TEXT NOT NULL,
    uri TEXT NOT NULL,
    name TEXT NOT NULL,
    outcome TEXT NOT NULL,
    started REAL NOT NULL,
    answered REAL,
    ended REAL,
    code INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    lock TEXT NOT NULL DEFAULT 'open',
    lock_was_open INTEGER NOT NULL DEFAULT 0,
    codec TEXT,
    words TEXT NOT NULL DEFAULT '',
    imitates INTEGER NOT NULL DEFAULT 0,
    sign TEXT,
    name_from TEXT
);
CREATE INDEX IF NOT EXISTS calls_by_outcome ON calls (outcome, id);
CREATE INDEX IF NOT EXISTS calls_by_account ON calls (account, id);
CREATE INDEX IF NOT EXISTS calls_by_uri ON calls (uri, id);
CREATE TABLE IF NOT EXISTS deletions (last_id INTEGER NOT NULL, traces INTEGER NOT NULL);
INSERT INTO deletions SELECT 0, 0 WHERE NOT EXISTS (SELECT * FROM deletions);
"""

_ADD_WORDS = """
BEGIN;
ALTER TABLE calls ADD COLUMN words TEXT NOT NULL DEFAULT '';
UPDATE calls SET words = words_of(name, uri, account, outcome, reason);
PRAGMA user_version = 2;
COMMIT;
"""

_ADD_IMITATES = """
BEGIN;
ALTER TABLE calls ADD COLUMN imitates INTEGER NOT NULL DEFAULT 0;
UPDATE calls SET name = clean(name), imitates = imitates(name, uri);
PRAGMA user_version = 3;
COMMIT;
"""

_ADD_SIGN = """
BEGIN;
ALTER TABLE calls ADD COLUMN sign TEXT;
UPDATE calls SET sign = CASE lock WHEN 'closed' THEN 'secure' ELSE 'open' END
    WHERE answered IS NOT NULL;
PRAGMA user_version = 4;
COMMIT;
"""


# The source of an earlier caller's name is unknown: none is trusted.
_ADD_NAME_FROM = """
BEGIN;
ALTER TABLE calls ADD COLUMN name_from TEXT;
UPDATE calls SET imitates = 1 WHERE direction = 'in' AND imitates(name, uri);
UPDATE calls SET name = inert(name), uri = inert_address(uri);
UPDATE calls SET imitates = 1 WHERE direction = 'in' AND imitates(name, uri);
UPDATE calls SET name_from = CASE
    WHEN account = 'echo' THEN 'phone' WHEN direction = 'in' THEN 'claim' ELSE 'contact' END
    WHERE name <> '';
UPDATE calls SET words = words_of(name, uri, account, outcome, reason);
PRAGMA user_version = 5;
COMMIT;
"""

_RENAME_SIGNS = """
BEGIN;
UPDATE calls SET sign = CASE sign
    WHEN 'secure' THEN 'server' WHEN 'proven' THEN 'sealed' WHEN 'open' THEN 'unsafe' ELSE sign END;
PRAGMA user_version = 6;
COMMIT;
"""


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
        self._db.create_function("words_of", -1, words_of, deterministic=True)
        self._db.create_function("clean", 1, clean, deterministic=True)
        self._db.create_function("inert", 1, inert, deterministic=True)
        self._db.create_function("inert_address", 1, inert_address, deterministic=True)
        self._db.create_function("imitates", 2, imitates, deterministic=True)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > _SCHEMA_VERSION:
            raise HistoryError(
                f"{self._path} was written by a newer Offhook: update this one, or move it away"
            )
        if version == 1:
            self._db.executescript(_ADD_WORDS)
        if version in (1, 2):
            self._db.executescript(_ADD_IMITATES)
        if version in (1, 2, 3):
            self._db.executescript(_ADD_SIGN)
        if version in (1, 2, 3, 4):
            self._db.executescript(_ADD_NAME_FROM)
        if version in (1, 2, 3, 4, 5):
            self._db.executescript(_RENAME_SIGNS)
        self._db.executescript(_SCHEMA)
        self._db.executescript(typed_lines.SCHEMA)
        self._db.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
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
        cursor = self._db.execute(
            "UPDATE calls SET outcome = ?1, reason = ?2, "
            "ended = coalesce(ended, answered, started), "
            "words = words_of(name, uri, account, ?1, ?2) WHERE outcome = ?3",
            (Outcome.INTERRUPTED, "the phone stopped during the call", Outcome.ONGOING),
        )
        if cursor.rowcount:
            log.warning("%d calls in the log were interrupted by the engine's end", cursor.rowcount)
        return cursor.rowcount

    def begin(
        self, call_id: int, account: str, direction: Direction, remote: Party, started: float
    ) -> LogEntry:
        """Write the row of a call that has just begun."""
        return self._write(
            call_id,
            "INSERT INTO calls "
            "(id, account, direction, uri, name, outcome, started, imitates, name_from, words) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, words_of(?5, ?4, ?2, ?6, ''))",
            (
                call_id,
                account,
                direction,
                remote.uri,
                remote.name,
                Outcome.ONGOING,
                started,
                remote.imitates,
                remote.name_from,
            ),
        )

    def answered(self, call_id: int, when: float) -> LogEntry:
        return self._write(call_id, "UPDATE calls SET answered = ? WHERE id = ?", (when, call_id))

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
            "UPDATE calls SET ended = ?1, outcome = ?2, code = ?3, reason = ?4, lock = ?5, "
            "lock_was_open = ?6, sign = ?7, codec = ?8, "
            "words = words_of(name, uri, account, ?2, ?4) WHERE id = ?9",
            (when, outcome, code, reason, lock, int(lock_was_open), sign, codec, call_id),
        )

    def entry(self, call_id: int) -> LogEntry:
        """Read one row.

        Raises:
            KeyError: there is none.
        """
        select = f"SELECT *, {typed_lines.HAS_LINES} FROM calls WHERE id = ?"  # noqa: S608
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


def words_of(name: str, uri: str, account: str, outcome: str, reason: str) -> str:
    """Join a row's searchable text in lines: no search matches across two."""
    return fold("\n".join((name, uri, account, outcome, reason)))


def party_of(row: sqlite3.Row) -> Party:
    """Return the other end of a call, from its row."""
    return Party(
        uri=row["uri"],
        name=row["name"],
        imitates=bool(row["imitates"]),
        name_from=NameFrom(row["name_from"]) if row["name_from"] else None,
    )


def entry_of(row: sqlite3.Row) -> LogEntry:
    """Convert a row of `calls`, with all columns and `HAS_LINES`, to a client's log entry."""
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
