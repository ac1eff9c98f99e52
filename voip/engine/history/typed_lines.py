"""Table of real-time text in the log's file: lines of calls that keep them."""

from __future__ import annotations

# `place` counts the lines of a call. The trigger also holds for an older Offhook, which
# does not know the table: no text may stay when the row of its call is deleted.
SCHEMA = """
CREATE TABLE IF NOT EXISTS typed_lines (
    call INTEGER NOT NULL,
    place INTEGER NOT NULL,
    ours INTEGER NOT NULL,
    text TEXT NOT NULL,
    time TEXT NOT NULL,
    ended INTEGER NOT NULL,
    PRIMARY KEY (call, place)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS typed_lines_go_with_their_call AFTER DELETE ON calls
BEGIN
    DELETE FROM typed_lines WHERE call = OLD.id;
END;
"""

HAS_LINES = "EXISTS (SELECT 1 FROM typed_lines WHERE call = calls.id) AS has_lines"
"""Column that tells if text of a call was kept."""
