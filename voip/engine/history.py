"""The call log: SQLite, a row from each call's first event on.

A row is written before anything else happens to a call, so that a crash
leaves it there as *ongoing*; the next start turns those into *interrupted*.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from voip.model import Direction, LockState, LogEntry, Outcome, Party, rfc3339

_SCHEMA_VERSION = 1

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
    codec TEXT
);
CREATE INDEX IF NOT EXISTS calls_by_outcome ON calls (outcome, id);
CREATE INDEX IF NOT EXISTS calls_by_account ON calls (account, id);
"""


class HistoryError(Exception):
    """The log cannot be opened or written; the text says what to do."""


class History:
    """Times are seconds since the epoch."""

    def __init__(self, path: Path) -> None:
        """Open or create the log.

        Raises:
            HistoryError: it is damaged, newer than this program, or unreachable.
        """
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=5)
            path.chmod(0o600)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > _SCHEMA_VERSION:
                self._db.close()
                raise HistoryError(
                    f"{path} was written by a newer Offhook: update this one, or move it away"
                )
            self._db.executescript(_SCHEMA)
            self._db.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        except (sqlite3.Error, OSError) as error:
            raise HistoryError(
                f"the call log {path} cannot be used: {error}. Move it away to start a new one."
            ) from error

    def close(self) -> None:
        self._db.close()

    def last_id(self) -> int:
        """The largest id in use, 0 in an empty log."""
        row = self._db.execute("SELECT max(id) FROM calls").fetchone()
        return int(row[0] or 0)

    def mark_interrupted(self) -> int:
        """Close the rows that an earlier engine could not; how many."""
        cursor = self._db.execute(
            "UPDATE calls SET outcome = ?, ended = coalesce(ended, answered, started), reason = ? "
            "WHERE outcome = ?",
            (Outcome.INTERRUPTED, "the phone stopped during the call", Outcome.ONGOING),
        )
        return cursor.rowcount

    def begin(
        self, call_id: int, account: str, direction: Direction, remote: Party, started: float
    ) -> LogEntry:
        """Write the row of a call that has just begun."""
        self._write(
            "INSERT INTO calls (id, account, direction, uri, name, outcome, started) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (call_id, account, direction, remote.uri, remote.name, Outcome.ONGOING, started),
        )
        return self.entry(call_id)

    def answered(self, call_id: int, when: float) -> LogEntry:
        self._write("UPDATE calls SET answered = ? WHERE id = ?", (when, call_id))
        return self.entry(call_id)

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
    ) -> LogEntry:
        """Complete the row of a call."""
        self._write(
            "UPDATE calls SET ended = ?, outcome = ?, code = ?, reason = ?, lock = ?, "
            "lock_was_open = ?, codec = ? WHERE id = ?",
            (when, outcome, code, reason, lock, int(lock_was_open), codec, call_id),
        )
        return self.entry(call_id)

    def entry(self, call_id: int) -> LogEntry:
        """One row.

        Raises:
            KeyError: there is none.
        """
        row = self._db.execute("SELECT * FROM calls WHERE id = ?", (call_id,)).fetchone()
        if row is None:
            raise KeyError(call_id)
        return _entry(row)

    def search(self, text: str = "", limit: int = 50, before: int | None = None) -> list[LogEntry]:
        """Rows newest first whose name, address, account or outcome has `text`."""
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        rows = self._db.execute(
            "SELECT * FROM calls WHERE id < coalesce(?, id + 1) AND (? = '%%' "
            "OR uri LIKE ? ESCAPE '\\' OR name LIKE ? ESCAPE '\\' OR account LIKE ? ESCAPE '\\' "
            "OR outcome LIKE ? ESCAPE '\\' OR reason LIKE ? ESCAPE '\\') "
            "ORDER BY id DESC LIMIT ?",
            (before, pattern, pattern, pattern, pattern, pattern, pattern, limit),
        )
        return [_entry(row) for row in rows]

    def check(self) -> str | None:
        """What SQLite finds wrong with the file, None when it is sound."""
        result = self._db.execute("PRAGMA integrity_check").fetchone()[0]
        return None if result == "ok" else str(result)

    def _write(self, sql: str, values: tuple[object, ...]) -> None:
        try:
            self._db.execute(sql, values)
        except sqlite3.Error as error:
            raise HistoryError(f"the call log {self._path} cannot be written: {error}") from error


def _entry(row: sqlite3.Row) -> LogEntry:
    end = row["ended"]
    answered = row["answered"]
    return LogEntry(
        id=str(row["id"]),
        account=row["account"],
        direction=Direction(row["direction"]),
        remote=Party(uri=row["uri"], name=row["name"]),
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
    )
