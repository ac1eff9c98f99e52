"""People in the call log, the latest first, kept for look-ups."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec

from voip.engine.calls.echo import ACCOUNT as ECHO_ACCOUNT
from voip.engine.history.reader import HistoryReader, Person
from voip.engine.hub import Hub
from voip.engine.people import targets
from voip.engine.people.finding import Findable
from voip.model import Direction, LogEntry, Outcome
from voip.protocol.calls import LogEvent, RowsDeletedEvent, RowsRestoredEvent
from voip.protocol.client import NumberedEvent
from voip.protocol.people import LastCall
from voip.protocol.phone import RowsImportedEvent

_MOST = 10_000


class KnownCaller(msgspec.Struct, frozen=True):
    """Person in the log by address `uri`; the last of their calls was with `account`.

    `row` is that call's, `handle` what all spellings of the address share.
    """

    uri: str
    findable: Findable
    account: str
    row: int
    last: LastCall
    handle: str

    @property
    def called_us(self) -> bool:
        return self.last.direction is Direction.IN


class People:
    """The latest people in the log, each once by address."""

    def __init__(self, hub: Hub, reader: HistoryReader) -> None:
        self._reader = reader
        self._loading = asyncio.Lock()
        self._loaded = False
        self._changes = 0
        # A dict keeps the order of insertion: the latest is last.
        self._by_uri: dict[str, KnownCaller] = {}
        self._by_handle: dict[str, dict[str, None]] = {}
        hub.listen(self._on_event, levels=False)

    def __iter__(self) -> Iterator[KnownCaller]:
        return reversed(self._by_uri.values())

    def find(self, uri: str) -> KnownCaller | None:
        """Return who has exactly this address."""
        return self._by_uri.get(uri)

    def sharing(self, handle: str) -> Iterator[KnownCaller]:
        """Yield those who may be one person: see `targets.handle`."""
        return (self._by_uri[uri] for uri in self._by_handle.get(handle, ()))

    async def load(self) -> None:
        """Read the log, again after a deletion or an import; later calls are added as they begin.

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
                self._clear()
                self._loaded = True
                for caller in (*people, *newer.values()):
                    self._add(caller)

    def _read(self) -> list[KnownCaller]:
        people = self._reader.people(_MOST, without=ECHO_ACCOUNT)
        return [_caller_of(who) for who in reversed(people)]

    def _on_event(self, numbered: NumberedEvent) -> None:
        match numbered.event:
            case LogEvent(entry=entry) if _has_begun(entry):
                self._add(_caller_of(_person_of(entry)))
            case LogEvent(entry=entry):
                self._end(entry)
            case RowsDeletedEvent() | RowsRestoredEvent() | RowsImportedEvent():
                self._changes += 1
                self._loaded = False
                self._clear()
            case _:
                pass

    def _clear(self) -> None:
        self._by_uri = {}
        self._by_handle = {}

    def _add(self, caller: KnownCaller) -> None:
        before = self._by_uri.pop(caller.uri, None)
        # A call made here has no name: it must not remove the previous one.
        if before is not None and not caller.findable.suggestion.name:
            caller = msgspec.structs.replace(caller, findable=before.findable)
        self._by_uri[caller.uri] = caller
        self._by_handle.setdefault(caller.handle, {})[caller.uri] = None
        if len(self._by_uri) > _MOST:
            self._drop(next(iter(self._by_uri)))

    def _drop(self, uri: str) -> None:
        sharing = self._by_handle[self._by_uri.pop(uri).handle]
        del sharing[uri]

    def _end(self, entry: LogEntry) -> None:
        if not self._loaded:
            # Its row may have been read just before it ended.
            self._changes += 1
        known = self._by_uri.get(entry.remote.uri)
        if known is not None and str(known.row) == entry.id:
            last = _person_of(entry).last
            self._by_uri[known.uri] = msgspec.structs.replace(known, last=last)


def _has_begun(entry: LogEntry) -> bool:
    is_new = entry.outcome is Outcome.ONGOING and entry.answered is None
    return is_new and entry.account != ECHO_ACCOUNT


def _person_of(entry: LogEntry) -> Person:
    last = LastCall(entry.started, entry.direction, entry.outcome)
    return Person(entry.remote, entry.account, int(entry.id), last)


def _caller_of(who: Person) -> KnownCaller:
    party = who.party
    # A caller must not be found by the number that their name imitates.
    name = "" if party.imitates else party.name
    findable = Findable.of(name, party.uri, "log", party.name_from)
    handle = targets.handle(party.uri)
    return KnownCaller(party.uri, findable, who.account, who.row, who.last, handle)
