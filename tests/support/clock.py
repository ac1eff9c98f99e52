"""A clock that stands still until a test moves it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

_START = datetime(2026, 3, 14, 14, 32, tzinfo=UTC).timestamp()


class Clock:
    """Time in seconds since the epoch, where local time is UTC."""

    def __init__(self, start: float = _START) -> None:
        self._start = start
        self._moment = start

    def epoch(self) -> float:
        return self._moment

    def monotonic(self) -> float:
        return self._moment - self._start

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._moment, UTC)

    def advance(self, seconds: float) -> None:
        self._moment += seconds


@contextmanager
def standing_still() -> Iterator[Clock]:
    """Use the clock for `time.time` and the time zone of this process."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        patch.setattr(time, "time", clock.epoch)
        time.tzset()
        try:
            yield clock
        finally:
            patch.undo()
            time.tzset()
