"""Order of a worker's events, and ends that wait for a file."""

from __future__ import annotations

import time
import weakref
from dataclasses import dataclass

import pytest

from voip.model import CallState
from voip.protection import Transport
from voip.protocol.worker.base import WorkerReport
from voip.protocol.worker.calls import CallStateEvent
from voip.protocol.worker.process import ConnectionEvent, Done
from voip.worker.outbox import Outbox

ENDED = CallStateEvent(call=1, state=CallState.ENDED, code=200, reason="OK")
RINGING = CallStateEvent(call=1, state=CallState.RINGING, code=180, reason="Ringing")
CONNECTION = ConnectionEvent(
    id=1, up=False, outgoing=True, transport=Transport.TLS, host="pbx.test", port=5061
)


def written(outbox: Outbox) -> list[WorkerReport]:
    events: list[WorkerReport] = []
    outbox.flush(events.append)
    return events


def test_the_cause_goes_before_its_consequence() -> None:
    outbox = Outbox()
    for event in (ENDED, Done(id=1), CONNECTION):
        outbox.send(event)
    assert written(outbox) == [CONNECTION, ENDED, Done(id=1)]
    assert written(outbox) == []


@dataclass
class File:
    """A recording."""

    is_complete: bool = False


def test_the_end_of_a_call_waits_until_its_recordings_are_complete() -> None:
    first, second = File(), File()
    outbox = Outbox()
    outbox.complete(1, [first, second])
    for event in (RINGING, ENDED, Done(id=1)):
        outbox.send(event)
    assert written(outbox) == [RINGING, Done(id=1)]
    first.is_complete = True
    assert written(outbox) == []
    assert len(outbox) == 1
    second.is_complete = True
    assert written(outbox) == [ENDED]


def test_a_recording_on_a_slow_disk_is_kept_until_it_is_complete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    file = File()
    alive = weakref.ref(file)
    outbox = Outbox()
    outbox.complete(1, [file])
    outbox.send(ENDED)
    assert written(outbox) == []
    clock += 3
    assert written(outbox) == [ENDED]
    del file
    assert written(outbox) == []
    kept = alive()
    assert kept is not None
    kept.is_complete = True
    del kept
    assert written(outbox) == []
    assert alive() is None


def test_an_end_that_is_taken_back_is_never_written() -> None:
    outbox = Outbox()
    other = CallStateEvent(call=2, state=CallState.ENDED, code=200, reason="OK")
    for event in (RINGING, ENDED, other):
        outbox.send(event)
    outbox.take_back_end(1)
    assert written(outbox) == [RINGING, other]
