"""Many calls of a worker: how many there can be, and their work of each second."""

from __future__ import annotations

from typing import Any, cast

import pytest

from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import StartCall
from voip.worker.calls.book import Calls
from voip.worker.context import MOST_CALLS
from voip.worker.errors import Refused


class _Call:
    def __init__(self) -> None:
        self.ticks = 0

    def tick(self) -> None:
        self.ticks += 1


def _book(*calls: _Call) -> Calls:
    book = Calls(cast("Any", None), Role.SECURE)
    book._calls.update(cast("Any", dict(enumerate(calls))))
    return book


def test_a_call_more_than_there_can_be_is_refused_in_words() -> None:
    book = _book(*(_Call() for _ in range(MOST_CALLS)))
    start = StartCall(call=MOST_CALLS, account="work", uri="sip:bob@pbx.test")
    with pytest.raises(Refused, match=f"{MOST_CALLS} calls"):
        book.start(cast("Any", None), start)


def test_the_work_of_many_calls_is_done_once_in_pieces() -> None:
    calls = [_Call() for _ in range(MOST_CALLS)]
    book = _book(*calls)
    book.begin_tick()
    turns = 0
    while book.is_due:
        before = sum(call.ticks for call in calls)
        book.tick()
        assert sum(call.ticks for call in calls) - before <= MOST_CALLS // 8
        turns += 1
    assert turns > 1
    assert {call.ticks for call in calls} == {1}
    book.tick()
    assert {call.ticks for call in calls} == {1}


def test_a_call_that_ends_meanwhile_has_no_work() -> None:
    calls = [_Call() for _ in range(MOST_CALLS)]
    book = _book(*calls)
    book.begin_tick()
    del book._calls[MOST_CALLS - 1]
    while book.is_due:
        book.tick()
    assert [call.ticks for call in calls] == [1] * (MOST_CALLS - 1) + [0]
