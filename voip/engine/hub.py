"""Numbers events and sends them to listeners."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from voip.model import rfc3339
from voip.protocol.client import AnyEvent, NumberedEvent
from voip.protocol.phone import SipMessageEvent
from voip.protocol.sound import LevelsEvent, MicrophoneLevelEvent

Listener = Callable[[NumberedEvent], None]


class Topics(NamedTuple):
    """Topics that a listener requests beyond the common events."""

    levels: bool = False
    sip: bool = False


class Hub:
    """Calls listeners at once; they must not block.

    Levels and SIP messages are not kept: they have the number of the event before them
    and reach only listeners that requested them.
    """

    def __init__(self) -> None:
        self.seq = 0
        self._listeners: dict[Listener, Topics] = {}
        self._on_change: list[Callable[[], None]] = []

    def listen(self, listener: Listener, levels: bool, sip: bool = False) -> None:
        self._listeners[listener] = Topics(levels, sip)
        self._changed()

    def forget(self, listener: Listener) -> None:
        self._listeners.pop(listener, None)
        self._changed()

    def when_listeners_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` whenever a listener is added or removed."""
        self._on_change.append(callback)

    def _changed(self) -> None:
        for callback in self._on_change:
            callback()

    @property
    def wants_levels(self) -> bool:
        return any(topics.levels for topics in self._listeners.values())

    @property
    def wants_sip(self) -> bool:
        return any(topics.sip for topics in self._listeners.values())

    def publish(self, event: AnyEvent) -> None:
        is_level = isinstance(event, LevelsEvent | MicrophoneLevelEvent)
        is_message = isinstance(event, SipMessageEvent)
        if not (is_level or is_message):
            self.seq += 1
        numbered = NumberedEvent(seq=self.seq, at=rfc3339(time.time()), event=event)
        for listener, topics in list(self._listeners.items()):
            if (topics.levels or not is_level) and (topics.sip or not is_message):
                listener(numbered)
