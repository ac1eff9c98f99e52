"""Real-time text that stays in the log's file, for accounts that ask for it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from voip.engine.history.log import HistoryError, connect
from voip.texts import TypedLine, TypedLines

_PAGE = 500
"""Most lines that are read at once: a reply has room for them at their longest."""


class KeptTexts:
    """Lines of calls, by their place in the call.

    Any thread may call `write` and `lines`. `wants` tells if an account keeps the text
    of its calls.
    """

    def __init__(self, path: Path, wants: Callable[[str], bool]) -> None:
        """Prepare to use a log that a `History` has opened already.

        Raises:
            HistoryError: the file cannot be used.
        """
        self._path = path
        self.wants = wants
        self._lock = threading.RLock()
        with self._using("used"):
            self._db = connect(path)
            self._db.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def write(self, call: int, lines: Mapping[int, TypedLine | None], shorter: bool) -> None:
        """Write lines by their places, None for one that is gone.

        `shorter`: a side has erased something that may be in the file.

        Raises:
            HistoryError: they could not be written.
        """
        with self._using("written"), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for place, line in lines.items():
                if line is None:
                    self._db.execute(
                        "DELETE FROM typed_lines WHERE call = ? AND place = ?", (call, place)
                    )
                else:
                    # Without its row, nobody could find the text or delete it.
                    self._db.execute(
                        "INSERT OR REPLACE INTO typed_lines SELECT ?1, ?2, ?3, ?4, ?5, ?6 "
                        "WHERE EXISTS (SELECT 1 FROM calls WHERE id = ?1)",
                        (call, place, line.ours, line.text, line.time, line.ended),
                    )
            if shorter:
                self._db.execute("UPDATE deletions SET traces = 1")

    def lines(self, call: int, before: int | None = None) -> tuple[int, TypedLines]:
        """Read the last lines of a call, or the last before a place.

        Returns the place of the first one, and the lines.

        Raises:
            HistoryError: the file cannot be read.
        """
        bound, values = ("", []) if before is None else (" AND place < ?", [before])
        # Only bound values come from outside.
        sql = (
            "SELECT place, ours, text, time, ended FROM typed_lines "  # noqa: S608
            f"WHERE call = ?{bound} ORDER BY place DESC LIMIT ?"
        )
        with self._using("read"):
            rows = self._db.execute(sql, (call, *values, _PAGE)).fetchall()
        rows.reverse()
        lines = tuple(
            TypedLine(bool(ours), text, time, bool(ended)) for _, ours, text, time, ended in rows
        )
        return rows[0][0] if rows else 0, lines

    @contextmanager
    def _using(self, doing: str) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise HistoryError(
                    f"the real-time text in {self._path} cannot be {doing}: {error}"
                ) from error
