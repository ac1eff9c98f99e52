"""Table of real-time text in the log's file: lines of calls that keep them."""

from __future__ import annotations

import sqlite3

# `place` counts the lines of a call. No trigger deletes them with its row: a row that
# changes is one deleted and one inserted (`schema`). A row that another program has deleted
# takes its text along at the next start.
_TABLE = """
CREATE TABLE IF NOT EXISTS typed_lines (
    call INTEGER NOT NULL,
    place INTEGER NOT NULL,
    ours INTEGER NOT NULL,
    text TEXT NOT NULL,
    time TEXT NOT NULL,
    ended INTEGER NOT NULL,
    PRIMARY KEY (call, place)
) WITHOUT ROWID;
"""

HAS_LINES = "EXISTS (SELECT 1 FROM typed_lines WHERE call = log.id) AS has_lines"
"""Column of `log` that tells if text of a call was kept."""


def prepare(database: sqlite3.Connection) -> None:
    """Create the table, or remove from it what no row of the log has.

    Raises:
        sqlite3.Error: the file cannot be read or written.
    """
    database.execute(_TABLE)
    with database:
        database.execute("BEGIN IMMEDIATE")
        gone = database.execute("DELETE FROM typed_lines WHERE call NOT IN (SELECT id FROM calls)")
        if gone.rowcount:
            database.execute("UPDATE deletions SET traces = 1")
