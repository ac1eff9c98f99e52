"""Order of a worker's events, and ends that wait for a file."""

from __future__ import annotations

from pathlib import Path

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


def test_the_end_of_a_call_waits_until_its_recording_is_complete(tmp_path: Path) -> None:
    recording = tmp_path / "call.wav"
    recording.write_bytes(b"RIFF\0\0\0\0")
    outbox = Outbox()
    outbox.complete(1, recording)
    for event in (RINGING, ENDED, Done(id=1)):
        outbox.send(event)
    assert written(outbox) == [RINGING, Done(id=1)]
    assert len(outbox) == 1
    recording.write_bytes(b"RIFF\x24\0\0\0")
    assert written(outbox) == [ENDED]


def test_a_recording_that_is_taken_away_holds_nothing_up(tmp_path: Path) -> None:
    outbox = Outbox()
    outbox.complete(1, tmp_path / "gone.wav")
    outbox.send(ENDED)
    assert written(outbox) == [ENDED]


def test_an_end_that_is_taken_back_is_never_written() -> None:
    outbox = Outbox()
    other = CallStateEvent(call=2, state=CallState.ENDED, code=200, reason="OK")
    for event in (RINGING, ENDED, other):
        outbox.send(event)
    outbox.take_back_end(1)
    assert written(outbox) == [RINGING, other]
