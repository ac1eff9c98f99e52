"""A window on a call log that is too long to hold: pages, asked for as seen.

Rows are numbered from the oldest, so that a new call moves none of them.
"""

from __future__ import annotations

import msgspec

from voip.model import LogEntry
from voip.protocol.client import GetHistory, HistoryPage

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


class LogBook:
    """`total` rows match `wanted`; those that were fetched are held."""

    def __init__(self) -> None:
        self.wanted = Filter()
        self.total = 0
        self.loaded = False
        self._rows: dict[int, LogEntry] = {}

    def choose(self, wanted: Filter) -> None:
        """Another selection: what was fetched is of no use."""
        self.wanted = wanted
        self.forget()

    def forget(self) -> None:
        """Everything is to be fetched again."""
        self._rows.clear()
        self.loaded = False

    def get(self, index: int) -> LogEntry | None:
        """The row at `index`, counted from the newest; None if not here yet."""
        return self._rows.get(self.total - 1 - index)

    def missing(self, first: int, last: int) -> GetHistory | None:
        """What to ask for so that rows `first` to `last` can be shown."""
        if not self.loaded:
            return self._ask(0)
        last = min(last, self.total - 1)
        for index in range(max(0, first), last + 1):
            if self.get(index) is None:
                return self._ask(max(0, index - PAGE // 4))
        return None

    def put(self, asked: GetHistory, page: HistoryPage) -> None:
        """Take what was answered, if it is still what is wanted."""
        if asked != self._ask(asked.offset):
            return
        self.loaded = True
        self.total = page.total
        for place, found in enumerate(page.entries):
            self._rows[page.total - 1 - asked.offset - place] = found
        self._trim(page.total - 1 - asked.offset)

    def note(self, changed: LogEntry) -> bool:
        """A row was added or changed; whether all must be fetched again."""
        for place in range(min(self.total, PAGE)):
            number = self.total - 1 - place
            known = self._rows.get(number)
            if known is not None and known.id == changed.id:
                self._rows[number] = changed
                return self.wanted.active
        if self.wanted.active or not self.loaded:
            return True
        self._rows[self.total] = changed
        self.total += 1
        return False

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
