"""The call log's window against a plain list of rows that changes."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tui.log import window as windows
from tui.log.window import PAGE, Filter, LogBook, Question
from voip.model import Direction, LogEntry, Outcome, Party
from voip.protection import LockState
from voip.protocol.calls import GetHistory, HistoryPage

SEEN = 3
START = "2026-03-14T14:32:00Z"


def entry(
    number: int,
    account: str = "work",
    outcome: Outcome = Outcome.ANSWERED,
    started: str = START,
) -> LogEntry:
    return LogEntry(
        id=str(number),
        account=account,
        direction=Direction.IN,
        remote=Party(uri=f"sip:{number}@example.com"),
        outcome=outcome,
        started=started,
    )


class Log:
    """The engine's log: rows by the number of their call."""

    def __init__(self, count: int = 0) -> None:
        self.rows = {number: entry(number) for number in range(1, count + 1)}
        self.highest = count
        self.deleted: dict[int, LogEntry] = {}

    def delete(self, *numbers: int) -> tuple[str, ...]:
        """Delete rows in place of those deleted before; return their ids."""
        self.deleted = {number: self.rows.pop(number) for number in numbers}
        return tuple(map(str, numbers))

    def restore(self) -> None:
        self.rows |= self.deleted
        self.deleted = {}

    def page(self, command: GetHistory) -> HistoryPage:
        newest_first = sorted(
            self.rows.values(), key=lambda row: (row.started, int(row.id)), reverse=True
        )
        visible = [row for row in newest_first if _fits(row, command)]
        end = command.offset + command.limit
        return HistoryPage(entries=tuple(visible[command.offset : end]), total=len(visible))

    def all(self, selection: Filter) -> list[LogEntry]:
        command = GetHistory(
            search=selection.search, limit=len(self.rows) + 1, missed=selection.missed,
            account=selection.account, secure=selection.secure,
        )  # fmt: skip
        return list(self.page(command).entries)


def _fits(row: LogEntry, command: GetHistory) -> bool:
    closed = row.lock is LockState.CLOSED and not row.lock_was_open
    return (
        command.search in row.outcome
        and (not command.missed or row.outcome is Outcome.MISSED)
        and command.account in (None, row.account)
        and command.secure in (None, closed)
    )


def fetch(book: LogBook, log: Log, first: int = 0, last: int = 30) -> int:
    """Ask and answer until nothing is missing; return the number of questions."""
    times = 0
    while (asked := book.missing(first, last)) is not None:
        book.put(asked, log.page(asked.command))
        times += 1
        assert times < 10, "it asks and asks"
    return times


def ids(book: LogBook, first: int, last: int) -> list[str | None]:
    visible = [book.get(index) for index in range(first, last + 1)]
    return [row.id if row else None for row in visible]


# By hand


def test_an_empty_log_is_asked_for_once() -> None:
    book, log = LogBook(), Log()
    assert fetch(book, log) == 1
    assert book.loaded
    assert book.total == 0
    assert book.get(0) is None
    assert not book.note(entry(1))
    assert ids(book, 0, 0) == ["1"]


def test_a_page_is_fetched_around_what_is_seen() -> None:
    book, log = LogBook(), Log(1000)
    assert fetch(book, log) == 1
    assert book.total == 1000
    assert ids(book, 0, 1) == ["1000", "999"]
    assert book.missing(0, PAGE - 1) is None
    assert book.get(PAGE) is None
    assert fetch(book, log, 500, 530) == 1
    assert ids(book, 500, 501) == ["500", "499"]
    # Users scroll back: some rows above were fetched too.
    assert book.get(500 - PAGE // 4) is not None
    assert fetch(book, log, 980, 1030) == 1
    assert ids(book, 999, 1000) == ["1", None]


def test_a_new_call_moves_no_row() -> None:
    book, log = LogBook(), Log(1000)
    fetch(book, log)
    fetch(book, log, 500, 530)
    assert not book.note(entry(1001))
    assert book.total == 1001
    assert ids(book, 0, 1) == ["1001", "1000"]
    assert ids(book, 501, 502) == ["500", "499"]


def test_a_call_from_nine_to_ten_is_newer() -> None:
    book, log = LogBook(), Log(9)
    fetch(book, log)
    assert not book.note(entry(10))
    assert ids(book, 0, 1) == ["10", "9"]


def test_a_row_changes_where_it_stands() -> None:
    book, log = LogBook(), Log(3)
    fetch(book, log)
    assert not book.note(entry(2, outcome=Outcome.MISSED))
    assert book.total == 3
    changed = book.get(1)
    assert changed is not None
    assert changed.outcome is Outcome.MISSED


def test_a_change_far_down_that_is_not_here_adds_nothing() -> None:
    book, log = LogBook(), Log(1000)
    fetch(book, log)
    assert not book.note(entry(3, outcome=Outcome.MISSED))
    assert book.total == 1000
    assert ids(book, 0, 0) == ["1000"]


def test_with_a_filter_each_change_fetches_again() -> None:
    book, log = LogBook(), Log(5)
    book.choose(Filter(missed=True))
    fetch(book, log)
    assert book.total == 0
    log.rows[6] = entry(6, outcome=Outcome.ONGOING)
    assert book.note(log.rows[6])
    book.reload()
    fetch(book, log)
    log.rows[6] = entry(6, outcome=Outcome.MISSED)
    assert book.note(log.rows[6])
    book.reload()
    fetch(book, log)
    assert ids(book, 0, 0) == ["6"]


def test_a_row_that_leaves_a_filter_moves_those_above_it() -> None:
    book, log = LogBook(), Log(300)
    book.choose(Filter(secure=False))
    fetch(book, log)
    fetch(book, log, 235, 250)
    log.rows[60] = msgspec.structs.replace(entry(60), lock=LockState.CLOSED)
    assert book.note(log.rows[60])
    book.reload()
    fetch(book, log)
    fetch(book, log, 235, 250)
    assert book.total == 299
    assert ids(book, 235, 241) == ["65", "64", "63", "62", "61", "59", "58"]


def test_an_answer_to_an_earlier_search_is_not_taken() -> None:
    book, log = LogBook(), Log(5)
    asked = book.missing(0, 30)
    assert asked is not None
    book.choose(Filter(search="missed"))
    book.put(asked, log.page(asked.command))
    assert not book.loaded
    assert book.total == 0


def test_an_answer_that_a_call_overtook_is_not_taken() -> None:
    book, log = LogBook(), Log(1000)
    fetch(book, log)
    asked = book.missing(500, 530)
    assert asked is not None
    page = log.page(asked.command)
    log.rows[1001] = entry(1001)
    book.note(log.rows[1001])
    book.put(asked, page)
    assert book.total == 1001
    fetch(book, log, 500, 530)
    assert ids(book, 0, 1) == ["1001", "1000"]
    assert ids(book, 501, 502) == ["500", "499"]


def test_an_answer_that_overtook_a_call_counts_it_once() -> None:
    book, log = LogBook(), Log(1000)
    fetch(book, log)
    log.rows[1001] = entry(1001)
    fetch(book, log, 500, 530)
    assert book.note(log.rows[1001])
    book.reload()
    fetch(book, log, 500, 530)
    assert book.total == 1001
    assert ids(book, 500, 501) == ["501", "500"]


def test_what_is_shown_stays_until_its_like_is_here() -> None:
    book, log = LogBook(), Log(5)
    fetch(book, log)
    book.reload()
    assert ids(book, 0, 0) == ["5"]


def test_what_is_held_has_a_bound() -> None:
    book, log = LogBook(), Log(windows._KEEP * 2)
    for first in range(0, windows._KEEP * 2, PAGE):
        fetch(book, log, first, first + 30)
        assert book.get(first) is not None
        assert len(book._rows) <= windows._KEEP
    assert book.get(0) is None
    # A new call is still recognised as the newest.
    assert not book.note(entry(windows._KEEP * 2 + 1))
    assert ids(book, 0, 0) == [str(windows._KEEP * 2 + 1)]


def test_a_deleted_row_leaves_its_place_to_the_next_older() -> None:
    book, log = LogBook(), Log(1000)
    fetch(book, log)
    fetch(book, log, 500, 530)
    assert book.remove(log.delete(498, 999)) == [502, 1]
    assert book.total == 998
    assert ids(book, 0, 1) == ["1000", "998"]
    assert ids(book, 499, 503) == ["500", "499", "497", "496", "495"]
    assert book.place_of("497") == 501
    assert book.place_of("498") is None
    assert fetch(book, log) == 0


def test_rows_that_are_not_here_or_not_named_are_fetched_again() -> None:
    book, log = LogBook(), Log(1000)
    fetch(book, log)
    assert book.remove(log.delete(3, 999)) is None
    book.reload()
    fetch(book, log)
    assert (book.total, ids(book, 0, 1)) == (998, ["1000", "998"])
    log.restore()
    assert book.remove(()) is None
    book.reload()
    fetch(book, log)
    assert (book.total, ids(book, 0, 1)) == (1000, ["1000", "999"])


def test_a_deleted_row_does_not_come_back_with_a_late_report_of_its_call() -> None:
    book, log = LogBook(), Log(5)
    fetch(book, log)
    late = log.rows[5]
    book.remove(log.delete(5))
    assert not book.note(late)
    assert (book.total, ids(book, 0, 0)) == (4, ["4"])
    # Nor with all rows fetched again.
    book.reload()
    fetch(book, log)
    assert not book.note(late)
    assert (book.total, ids(book, 0, 0)) == (4, ["4"])
    assert not book.note(entry(6))
    assert ids(book, 0, 1) == ["6", "4"]


def test_an_answer_that_a_deletion_overtook_is_not_taken() -> None:
    book, log = LogBook(), Log(1000)
    fetch(book, log)
    asked = book.missing(500, 530)
    assert asked is not None
    page = log.page(asked.command)
    book.remove(log.delete(1000))
    book.put(asked, page)
    assert book.total == 999
    fetch(book, log, 500, 530)
    assert ids(book, 499, 500) == ["500", "499"]


def test_an_answer_that_overtook_a_deletion_counts_it_once() -> None:
    book, log = LogBook(), Log(1000)
    fetch(book, log)
    deleted = log.delete(1)
    fetch(book, log, 500, 530)
    assert book.total == 999
    assert book.remove(deleted) is None
    book.reload()
    fetch(book, log, 500, 530)
    assert book.total == 999


def test_rows_that_an_answer_has_numbered_anew_are_not_counted_twice() -> None:
    book, log = LogBook(), Log(1000)
    fetch(book, log)
    deleted = log.delete(1000)
    # The answer is without the row; the report of its deletion comes later.
    fetch(book, log, 500, 530)
    assert book.remove(deleted) is None
    book.reload()
    fetch(book, log)
    assert book.total == 999


def test_another_engine_s_log_begins_anew() -> None:
    book, log = LogBook(), Log(1000)
    fetch(book, log)
    book.restart()
    another = Log(1)
    fetch(book, another)
    assert not book.note(entry(2))
    assert ids(book, 0, 2) == ["2", "1", None]


def test_a_call_after_the_clock_was_set_back_is_among_the_others() -> None:
    book, log = LogBook(), Log(3)
    fetch(book, log)
    log.rows[4] = entry(4, started="2026-03-14T14:31:00Z")
    assert book.note(log.rows[4])
    book.reload()
    fetch(book, log)
    assert ids(book, 0, 3) == ["3", "2", "1", "4"]
    assert not book.note(entry(5))
    assert ids(book, 0, 1) == ["5", "3"]


def test_imported_rows_are_shown_by_their_time() -> None:
    book, log = LogBook(), Log(2)
    fetch(book, log)
    log.rows |= {
        3: entry(3, started="2026-03-13T00:00:00Z"),
        4: entry(4, started="2027-01-01T00:00:00Z"),
    }
    assert book.remove(()) is None
    book.reload()
    fetch(book, log)
    assert ids(book, 0, 3) == ["4", "2", "1", "3"]
    # A later call is older than a row of a clock that was wrong.
    log.rows[5] = entry(5)
    assert book.note(log.rows[5])


# Any order of things


class Deletion(NamedTuple):
    """Report of rows that are gone, or gone or back if it names none."""

    rows: tuple[str, ...] = ()


class Asked(NamedTuple):
    question: Question
    page: HistoryPage | None = None


FILTERS = [
    Filter(),
    Filter(missed=True),
    Filter(account="home"),
    Filter(secure=True),
    Filter(secure=False),
    Filter(search="ongoing"),
    Filter(search="answered", account="work"),
]


class Reading(RuleBasedStateMachine):
    """One question at a time is under way, as on the screen.

    Its answer is made at any moment, and arrives before or after the changes
    reported at that time: the engine reads the log in a thread.
    """

    def __init__(self) -> None:
        super().__init__()
        self.book = LogBook()
        self.log = Log()
        self.reported: deque[LogEntry | Deletion] = deque()
        self.unreported: Deletion | None = None
        self.asked: Asked | None = None
        self.first = 0

    @initialize(count=st.integers(0, 40))
    def begin(self, count: int) -> None:
        self.log = Log(count)

    # The engine

    @rule(account=st.sampled_from(["work", "home"]), minute=st.integers(0, 3))
    def somebody_calls(self, account: str, minute: int) -> None:
        """The clock may have been set back since the call before."""
        self.log.highest += 1
        started = f"2026-03-14T14:3{minute}:00Z"
        self._write(entry(self.log.highest, account, Outcome.ONGOING, started))

    @rule(minutes=st.lists(st.integers(0, 5), min_size=1, max_size=3))
    @precondition(lambda self: self.unreported is None)
    def rows_are_imported(self, minutes: list[int]) -> None:
        for minute in minutes:
            self.log.highest += 1
            started = f"2026-03-14T14:3{minute}:30Z"
            self.log.rows[self.log.highest] = entry(self.log.highest, started=started)
        self.unreported = Deletion()

    @rule(
        back=st.integers(0, 12),
        outcome=st.sampled_from(Outcome),
        lock=st.sampled_from(LockState),
    )
    @precondition(lambda self: self.log.rows)
    def a_row_changes(self, back: int, outcome: Outcome, lock: LockState) -> None:
        row = self._row(back)
        self._write(msgspec.structs.replace(row, outcome=outcome, lock=lock))

    def _row(self, back: int) -> LogEntry:
        numbers = list(self.log.rows)
        return self.log.rows[numbers[max(0, len(numbers) - 1 - back)]]

    @rule(
        backs=st.sets(st.integers(0, 12), min_size=1, max_size=3),
        named=st.booleans(),
    )
    @precondition(lambda self: self.log.rows and self.unreported is None)
    def rows_are_deleted(self, backs: set[int], named: bool) -> None:
        numbers = {int(self._row(back).id) for back in backs}
        rows = self.log.delete(*numbers)
        self.unreported = Deletion(rows if named else ())

    @rule()
    @precondition(lambda self: self.log.deleted and self.unreported is None)
    def they_come_back(self) -> None:
        self.log.restore()
        self.unreported = Deletion()

    @rule()
    @precondition(lambda self: self.unreported is not None)
    def report(self) -> None:
        """Report a deletion, which a thread has done some time before."""
        assert self.unreported is not None
        self.reported.append(self.unreported)
        self.unreported = None

    def _write(self, row: LogEntry) -> None:
        self.log.rows[int(row.id)] = row
        self.reported.append(row)

    @rule()
    @precondition(lambda self: self.asked is not None and self.asked.page is None)
    def answer(self) -> None:
        assert self.asked is not None
        page = self.log.page(self.asked.question.command)
        self.asked = self.asked._replace(page=page)

    # The screen

    @rule(first=st.integers(0, 45))
    def scroll(self, first: int) -> None:
        self.first = min(first, max(0, self.book.total - 1))

    @rule(selection=st.sampled_from(FILTERS))
    def choose(self, selection: Filter) -> None:
        self.book.choose(selection)
        self.first = 0

    @rule()
    def reattach(self) -> None:
        self.book.restart()

    @rule()
    @precondition(lambda self: self.asked is None)
    def ask(self) -> None:
        question = self.book.missing(self.first, self.first + SEEN)
        self.asked = Asked(question) if question else None

    @rule()
    @precondition(lambda self: self.reported)
    def hear(self) -> None:
        report = self.reported.popleft()
        if isinstance(report, Deletion):
            if self.book.remove(report.rows) is None:
                self.book.reload()
        elif self.book.note(report):
            self.book.reload()

    @rule()
    @precondition(lambda self: self.asked is not None and self.asked.page is not None)
    def take(self) -> None:
        assert self.asked is not None
        assert self.asked.page is not None
        self.book.put(self.asked.question, self.asked.page)
        self.asked = None

    @rule()
    def settle(self) -> None:
        """Deliver everything that is under way, without new events."""
        if self.asked is not None:
            self.asked = self.asked._replace(
                page=self.asked.page or self.log.page(self.asked.question.command)
            )
            self.take()
        if self.unreported is not None:
            self.report()
        while self.reported:
            self.hear()
        fetch(self.book, self.log, self.first, self.first + SEEN)
        self.check()

    def check(self) -> None:
        rows = self.log.all(self.book.selection)
        assert self.book.loaded
        assert self.book.total == len(rows)
        for index in range(len(rows)):
            held = self.book.get(index)
            # Every held row is right, and every visible row is held.
            assert held == rows[index] or (
                held is None and not self.first <= index <= self.first + SEEN
            )
        assert self.book.get(len(rows)) is None

    @invariant()
    def no_row_is_shown_twice(self) -> None:
        waits = self.reported or self.unreported or self.asked
        if not waits and self.book.loaded:
            held = [row.id for row in self.book._rows.values()]
            assert len(held) == len(set(held))

    def teardown(self) -> None:
        self.settle()


def test_any_order_of_things_shows_the_right_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    # Small pages, so that much happens at their ends.
    monkeypatch.setattr(windows, "PAGE", 8)
    monkeypatch.setattr(windows, "_KEEP", 20)
    run_state_machine_as_test(
        Reading, settings=settings(max_examples=100, stateful_step_count=50, deadline=None)
    )
