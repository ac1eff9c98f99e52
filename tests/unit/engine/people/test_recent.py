"""People in the call log while it grows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from voip.engine.history.log import History
from voip.engine.history.reader import HistoryReader
from voip.engine.hub import Hub
from voip.engine.people import recent
from voip.engine.people.recent import People
from voip.model import Direction, Party
from voip.protocol.calls import LogEvent


class Log:
    """Log that reports each call to the hub, as the engine does."""

    def __init__(self, path: Path) -> None:
        self.hub = Hub()
        self.history = History(path)
        self.reader = HistoryReader(path)

    def call(self, uri: str, name: str = "", account: str = "work") -> None:
        number = self.history.last_id() + 1
        entry = self.history.begin(number, account, Direction.OUT, Party(uri, name), 1e9 + number)
        self.hub.publish(LogEvent(entry=entry))


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


async def test_those_of_long_ago_are_forgotten(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "_MOST", 2)
    for uri in ("sip:a@x", "sip:b@x", "sip:c@x"):
        log.call(uri)
    people = People(log.hub, log.reader)
    await people.load()
    assert shown(people) == [("", "c@x"), ("", "b@x")]
    log.call("sip:d@x")
    assert shown(people) == [("", "d@x"), ("", "c@x")]
