"""People in the call log, the latest first, kept for look-ups."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec

from voip.engine.calls.echo import ACCOUNT as ECHO_ACCOUNT
from voip.engine.history.reader import HistoryReader
from voip.engine.hub import Hub
from voip.engine.people.finding import Findable
from voip.model import Direction, LogEntry, Outcome, Party
from voip.protocol.calls import LogEvent, RowsDeletedEvent, RowsRestoredEvent
from voip.protocol.client import NumberedEvent

_MOST = 10_000


class KnownCaller(msgspec.Struct, frozen=True):
    """Person in the log; the last of their calls was with `account`."""

    findable: Findable
    account: str
    called_us: bool


class People:
    """The latest people in the log, each once by address."""

    def __init__(self, hub: Hub, reader: HistoryReader) -> None:
        self._reader = reader
        self._loading = asyncio.Lock()
        self._loaded = False
        self._changes = 0
        # A dict keeps the order of insertion: the latest is last.
        self._by_uri: dict[str, KnownCaller] = {}
        hub.listen(self._on_event, levels=False)

    def __iter__(self) -> Iterator[KnownCaller]:
        return reversed(self._by_uri.values())

    async def load(self) -> None:
        """Read the log, again after a deletion; later calls are added as they begin.

        Raises:
            HistoryError: the log cannot be read.
        """
        async with self._loading:
            while not self._loaded:
                changes = self._changes
                people = await asyncio.to_thread(self._read)
                if changes != self._changes:
                    # Those who were deleted meanwhile may have been read.
                    continue
                newer = self._by_uri
                self._by_uri = people
                self._loaded = True
                for uri, caller in newer.items():
                    self._add(uri, caller)

    def _read(self) -> dict[str, KnownCaller]:
        people = self._reader.people(_MOST, without=ECHO_ACCOUNT)
        return {
            who.party.uri: _caller_of(who.party, who.account, who.direction)
            for who in reversed(people)
        }

    def _on_event(self, numbered: NumberedEvent) -> None:
        match numbered.event:
            case LogEvent(entry=entry) if _has_begun(entry):
                caller = _caller_of(entry.remote, entry.account, entry.direction)
                self._add(entry.remote.uri, caller)
            case RowsDeletedEvent() | RowsRestoredEvent():
                self._changes += 1
                self._loaded = False
                self._by_uri = {}
            case _:
                pass

    def _add(self, uri: str, caller: KnownCaller) -> None:
        before = self._by_uri.pop(uri, None)
        # A call made here has no name: it must not remove the previous one.
        if before is not None and not caller.findable.suggestion.name:
            caller = msgspec.structs.replace(caller, findable=before.findable)
        self._by_uri[uri] = caller
        if len(self._by_uri) > _MOST:
            del self._by_uri[next(iter(self._by_uri))]


def _has_begun(entry: LogEntry) -> bool:
    is_new = entry.outcome is Outcome.ONGOING and entry.answered is None
    return is_new and entry.account != ECHO_ACCOUNT


def _caller_of(party: Party, account: str, direction: Direction) -> KnownCaller:
    # A caller must not be found by the number that their name imitates.
    name = "" if party.imitates else party.name
    findable = Findable.of(name, party.uri, "log", party.name_from)
    return KnownCaller(findable, account, direction is Direction.IN)
