"""Numbers events and hands them to whoever listens."""

from __future__ import annotations

import time
from collections.abc import Callable

from voip.model import rfc3339
from voip.protocol.client import AnyEvent, LevelsEvent, NumberedEvent

Listener = Callable[[NumberedEvent], None]


class Hub:
    """Listeners are called at once and must not wait.

    Levels are news for a moment: they carry the number of the event before
    them and are sent to those alone who asked for them.
    """

    def __init__(self) -> None:
        self.seq = 0
        self._listeners: dict[Listener, bool] = {}

    def listen(self, listener: Listener, levels: bool) -> None:
        self._listeners[listener] = levels

    def forget(self, listener: Listener) -> None:
        self._listeners.pop(listener, None)

    @property
    def wants_levels(self) -> bool:
        return any(self._listeners.values())

    def publish(self, event: AnyEvent) -> None:
        is_level = isinstance(event, LevelsEvent)
        if not is_level:
            self.seq += 1
        numbered = NumberedEvent(seq=self.seq, at=rfc3339(time.time()), event=event)
        for listener, levels in list(self._listeners.items()):
            if levels or not is_level:
                listener(numbered)
