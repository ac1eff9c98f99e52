"""A call log of many years, filled quickly and always with the same rows."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

from voip.engine.history import schema
from voip.engine.history.log import History

ROWS = 100_000
LATEST = 1_767_225_600.0  # 2026-01-01T00:00:00Z

FREQUENT = "garcía"
RARE = "piano tuner"

_FIRST = ("Ana", "Bob", "Chloë", "Dmitri", "Eva", "Fatima", "Göran", "Hana", "Ivo", "Jürgen")
_LAST = ("García", "Müller", "Novák", "O'Brien", "Пушкин", "Silva", "Tanaka", "Weiß", "García Ruiz")
_OUTCOMES = (
    *[("answered", 200, "")] * 12,
    *[("missed", None, "cancelled")] * 4,
    ("busy", 486, "busy"),
    ("failed", 404, "there is nobody of that name"),
    ("declined", 603, "declined"),
)


def fill(path: Path, rows: int = ROWS) -> None:
    """Write calls with ids from 1 to `rows` to a new log.

    About three thousand callers; a third has no name. One row in the middle has
    `RARE` in its name, and about one in six has `FREQUENT`.
    """
    History(path).close()
    chance = random.Random(1)
    people = [_person(chance, number) for number in range(3_000)]
    with closing(sqlite3.connect(path)) as database:
        schema.add_functions(database)
        database.executemany(
            f"INSERT INTO log VALUES ({', '.join('?' * 14)}, 0, NULL, 'contact')",
            (_row(chance, people, number, rows) for number in range(1, rows + 1)),
        )
        database.commit()


def _person(chance: random.Random, number: int) -> tuple[str, str]:
    if number % 3 == 0:
        return f"sip:+3460{chance.randrange(10**7):07}@pbx.example.com", ""
    name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
    return f"sip:{100 + number}@pbx.example.com", name


def _row(
    chance: random.Random, people: list[tuple[str, str]], number: int, rows: int
) -> tuple[object, ...]:
    uri, name = people[min(int(chance.expovariate(1 / 600)), len(people) - 1)]
    if number == rows // 2:
        name = "The Piano Tuner"
    account = chance.choice(("work", "work", "home"))
    outcome, code, reason = chance.choice(_OUTCOMES)
    direction = "in" if outcome in ("missed", "declined") else chance.choice(("in", "out"))
    started = LATEST - (rows - number) * 1200.0
    talked = outcome == "answered"
    closed = talked and account == "work"
    return (
        number,
        account,
        direction,
        uri,
        name,
        outcome,
        started,
        started + 8.0 if talked else None,
        started + (8.0 + chance.randrange(1200) if talked else 20.0),
        code,
        reason,
        "closed" if closed else "open",
        int(talked and (not closed or chance.random() < 0.05)),
        "opus/48000/2" if talked else None,
    )
