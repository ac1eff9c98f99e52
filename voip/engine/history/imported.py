"""Rows of an exported log: checked, cleaned, compared with the log, and written.

The file may be anybody's: its text is cleaned as text from the network is, and a name in
it is judged again.
"""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from voip.engine.history.log import HistoryError, connect
from voip.model import LogEntry, NameFrom, Outcome
from voip.security.imitation import imitates, inert, inert_address
from voip.security.text import clean

_MAX_ACCOUNT = 64
_MAX_CODEC = 64
_MAX_REASON = 4096

# Times are exported to the second, durations to the millisecond.
_LATEST_IN_A_SECOND = 0.9996
_LAST_TIME = datetime(9999, 12, 31).timestamp()

# The echo line's rows bear the phone's own name, those of contacts the user's.
_OWN_NAMES = (NameFrom.CONTACT, NameFrom.PHONE)


class BadRow(Exception):
    """Row that cannot be imported; the text says why."""


class Row(NamedTuple):
    """Row to import, with the columns of `log` behind its id."""

    account: str
    direction: str
    uri: str
    name: str
    outcome: str
    started: float
    answered: float | None
    ended: float | None
    code: int | None
    reason: str
    lock: str
    lock_was_open: bool
    codec: str | None
    imitates: bool
    sign: str | None
    name_from: str | None


def row_of(entry: LogEntry) -> Row:
    """Check and clean a row.

    Raises:
        BadRow: it cannot be imported.
    """
    if entry.outcome is Outcome.ONGOING:
        raise BadRow("the call had not ended when it was exported")
    account, remote = clean(entry.account, _MAX_ACCOUNT), entry.remote
    uri, name = inert_address(remote.uri), inert(remote.name)
    if not account or not uri:
        raise BadRow(f"it has no {'address' if account else 'account'}")
    if entry.code is not None and not 0 <= entry.code <= 999:
        raise BadRow("its code is not that of an answer")
    answered, ended = _answered_and_ended(entry)
    name_from = (remote.name_from or NameFrom.CLAIM) if name else None
    if name_from is NameFrom.PHONE and account != "echo":
        name_from = NameFrom.CLAIM
    # Cleaning removes what makes an imitation: the raw text must be checked too.
    claims = name_from not in _OWN_NAMES and any(
        imitates(text, uri) for text in {name, clean(remote.name)}
    )
    return Row(
        account=account,
        direction=entry.direction,
        uri=uri,
        name=name,
        outcome=entry.outcome,
        started=_seconds("started", entry.started),
        answered=answered,
        ended=ended,
        code=entry.code,
        reason=clean(entry.reason, _MAX_REASON),
        lock=entry.lock,
        lock_was_open=entry.lock_was_open,
        codec=clean(entry.codec, _MAX_CODEC) if entry.codec is not None else None,
        imitates=bool(name) and (remote.imitates or claims),
        sign=entry.sign,
        name_from=name_from,
    )


def _answered_and_ended(entry: LogEntry) -> tuple[float | None, float | None]:
    """Find times whose seconds and whose difference are those of the entry.

    Raises:
        BadRow: there are none.
    """
    answered = _seconds("answered", entry.answered) if entry.answered is not None else None
    ended = _seconds("ended", entry.ended) if entry.ended is not None else None
    length = entry.duration_s
    if answered is None or ended is None:
        if length:
            raise BadRow("it has a duration, but not both the answer and the end")
        return answered, ended
    # The clock may have been set back during the call.
    if not length and ended <= answered:
        return answered, ended
    if not ended - answered - 1 <= length <= ended - answered + 1:
        raise BadRow("its duration is not that between its answer and its end")
    ended = min(max(ended, answered + length), ended + _LATEST_IN_A_SECOND)
    return min(max(answered, ended - length), answered + _LATEST_IN_A_SECOND), ended


def _seconds(name: str, text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRow(f"“{clean(text, 40)}” ({name}) is not a time like 2026-01-31T12:00:00Z")
    seconds = math.floor(moment.timestamp())
    if not 0 <= seconds < _LAST_TIME:
        raise BadRow(f"“{clean(text, 40)}” ({name}) is not a time of a call")
    return float(seconds)


class ImportedRows:
    """Rows on their way into the log; any thread may call its methods, which may block."""

    def __init__(self, path: Path) -> None:
        """Prepare to change a log that a `History` has opened already."""
        self._path = path

    def new(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows whose calls are not in the log, each as often as they are missing.

        Raises:
            HistoryError: the log cannot be read.
        """
        with self._using("read") as db:
            there: Counter[object] = Counter()
            for second in {row.started for row in rows}:
                there.update(
                    _call_of(*columns)
                    for columns in db.execute(
                        "SELECT account, direction, uri, started, answered, ended FROM log "
                        "WHERE started >= ? AND started < ?",
                        (second, second + 1),
                    )
                )
        new = []
        for row in rows:
            call = _call_of(
                row.account, row.direction, row.uri, row.started, row.answered, row.ended
            )
            there[call] -= 1
            if there[call] < 0:
                new.append(row)
        return new

    def add(self, rows: Sequence[Row], first_id: int) -> None:
        """Write rows, the newest first, with ids from `first_id` on; all or none.

        Raises:
            HistoryError: the log cannot be written.
        """
        with self._using("written") as db, db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                f"INSERT INTO log VALUES ({', '.join('?' * (1 + len(Row._fields)))})",  # noqa: S608
                ((first_id + place, *row) for place, row in enumerate(reversed(rows))),
            )

    @contextmanager
    def _using(self, doing: str) -> Iterator[sqlite3.Connection]:
        try:
            with closing(connect(self._path)) as database:
                yield database
        except sqlite3.Error as error:
            raise HistoryError(f"the call log {self._path} cannot be {doing}: {error}") from error


def _call_of(
    account: str,
    direction: str,
    uri: str,
    started: float,
    answered: float | None,
    ended: float | None,
) -> object:
    """Return what tells a call from every other, as far as it is exported."""
    times = (None if time is None else int(time) for time in (started, answered, ended))
    return account, direction, uri, *times
