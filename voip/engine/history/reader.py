"""Reads the call log: its pages, and the people in it.

Searching a log of many years takes tens of milliseconds, so the reader has a read-only
connection for other threads.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from voip.engine.history.log import HistoryError, entry_of, keep_no_traces, party_of
from voip.engine.history.typed_lines import HAS_LINES
from voip.model import Direction, LogEntry, Outcome, Party, rfc3339
from voip.protocol.people import LastCall
from voip.security.text import fold

_PEOPLE_OF = 100_000
"""Rows, the latest ones, whose people are known."""


class Conditions(msgspec.Struct, frozen=True):
    """Conditions that a row must all match.

    `text` is in the name, address, account, outcome or reason; `secure` selects calls
    whose lock was closed all the time, or, when False, the others. `uris` are the
    addresses of the other end.
    """

    text: str = ""
    missed: bool = False
    account: str | None = None
    secure: bool | None = None
    uris: tuple[str, ...] | None = None


class Page(msgspec.Struct, frozen=True):
    """Rows of the log; `total` counts all matching rows."""

    entries: tuple[LogEntry, ...]
    total: int


class Person(msgspec.Struct, frozen=True):
    """Person in the log; the last of their calls is in `row`, with `account`."""

    party: Party
    account: str
    row: int
    last: LastCall


class HistoryReader:
    """Reader of the log; any thread may call its methods, which may block."""

    def __init__(self, path: Path) -> None:
        """Prepare to read a log that a `History` has opened already."""
        self._path = path
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None

    def close(self) -> None:
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def page(
        self, filters: Conditions, limit: int = 50, offset: int = 0, before: int | None = None
    ) -> Page:
        """Read rows newest first, after the row `before`, skipping `offset`.

        Raises:
            HistoryError: the log cannot be read.
        """
        where, values = condition(filters)
        newer = "" if before is None else " AND id < ?"
        bounds = [] if before is None else [before]
        # Only bound values come from outside.
        select = (
            f"SELECT *, {HAS_LINES} FROM calls "  # noqa: S608
            f"WHERE {where}{newer} ORDER BY id DESC LIMIT ? OFFSET ?"
        )
        count = f"SELECT count(*) FROM calls WHERE {where}"  # noqa: S608
        with self._at_one_moment():
            rows = self._rows(select, (*values, *bounds, limit, offset))
            entries = tuple(entry_of(row) for row in rows)
            if before is None and len(entries) < limit and (entries or not offset):
                return Page(entries, offset + len(entries))
            return Page(entries, self._rows(count, tuple(values))[0][0])

    def people(self, limit: int, without: str) -> list[Person]:
        """Return people called or calling, latest first, by their latest name.

        Calls of the account `without` and of blocked callers do not count, nor those before
        the last hundred thousand: a search must not wait for a log of a million rows.

        Raises:
            HistoryError: the log cannot be read.
        """
        # With max(), SQLite takes the other columns from the row that has it.
        latest = (
            "SELECT uri, name, imitates, name_from, account, direction, outcome, started, "
            "max(id) AS latest FROM calls NOT INDEXED "
            "WHERE id > (SELECT max(id) FROM calls) - ? AND account <> ? "
            "AND outcome <> 'blocked' {} GROUP BY uri ORDER BY latest DESC LIMIT ?"
        )
        # Calls made here have no name: use the latest call that has one.
        named = self._rows(latest.format("AND name <> ''"), (_PEOPLE_OF, without, limit))
        # A caller must not be found by the number that their name imitates.
        names = {row["uri"]: party_of(row) for row in named if not row["imitates"]}
        rows = self._rows(latest.format(""), (_PEOPLE_OF, without, limit))
        return [
            Person(
                names.get(row["uri"], Party(uri=row["uri"])),
                row["account"],
                row["latest"],
                LastCall(
                    rfc3339(row["started"]), Direction(row["direction"]), Outcome(row["outcome"])
                ),
            )
            for row in rows
        ]

    @contextmanager
    def _at_one_moment(self) -> Iterator[None]:
        # A call that begins between two reads must be in both or in neither.
        with self._lock:
            self._rows("BEGIN", ())
            try:
                yield
            finally:
                self._connection().rollback()

    def _rows(self, sql: str, values: tuple[object, ...]) -> list[sqlite3.Row]:
        with self._lock:
            try:
                return self._connection().execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise HistoryError(f"the call log {self._path} cannot be read: {error}") from error

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            place = f"{self._path.absolute().as_uri()}?mode=ro"
            self._db = sqlite3.connect(place, uri=True, timeout=5, check_same_thread=False)
            keep_no_traces(self._db)
            self._db.row_factory = sqlite3.Row
        return self._db


def condition(filters: Conditions) -> tuple[str, list[object]]:
    """Build the terms of a WHERE, and the values for its question marks."""
    terms: list[str] = []
    values: list[object] = []
    if filters.missed:
        terms.append("outcome = ?")
        values.append(Outcome.MISSED)
    if filters.account is not None:
        terms.append("account = ?")
        values.append(filters.account)
    if filters.secure is not None:
        terms.append(f"{'' if filters.secure else 'NOT '}(lock = 'closed' AND NOT lock_was_open)")
    if filters.uris is not None:
        terms.append(f"uri IN ({', '.join('?' * len(filters.uris))})")
        values += filters.uris
    if filters.text:
        terms.append("instr(words, ?)")
        values.append(fold(filters.text))
    return " AND ".join(terms) or "true", values
