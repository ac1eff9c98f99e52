"""Events that wait for the end of PJSIP's turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from voip.model import CallState
from voip.protocol.worker.base import WorkerReport
from voip.protocol.worker.calls import CallStateEvent
from voip.protocol.worker.process import ConnectionEvent

_COMPLETE_S = 2.0


class Recording(Protocol):
    """Recording that is being completed: `voip.worker.media.recordings.Recording`."""

    @property
    def is_complete(self) -> bool: ...


class Outbox:
    """Queue of events; `flush` writes them in the order the engine needs."""

    def __init__(self) -> None:
        self._events: list[WorkerReport] = []
        self._completing: dict[int, tuple[Sequence[Recording], float]] = {}
        self._late: list[Recording] = []

    def __len__(self) -> int:
        return len(self._events)

    def send(self, event: WorkerReport) -> None:
        """Queue an event for the next `flush`."""
        self._events.append(event)

    def complete(self, call: int, recordings: Sequence[Recording]) -> None:
        """Hold the end of a call back until its recordings are complete."""
        self._completing[call] = (recordings, time.monotonic() + _COMPLETE_S)

    def forget_recordings(self) -> None:
        """Free the recordings, each when it is complete, before the library ends."""
        self._completing.clear()
        self._late.clear()

    def take_back_end(self, call: int) -> None:
        """Drop the end of a call, if it is not written yet."""
        self._events = [event for event in self._events if not _is_end_of(event, call)]

    def flush(self, write: Callable[[WorkerReport], None]) -> None:
        """Write all events that need not wait for a recording."""
        # PJSIP reports a failed request before the failed connection that is its
        # cause; the engine needs the cause first.
        self._events.sort(key=lambda event: not isinstance(event, ConnectionEvent))
        held = [event for event in self._events if self._must_wait(event)]
        for event in self._events:
            if event not in held:
                write(event)
        self._events = held
        self._late = [recording for recording in self._late if not recording.is_complete]

    def clear(self) -> None:
        self._events.clear()

    def _must_wait(self, event: WorkerReport) -> bool:
        if not isinstance(event, CallStateEvent) or event.call not in self._completing:
            return False
        recordings, deadline = self._completing[event.call]
        if event.state is not CallState.ENDED:
            return False
        unfinished = [recording for recording in recordings if not recording.is_complete]
        if unfinished and time.monotonic() < deadline:
            return True
        # Freeing one would wait for its slow disk.
        self._late += unfinished
        del self._completing[event.call]
        return False


def _is_end_of(event: WorkerReport, call: int) -> bool:
    return (
        isinstance(event, CallStateEvent) and event.call == call and event.state is CallState.ENDED
    )
