"""The people in the call log, the latest first, kept for look-ups."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from voip.engine.echo import ACCOUNT as ECHO_ACCOUNT
from voip.engine.finding import Findable
from voip.engine.historyreader import HistoryReader
from voip.engine.hub import Hub
from voip.model import LogEntry, Outcome, Party
from voip.protocol.client import LogEvent, NumberedEvent

_MOST = 10_000


class People:
    """Each of them once, by address; those of long ago are forgotten."""

    def __init__(self, hub: Hub, reader: HistoryReader) -> None:
        self._reader = reader
        self._loading = asyncio.Lock()
        self._loaded = False
        # The latest last: what is added to a dict goes there.
        self._by_uri: dict[str, Findable] = {}
        hub.listen(self._on_event, levels=False)

    def __iter__(self) -> Iterator[Findable]:
        return reversed(self._by_uri.values())

    async def load(self) -> None:
        """Read the log, if that was not done yet; later calls are added by themselves.

        Raises:
            HistoryError: the log cannot be read.
        """
        async with self._loading:
            if self._loaded:
                return
            found = await asyncio.to_thread(self._read)
            newer = self._by_uri
            self._by_uri = found
            self._loaded = True
            for uri, findable in newer.items():
                self._add(uri, findable)

    def _read(self) -> dict[str, Findable]:
        parties = self._reader.people(_MOST, without=ECHO_ACCOUNT)
        return {party.uri: _findable(party) for party in reversed(parties) if _has_address(party)}

    def _on_event(self, numbered: NumberedEvent) -> None:
        if not isinstance(numbered.event, LogEvent):
            return
        entry = numbered.event.entry
        if _has_begun(entry) and _has_address(entry.remote):
            self._add(entry.remote.uri, _findable(entry.remote))

    def _add(self, uri: str, findable: Findable) -> None:
        before = self._by_uri.pop(uri, None)
        # A call that was made here says no name: the one that is known stays.
        self._by_uri[uri] = findable if findable.suggestion.name or before is None else before
        if len(self._by_uri) > _MOST:
            del self._by_uri[next(iter(self._by_uri))]


def _has_begun(entry: LogEntry) -> bool:
    is_new = entry.outcome is Outcome.ONGOING and entry.answered is None
    return is_new and entry.account != ECHO_ACCOUNT


def _has_address(party: Party) -> bool:
    # RFC 3323: who hides is called anonymous, at a host that never exists.
    return not party.uri.endswith(".invalid")


def _findable(party: Party) -> Findable:
    # Whoever calls itself by another's number is not found by it.
    return Findable.of("" if party.imitates else party.name, party.uri, "log")
