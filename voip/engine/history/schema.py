"""Schema of the call log's file, and its way there from older versions.

What rows have in common stands once, in `kinds`: a search reads some thousands of kinds
where it would read a million rows. `log` shows the rows whole, and is written to.
"""

from __future__ import annotations

import logging
import sqlite3
import sys

from voip.security.imitation import imitates, inert, inert_address
from voip.security.text import clean, fold

log = logging.getLogger(__name__)

VERSION = 8

_MANY = 100_000
"""Rows that take seconds to be written anew."""

# `words` is searched instead of the columns: SQLite folds the case of ASCII alone. `latest`
# is when the last of the `rows` began. No column is NULL, which UNIQUE would take for new.
# `deletions` has one row: the largest id before the last deletion, since no later call may
# have the id of a deleted one; and 1 while deleted text may be left in the file.
_TABLES = """
CREATE TABLE kinds (
    id INTEGER PRIMARY KEY,
    rows INTEGER NOT NULL DEFAULT 0,
    latest REAL NOT NULL DEFAULT 0,
    secure INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    account TEXT NOT NULL,
    words TEXT NOT NULL,
    uri TEXT NOT NULL,
    name TEXT NOT NULL,
    imitates INTEGER NOT NULL,
    name_from TEXT NOT NULL,
    reason TEXT NOT NULL,
    UNIQUE (uri, name, imitates, name_from, account, outcome, reason, secure)
);
CREATE TABLE calls (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    started REAL NOT NULL,
    answered REAL,
    ended REAL,
    direction TEXT NOT NULL,
    code INTEGER,
    lock TEXT NOT NULL,
    lock_was_open INTEGER NOT NULL,
    codec TEXT,
    sign TEXT
);
CREATE TABLE IF NOT EXISTS deletions (last_id INTEGER NOT NULL, traces INTEGER NOT NULL);
INSERT INTO deletions SELECT 0, 0 WHERE NOT EXISTS (SELECT * FROM deletions);
"""

_INDEXES = """
CREATE INDEX calls_by_time ON calls (started, id, kind);
CREATE INDEX calls_by_kind ON calls (kind, started, id);
CREATE INDEX kinds_ongoing ON kinds (id) WHERE outcome = 'ongoing';
"""

_FIND_KIND = """
    SELECT id FROM kinds WHERE uri = {0}.uri AND name = {0}.name AND imitates = {0}.imitates
    AND name_from = coalesce({0}.name_from, '') AND account = {0}.account
    AND outcome = {0}.outcome AND reason = {0}.reason
    AND secure = ({0}.lock = 'closed' AND NOT {0}.lock_was_open)
"""

_INSERT = f"""
    INSERT OR IGNORE INTO kinds
        (uri, name, imitates, name_from, account, outcome, reason, secure, words)
    VALUES (
        new.uri, new.name, new.imitates, coalesce(new.name_from, ''), new.account, new.outcome,
        new.reason, new.lock = 'closed' AND NOT new.lock_was_open,
        words_of(new.name, new.uri, new.account, new.outcome, new.reason)
    );
    INSERT INTO calls VALUES (
        new.id, ({_FIND_KIND.format("new")}), new.started, new.answered, new.ended,
        new.direction, new.code, new.lock, new.lock_was_open, new.codec, new.sign
    );
"""  # noqa: S608

_VIEW = f"""
CREATE VIEW log AS SELECT
    calls.id, account, direction, uri, name, outcome, started, answered, ended, code, reason,
    lock, lock_was_open, codec, imitates, sign, nullif(name_from, '') AS name_from
    FROM calls JOIN kinds ON kinds.id = calls.kind;
CREATE TRIGGER log_insert INSTEAD OF INSERT ON log BEGIN {_INSERT} END;
CREATE TRIGGER log_update INSTEAD OF UPDATE ON log BEGIN
    DELETE FROM calls WHERE id = old.id;
    {_INSERT}
END;
CREATE TRIGGER calls_insert AFTER INSERT ON calls BEGIN
    UPDATE kinds SET rows = rows + 1, latest = max(latest, new.started) WHERE id = new.kind;
END;
CREATE TRIGGER calls_delete AFTER DELETE ON calls BEGIN
    DELETE FROM kinds WHERE id = old.kind AND rows = 1;
    UPDATE kinds SET rows = rows - 1, latest = CASE WHEN latest > old.started THEN latest
        ELSE (SELECT max(started) FROM calls WHERE kind = old.kind) END WHERE id = old.kind;
END;
"""  # noqa: S608

# A step leads from the version that is its key to the next.
_STEPS = {
    1: """
ALTER TABLE calls ADD COLUMN words TEXT NOT NULL DEFAULT '';
UPDATE calls SET words = words_of(name, uri, account, outcome, reason);
""",
    2: """
ALTER TABLE calls ADD COLUMN imitates INTEGER NOT NULL DEFAULT 0;
UPDATE calls SET name = clean(name), imitates = imitates(name, uri);
""",
    3: """
ALTER TABLE calls ADD COLUMN sign TEXT;
UPDATE calls SET sign = CASE lock WHEN 'closed' THEN 'secure' ELSE 'open' END
    WHERE answered IS NOT NULL;
""",
    # The source of an earlier caller's name is unknown: none is trusted.
    4: """
ALTER TABLE calls ADD COLUMN name_from TEXT;
UPDATE calls SET imitates = 1 WHERE direction = 'in' AND imitates(name, uri);
UPDATE calls SET name = inert(name), uri = inert_address(uri);
UPDATE calls SET imitates = 1 WHERE direction = 'in' AND imitates(name, uri);
UPDATE calls SET name_from = CASE
    WHEN account = 'echo' THEN 'phone' WHEN direction = 'in' THEN 'claim' ELSE 'contact' END
    WHERE name <> '';
UPDATE calls SET words = words_of(name, uri, account, outcome, reason);
""",
    5: """
UPDATE calls SET sign = CASE sign
    WHEN 'secure' THEN 'server' WHEN 'proven' THEN 'sealed' WHEN 'open' THEN 'unsafe' ELSE sign END;
""",
    6: "",
    # Dropping the old table leaves its text in the file: a trace until it is written anew.
    7: f"""
ALTER TABLE calls RENAME TO flat;
{_TABLES}
INSERT OR IGNORE INTO kinds
    (uri, name, imitates, name_from, account, outcome, reason, secure, words)
    SELECT uri, name, imitates, coalesce(name_from, ''), account, outcome, reason,
        lock = 'closed' AND NOT lock_was_open, words FROM flat;
INSERT INTO calls SELECT
    id, ({_FIND_KIND.format("flat")}), started, answered, ended, direction, code, lock,
    lock_was_open, codec, sign FROM flat ORDER BY id;
DROP TABLE flat;
{_INDEXES}
UPDATE kinds SET
    rows = (SELECT count(*) FROM calls WHERE kind = kinds.id),
    latest = (SELECT max(started) FROM calls WHERE kind = kinds.id);
{_VIEW}
UPDATE deletions SET traces = 1;
""",  # noqa: S608
}


def prepare(database: sqlite3.Connection) -> None:
    """Create the schema, or lead an older one to it, which may take seconds once.

    Raises:
        sqlite3.Error: the file cannot be read or written; it is as it was.
    """
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if not version:
        _run(database, _TABLES + _INDEXES + _VIEW)
        return
    if version == VERSION:
        return
    steps = "".join(_STEPS[step] for step in range(version, VERSION))
    (rows,) = database.execute("SELECT count(*) FROM calls").fetchone()
    if rows > _MANY:
        words = f"the call log of {rows:,} calls gets another form, once: this may take a minute"
        log.warning("%s", words)
        # A client that has started this engine waits longer for it.
        print(f"offhook: {words}", file=sys.stderr, flush=True)
    # One transaction, or a crash between two steps would leave neither version.
    database.execute("PRAGMA secure_delete = OFF")
    _run(database, steps)
    database.execute("PRAGMA secure_delete = ON")


def _run(database: sqlite3.Connection, script: str) -> None:
    try:
        database.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {VERSION}; COMMIT")
    except BaseException:
        if database.in_transaction:
            database.rollback()
        raise


def add_functions(database: sqlite3.Connection) -> None:
    """Add to a connection what writing to `log` calls."""
    database.create_function("words_of", -1, words_of, deterministic=True)
    database.create_function("clean", 1, clean, deterministic=True)
    database.create_function("inert", 1, inert, deterministic=True)
    database.create_function("inert_address", 1, inert_address, deterministic=True)
    database.create_function("imitates", 2, imitates, deterministic=True)


def words_of(name: str, uri: str, account: str, outcome: str, reason: str) -> str:
    """Join a row's searchable text in lines: no search matches across two."""
    return fold("\n".join((name, uri, account, outcome, reason)))
