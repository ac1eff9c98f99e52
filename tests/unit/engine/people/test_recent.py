"""People in the call log while it grows."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from voip.engine.history.log import History
from voip.engine.history.reader import HistoryReader, Person
from voip.engine.history.undo import Deletions
from voip.engine.hub import Hub
from voip.engine.people import recent
from voip.engine.people.recent import People
from voip.model import Direction, Outcome, Party
from voip.protection import LockState
from voip.protocol.calls import LogEvent, RowsDeletedEvent


class Log:
    """Log that reports each call to the hub, as the engine does."""

    def __init__(self, path: Path) -> None:
        self.hub = Hub()
        self.history_path = path
        self.history = History(path)
        self.reader = HistoryReader(path)

    def call(self, uri: str, name: str = "", account: str = "work") -> None:
        number = self.history.last_id() + 1
        entry = self.history.begin(number, account, Direction.OUT, Party(uri, name), 1e9 + number)
        self.hub.publish(LogEvent(entry=entry))

    def end(self) -> None:
        """End the last call."""
        number = self.history.last_id()
        missed, lock = Outcome.MISSED, LockState.OPEN
        self.history.end(number, 1e9 + number, missed, 487, "", lock, False, None, None)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path / "history.db")
    yield made
    made.reader.close()
    made.history.close()


def shown(people: People) -> list[tuple[str, str]]:
    suggestions = [who.findable.suggestion for who in people]
    return [(suggestion.name, suggestion.target) for suggestion in suggestions]


async def test_calls_before_and_after(log: Log) -> None:
    log.call("sip:a@x", "A")
    log.call("sip:b@x")
    people = People(log.hub, log.reader)
    log.call("sip:c@x", "C")
    await people.load()
    log.call("sip:d@x")
    log.call("sip:a@x")
    log.call("sip:echo@127.0.0.1:5061", "Echo line", account="echo")
    assert shown(people) == [("A", "a@x"), ("", "d@x"), ("C", "c@x"), ("", "b@x")]


async def test_call_that_begins_after_the_log_was_read(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.call("sip:a@x", "A")
    log.call("sip:b@x")
    people = People(log.hub, log.reader)
    parties = log.reader.people(10, without="echo")
    monkeypatch.setattr(log.reader, "people", lambda limit, without: parties)
    log.call("sip:a@x")
    log.call("sip:c@x", "C")
    await people.load()
    assert shown(people) == [("C", "c@x"), ("A", "a@x"), ("", "b@x")]


async def test_people_follow_what_is_deleted_and_brought_back(log: Log) -> None:
    for uri in ("sip:a@x", "sip:b@x"):
        log.call(uri)
        log.end()
    people = People(log.hub, log.reader)
    await people.load()
    log.call("sip:c@x")
    deletions = Deletions(log.hub, log.history_path)
    assert await deletions.delete([1]) == 1
    await people.load()
    assert shown(people) == [("", "c@x"), ("", "b@x")]
    assert await deletions.restore() == 1
    await people.load()
    assert shown(people) == [("", "c@x"), ("", "b@x"), ("", "a@x")]
    await deletions.close()


async def test_people_who_are_deleted_while_the_log_is_read_are_not_kept(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.call("sip:a@x")
    log.call("sip:b@x")
    people = People(log.hub, log.reader)
    former = log.reader.people(10, without="echo")
    current = former[:1]
    answers = [former, current]
    loop = asyncio.get_running_loop()
    deleted = threading.Event()

    def report() -> None:
        log.hub.publish(RowsDeletedEvent(count=1))
        deleted.set()

    def read(limit: int, without: str) -> list[Person]:
        answer = answers.pop(0)
        if answers:
            loop.call_soon_threadsafe(report)
            assert deleted.wait(30)
        return answer

    monkeypatch.setattr(log.reader, "people", read)
    await people.load()
    assert shown(people) == [("", "b@x")]


async def test_those_of_long_ago_are_forgotten(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "_MOST", 2)
    for uri in ("sip:a@x", "sip:b@x", "sip:c@x"):
        log.call(uri)
    people = People(log.hub, log.reader)
    await people.load()
    assert shown(people) == [("", "c@x"), ("", "b@x")]
    log.call("sip:d@x")
    assert shown(people) == [("", "d@x"), ("", "c@x")]
