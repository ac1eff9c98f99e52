"""Thousands of contacts and a million rows of the call log, beside none of either."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.peers.usage import pss_mb
from tests.bench.scale.rig import Times
from tests.support.phone import Phone
from voip.engine.history import schema
from voip.engine.history.log import History
from voip.model import Direction, Outcome
from voip.protocol.calls import GetHistory
from voip.protocol.client import AnyCommand
from voip.protocol.people import GetContacts, GetPerson, LookUp

_FIRST_NUMBER = 30_000_000
_CALLERS = 20_000
_STARTS = 3
_TYPED = "person 4321"


async def people(folder: Path, contacts: int, rows: int) -> None:
    """Print start, memory and the time of each key, with nobody and with all."""
    for name, number, calls in (("none", 0, 0), ("all", contacts, rows)):
        place = folder / name
        await asyncio.to_thread(_fill, place, number, calls)
        print(f"{number:,} contacts and {calls:,} rows", flush=True)
        for _ in range(_STARTS):
            began = time.perf_counter()
            phone = Phone(place, fresh=True)
            await phone.start()
            print(f"  start {1000 * (time.perf_counter() - began):.0f} ms, {_memory(phone)}")
            await phone.stop()
        phone = Phone(place, fresh=True)
        await phone.start()
        times = Times()
        spent: dict[str, float] = {}
        for what, command in (("first search", LookUp(text="p")), *_keys()):
            before = _cpu_ms(phone)
            await times.note(what, phone.client.ask(command))
            spent[what] = spent.get(what, 0.0) + _cpu_ms(phone) - before
        print("\n".join(times.lines()))
        each = (f"{what} {ms / len(times.by_command[what]):.1f} ms" for what, ms in spent.items())
        print(f"  processor time of the engine, mean: {', '.join(each)}")
        print(f"  {_memory(phone)}", flush=True)
        await phone.stop()


def _keys() -> Iterator[tuple[str, AnyCommand]]:
    for end in range(1, len(_TYPED) + 1):
        text = _TYPED[:end]
        yield "contacts", GetContacts(search=text)
        yield "dial line", LookUp(text=text, limit=6)
        yield "log", GetHistory(search=text, limit=200)
    for number in range(20):
        yield "person", GetPerson(who=f"+49{_FIRST_NUMBER + number}")
        yield "log of one", GetHistory(person=f"+49{_FIRST_NUMBER + number}", limit=200)
        yield "all contacts", GetContacts()


def _cpu_ms(phone: Phone) -> float:
    assert phone.process is not None
    # The first figure is nanoseconds on a processor (Documentation/scheduler/sched-stats.rst).
    tasks = Path(f"/proc/{phone.process.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6


def _memory(phone: Phone) -> str:
    assert phone.process is not None
    return f"engine {pss_mb([phone.process.pid]):.1f} MB"


def _fill(place: Path, contacts: int, rows: int) -> None:
    folder = place / "config" / "contacts"
    folder.mkdir(parents=True)
    for number in range(contacts):
        (folder / f"{number}.vcf").write_text(
            f"BEGIN:VCARD\nVERSION:3.0\nFN:Person {number}\n"
            f"TEL;TYPE=work:+49 {_FIRST_NUMBER + number}\n"
            f"TEL;TYPE=cell:+49 171 {_FIRST_NUMBER + number}\nEND:VCARD\n"
        )
    path = place / "state" / "history.db"
    History(path).close()
    with sqlite3.connect(path) as database:
        schema.add_functions(database)
        database.executemany(
            "INSERT INTO log (id, account, direction, uri, name, outcome, started, answered, "
            "ended, reason, lock, lock_was_open, imitates) "
            "VALUES (?, ?, ?, ?, '', ?, ?, ?, ?, '', 'open', 0, 0)",
            map(_row, range(1, rows + 1)),
        )
    database.close()


def _row(number: int) -> tuple[object, ...]:
    who = number * 7919 % _CALLERS
    uri, started = f"sip:+49{_FIRST_NUMBER + who}@pbx.example.com", 1.6e9 + 60 * number
    direction = Direction.IN if number % 2 else Direction.OUT
    # Each caller has calls of both kinds, with both accounts.
    turn = number // _CALLERS
    outcome = Outcome.MISSED if turn % 5 == 0 else Outcome.ANSWERED
    account = "home" if turn % 3 == 0 else "work"
    return number, account, direction, uri, outcome, started, started + 5, started + 50
