"""Window on a call log too long to hold, fetched in pages.

Rows are numbered from the oldest, so that a new call does not renumber them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from voip.model import LogEntry, Party
from voip.protocol.calls import GetHistory, HistoryPage

PAGE = 200
_KEEP = 20 * PAGE


class Filter(msgspec.Struct, frozen=True):
    """Selection of rows; with `secure` None, calls with any lock.

    `person` is somebody of a row, of whom all spellings count.
    """

    search: str = ""
    missed: bool = False
    account: str | None = None
    secure: bool | None = None
    person: Party | None = None

    @property
    def address(self) -> str | None:
        """Address of the person, None for everybody."""
        return self.person.uri if self.person else None

    @property
    def active(self) -> bool:
        return self != Filter()


class Question(NamedTuple):
    """A query, and the number of log changes received before it."""

    command: GetHistory
    changes: int


class LogBook:
    """Holds the fetched rows of the `total` that match `selection`.

    Discards an answer when a change arrived after its query: the two may be in
    either order.
    """

    def __init__(self) -> None:
        self.selection = Filter()
        self.total = 0
        self.loaded = False
        self._rows: dict[int, LogEntry] = {}
        self._knows_newest = False
        self._highest = (0, "")
        self._newest = ""
        self._changes = 0

    def choose(self, selection: Filter) -> None:
        """Select other rows and discard the fetched ones."""
        self.selection = selection
        self.total = 0
        self.loaded = False
        self._rows.clear()

    def reload(self) -> None:
        """Mark every row to be fetched again, keeping the old ones until then."""
        self.loaded = False

    def restart(self) -> None:
        """Mark every row to be fetched again, from a log that may be another."""
        self._changes += 1
        self._knows_newest = False
        self._highest = (0, "")
        self._newest = ""
        self.reload()

    def get(self, index: int) -> LogEntry | None:
        """The row at `index`, counted from the newest; None if not here yet."""
        return self._rows.get(self.total - 1 - index)

    def place_of(self, row: str) -> int | None:
        """Index of a row, counted from the newest; None if it is not here."""
        return next((self.total - 1 - n for n, e in self._rows.items() if e.id == row), None)

    def missing(self, first: int, last: int) -> Question | None:
        """The query that fetches the missing rows from `first` to `last`."""
        first, last = max(0, first), min(last, self.total - 1)
        if not self.loaded:
            return self._question(min(first, last))
        for index in range(first, last + 1):
            if self.get(index) is None:
                return self._question(index)
        return None

    def put(self, asked: Question, page: HistoryPage) -> None:
        """Store the answer, unless the selection or the log has changed since."""
        offset = asked.command.offset
        if asked != Question(self._ask(offset), self._changes):
            return
        # With another total, rows that are not in the page have other numbers.
        if not self.loaded or page.total != self.total:
            self._rows.clear()
        if offset == 0:
            self._knows_newest = True
            self._note_newest(page.entries)
        elif page.total != self.total:
            self._knows_newest = False
        self.loaded = True
        self.total = page.total
        for place, entry in enumerate(page.entries):
            self._rows[page.total - 1 - offset - place] = entry
        self._trim(page.total - 1 - offset)

    def note(self, changed: LogEntry) -> bool:
        """Add or replace a row; True if all must be fetched again."""
        self._changes += 1
        for number, entry in self._rows.items():
            if entry.id == changed.id:
                self._rows[number] = changed
                return self.selection.active
        if self.selection.active or not self.loaded or not self._knows_newest:
            return True
        # A row that was deleted meanwhile is no newer than all that were here.
        if _number(changed) > self._highest:
            if changed.started < self._newest:
                # The clock was set back: its place is among the others.
                return True
            self._rows[self.total] = changed
            self.total += 1
            self._note_newest((changed,))
        return False

    def remove(self, deleted: Sequence[str]) -> list[int] | None:
        """Remove rows; return their indices, or None if all must be fetched again.

        Without rows, it is unknown which are gone or back.
        """
        self._changes += 1
        numbers = {entry.id: number for number, entry in self._rows.items()}
        # The total of the last page may be without a row that is not here.
        if not deleted or not self.loaded or any(row not in numbers for row in deleted):
            return None
        gone = sorted(numbers[row] for row in deleted)
        places = [self.total - 1 - number for number in gone]
        self._rows = {
            number - bisect_left(gone, number): entry
            for number, entry in self._rows.items()
            if entry.id not in deleted
        }
        self.total -= len(gone)
        return places

    def _note_newest(self, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            self._newest = max(self._newest, entry.started)
            self._highest = max(self._highest, _number(entry))

    def _question(self, index: int) -> Question:
        # Also fetches some rows above, for scrolling back.
        return Question(self._ask(max(0, index - PAGE // 4)), self._changes)

    def _ask(self, offset: int) -> GetHistory:
        return GetHistory(
            search=self.selection.search,
            limit=PAGE,
            offset=offset,
            missed=self.selection.missed,
            account=self.selection.account,
            secure=self.selection.secure,
            person=self.selection.address,
        )

    def _trim(self, near: int) -> None:
        if len(self._rows) > _KEEP:
            far = sorted(self._rows, key=lambda number: abs(number - near))
            for number in far[_KEEP:]:
                del self._rows[number]


def _number(entry: LogEntry) -> tuple[int, str]:
    # Ids are numbers without leading zeros, in the order in which rows were written.
    return len(entry.id), entry.id
