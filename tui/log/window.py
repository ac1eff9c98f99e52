"""A window on a call log that is too long to hold: pages, asked for as seen.

Rows are numbered from the oldest, so that a new call moves none of them.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from voip.model import LogEntry
from voip.protocol.calls import GetHistory, HistoryPage

PAGE = 200
_KEEP = 20 * PAGE


class Filter(msgspec.Struct, frozen=True):
    """Which rows are wanted; `secure` None takes both."""

    search: str = ""
    missed: bool = False
    account: str | None = None
    secure: bool | None = None

    @property
    def active(self) -> bool:
        return self != Filter()


class Question(NamedTuple):
    """A query to the engine, and the number of changes known by then."""

    command: GetHistory
    changes: int


class LogBook:
    """`total` rows match `wanted`; those that were fetched are held.

    The log changes while it is read, and an answer may be older or newer than
    the changes that were told: one that a change overtook is not taken.
    """

    def __init__(self) -> None:
        self.wanted = Filter()
        self.total = 0
        self.loaded = False
        self._rows: dict[int, LogEntry] = {}
        self._newest: str | None = None
        self._changes = 0

    def choose(self, wanted: Filter) -> None:
        """Another selection: what was fetched is of no use."""
        self.wanted = wanted
        self.total = 0
        self.loaded = False
        self._rows.clear()

    def reload(self) -> None:
        """All is to be fetched again; what is here stays until then."""
        self.loaded = False

    def get(self, index: int) -> LogEntry | None:
        """The row at `index`, counted from the newest; None if not here yet."""
        return self._rows.get(self.total - 1 - index)

    def missing(self, first: int, last: int) -> Question | None:
        """The query by which rows `first` to `last` can be shown."""
        first, last = max(0, first), min(last, self.total - 1)
        if not self.loaded:
            return self._question(min(first, last))
        for index in range(first, last + 1):
            if self.get(index) is None:
                return self._question(index)
        return None

    def put(self, asked: Question, page: HistoryPage) -> None:
        """Take what was answered, if it is still what is wanted."""
        offset = asked.command.offset
        if asked != Question(self._ask(offset), self._changes):
            return
        if not self.loaded:
            self._rows.clear()
        if offset == 0:
            self._newest = page.entries[0].id if page.entries else ""
        elif page.total != self.total:
            self._newest = None
        self.loaded = True
        self.total = page.total
        for place, found in enumerate(page.entries):
            self._rows[page.total - 1 - offset - place] = found
        self._trim(page.total - 1 - offset)

    def note(self, changed: LogEntry) -> bool:
        """A row was added or changed; whether all must be fetched again."""
        self._changes += 1
        for number, known in self._rows.items():
            if known.id == changed.id:
                self._rows[number] = changed
                return self.wanted.active
        if self.wanted.active or not self.loaded or self._newest is None:
            return True
        if _is_newer(changed.id, self._newest):
            self._rows[self.total] = changed
            self.total += 1
            self._newest = changed.id
        return False

    def _question(self, index: int) -> Question:
        # Some of what is above, too: people scroll back.
        return Question(self._ask(max(0, index - PAGE // 4)), self._changes)

    def _ask(self, offset: int) -> GetHistory:
        return GetHistory(
            search=self.wanted.search,
            limit=PAGE,
            offset=offset,
            missed=self.wanted.missed,
            account=self.wanted.account,
            secure=self.wanted.secure,
        )

    def _trim(self, near: int) -> None:
        if len(self._rows) > _KEEP:
            far = sorted(self._rows, key=lambda number: abs(number - near))
            for number in far[_KEEP:]:
                del self._rows[number]


def _is_newer(one: str, other: str) -> bool:
    # Ids are numbers without leading zeros, in the order of the calls.
    return (len(one), one) > (len(other), other)
