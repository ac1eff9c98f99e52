"""SIP connections as their workers last reported them."""

from __future__ import annotations

from msgspec.structs import replace

from voip.protocol.worker.base import Role
from voip.protocol.worker.process import ConnectionEvent

_MOST = 512


class Connections:
    """Last reports of all workers; each numbers its connections from 1."""

    def __init__(self) -> None:
        self._last: dict[tuple[Role, int], ConnectionEvent] = {}

    def find(self, role: Role, number: int | None) -> ConnectionEvent | None:
        """Return the last report of a connection, None for none."""
        return None if number is None else self._last.get((role, number))

    def note(self, role: Role, event: ConnectionEvent) -> ConnectionEvent:
        """Record a report, and return it with the facts seen before.

        A connection that is down keeps the facts from while it was up.
        """
        before = self._last.get((role, event.id))
        if before is not None and not event.up:
            event = replace(before, up=False, cause=event.cause, accounts=event.accounts)
        self._last[role, event.id] = event
        if len(self._last) > _MOST:
            oldest = next((key for key, last in self._last.items() if not last.up), None)
            if oldest is not None:
                del self._last[oldest]
        return event

    def forget(self, role: Role) -> None:
        """Remove the connections of a worker that ended."""
        self._last = {key: last for key, last in self._last.items() if key[0] is not role}
