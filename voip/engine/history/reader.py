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

from voip.engine.errors import Refusal
from voip.engine.history.log import HistoryError, entry_of, keep_no_traces, party_of
from voip.engine.history.typed_lines import HAS_LINES
from voip.model import Direction, LogEntry, Outcome, Party, rfc3339
from voip.protocol.people import LastCall
from voip.security.text import fold

_PEOPLE_OF = 100_000
"""Rows, the latest ones, whose people are known."""

_FEW = 1000
"""Rows that are faster put in order than met on a way through all of them."""

_NEAR_EACH = 10
"""Rows that are looked at for each that is wanted, before all kinds that match are."""

_NEWEST_FIRST = "ORDER BY started DESC, id DESC"

# Of the kinds in `found`, no row of the first page is older than those that each of the
# latest kinds has: with as many of them as rows, what began before their last is left.
_GATHER = f"""
WITH top AS MATERIALIZED (SELECT id, latest FROM found ORDER BY latest DESC LIMIT ?1),
oldest AS MATERIALIZED (
    SELECT CASE count(*) WHEN ?1 THEN min(latest) ELSE -1e300 END AS latest FROM top
)
SELECT calls.id FROM top JOIN calls ON calls.id IN (
    SELECT id FROM calls AS own
    WHERE own.kind = top.id AND own.started >= (SELECT latest FROM oldest)
    {_NEWEST_FIRST} LIMIT ?1
)
ORDER BY calls.started DESC, calls.id DESC LIMIT ?2 OFFSET ?3
"""  # noqa: S608

_WALK = f"""
SELECT id FROM calls INDEXED BY calls_by_time WHERE {{}} {_NEWEST_FIRST} LIMIT ? OFFSET ?
"""  # noqa: S608

_NEAR = f"""
SELECT near.id FROM (
    SELECT id, kind, started FROM calls WHERE {{}} {_NEWEST_FIRST} LIMIT ?
) AS near CROSS JOIN kinds ON kinds.id = near.kind WHERE {{}}
ORDER BY near.started DESC, near.id DESC LIMIT ? OFFSET ?
"""  # noqa: S608


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
            Refusal: there is no row `before`.
            HistoryError: the log cannot be read.
        """
        with self._at_one_moment():
            newer = self.place_of(before) if before is not None else ()
            where, values = condition(filters)
            if where == "true":
                found = self._rows(_WALK.format(_older(newer)), (*newer, limit, offset))
                total = self._number("SELECT count(*) FROM calls", ())
            else:
                found, total = self._search(where, values, newer, limit, offset)
            ids = ", ".join(str(row["id"]) for row in found)
            # Only bound values come from outside.
            select = f"SELECT *, {HAS_LINES} FROM log WHERE id IN ({ids}) {_NEWEST_FIRST}"  # noqa: S608
            rows = self._rows(select, ())
        return Page(tuple(entry_of(row) for row in rows), total)

    def _search(
        self,
        where: str,
        values: tuple[object, ...],
        newer: tuple[object, ...],
        limit: int,
        offset: int,
    ) -> tuple[list[sqlite3.Row], int]:
        """Find the rows of a page by the cheapest way to them, and count all that match."""
        older, wanted = _older(newer), offset + limit
        if wanted <= _FEW:
            near = (*newer, _NEAR_EACH * wanted, *values, limit, offset)
            ids = self._rows(_NEAR.format(older, where), near)
            if len(ids) == limit:
                count = f"SELECT coalesce(sum(rows), 0) FROM kinds WHERE {where}"  # noqa: S608
                return ids, self._number(count, values)
        fill = f"INSERT INTO found SELECT id, latest, rows FROM kinds WHERE {where}"  # noqa: S608
        self._rows(fill, values)
        total = self._number("SELECT coalesce(sum(rows), 0) FROM found", ())
        if not newer and min(wanted, total) <= _FEW:
            return self._rows(_GATHER, (wanted, limit, offset)), total
        walk = _WALK.format(f"{older} AND kind IN (SELECT id FROM found)")  # noqa: S608
        return self._rows(walk, (*newer, limit, offset)), total

    def place_of(self, row: int) -> tuple[float, int]:
        """Return what rows are ordered by: when the call began, then the id.

        Raises:
            Refusal: there is no such row.
            HistoryError: the log cannot be read.
        """
        for found in self._rows("SELECT started, id FROM calls WHERE id = ?", (row,)):
            return found["started"], found["id"]
        raise not_in_the_log(str(row))

    def people(self, limit: int, without: str) -> list[Person]:
        """Return people called or calling, latest first, by their latest name.

        Calls of the account `without` and of blocked callers do not count, nor those before
        the last hundred thousand: a search must not wait for a log of a million rows.

        Raises:
            HistoryError: the log cannot be read.
        """
        # With max(), SQLite takes the other columns from the row that has it.
        latest = (
            "SELECT id, uri, name, imitates, name_from, account, outcome, max(latest) AS latest "
            "FROM kinds NOT INDEXED WHERE latest >= coalesce((SELECT started FROM calls "
            "ORDER BY started DESC LIMIT 1 OFFSET ?), 0) AND account <> ? "
            "AND outcome <> 'blocked' {} GROUP BY uri ORDER BY latest DESC LIMIT ?"
        )
        values = (_PEOPLE_OF - 1, without, limit)
        # Calls made here have no name: use the latest call that has one.
        named = self._rows(latest.format("AND name <> ''"), values)
        # A caller must not be found by the number that their name imitates.
        names = {row["uri"]: party_of(row) for row in named if not row["imitates"]}
        rows = self._rows(
            "SELECT calls.id AS row, direction, uri, account, outcome, latest "  # noqa: S608
            f"FROM ({latest.format('')}) AS person JOIN calls ON calls.id = "
            "(SELECT id FROM calls WHERE kind = person.id ORDER BY started DESC, id DESC LIMIT 1) "
            "ORDER BY latest DESC, row DESC",
            values,
        )
        return [
            Person(
                names.get(row["uri"], Party(uri=row["uri"])),
                row["account"],
                row["row"],
                LastCall(
                    rfc3339(row["latest"]), Direction(row["direction"]), Outcome(row["outcome"])
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

    def _number(self, sql: str, values: tuple[object, ...]) -> int:
        return int(self._rows(sql, values)[0][0])

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
            self._db.execute(
                "CREATE TEMP TABLE found (id INTEGER PRIMARY KEY, latest REAL, rows INTEGER)"
            )
        return self._db


def _older(newer: tuple[object, ...]) -> str:
    return "(started, id) < (?, ?)" if newer else "true"


def not_in_the_log(row: str) -> Refusal:
    """Return the refusal of a row that is not there."""
    return Refusal("no_row", f"call {row} is not in the log: “offhook history” lists its calls")


def condition(filters: Conditions) -> tuple[str, tuple[object, ...]]:
    """Build the terms of a WHERE for `kinds`, and the values for its question marks."""
    terms: list[str] = []
    values: list[object] = []
    if filters.missed:
        terms.append("outcome = ?")
        values.append(Outcome.MISSED)
    if filters.account is not None:
        terms.append("account = ?")
        values.append(filters.account)
    if filters.secure is not None:
        terms.append("secure" if filters.secure else "NOT secure")
    if filters.uris is not None:
        terms.append(f"uri IN ({', '.join('?' * len(filters.uris))})")
        values += filters.uris
    if filters.text:
        terms.append("instr(words, ?)")
        values.append(fold(filters.text))
    return " AND ".join(terms) or "true", tuple(values)
