"""Pages of a log with rows of all times, against a plain list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voip.engine.errors import Refusal
from voip.engine.history import reader as readers
from voip.engine.history.deletion import DeletedRows
from voip.engine.history.log import History
from voip.engine.history.reader import Conditions, HistoryReader
from voip.model import Direction, LogEntry, Outcome, Party
from voip.protection import LockState

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z

calls = st.lists(
    st.tuples(
        st.integers(0, 30),
        # Few of each: rows have much in common, as in a log.
        st.sampled_from(["Ann", "Bob"]),
        st.sampled_from(["work", "home"]),
        st.sampled_from([Outcome.MISSED, Outcome.ANSWERED, Outcome.ONGOING]),
    ),
    max_size=40,
)
selections = st.builds(
    Conditions,
    text=st.sampled_from(["", "a", "ann", "bob", "missed", "nobody"]),
    missed=st.booleans(),
    account=st.sampled_from([None, "work"]),
    secure=st.sampled_from([None, True, False]),
)


@pytest.fixture(scope="module", params=[0, 3, 1000], ids=["walk", "both", "gather"])
def ways(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have pages found by each way to them: the choice is for logs of a million rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readers, "_FEW", request.param)
        patch.setattr(readers, "_NEAR_EACH", 1)
        yield


def written(path: Path, rows: list[tuple[int, str, str, Outcome]]) -> list[LogEntry]:
    """Write rows with ids from 1; return them in the order of the log."""
    history = History(path)
    entries = []
    for number, (time, name, account, outcome) in enumerate(rows, start=1):
        started = START + time / 4
        party = Party(f"sip:{name.lower()}@y", name)
        lock = LockState.CLOSED if outcome is Outcome.ANSWERED else LockState.OPEN
        history.begin(number, account, Direction.IN, party, started)
        if outcome is not Outcome.ONGOING:
            history.end(number, started, outcome, None, "", lock, False, None, None)
        entries.append((started, number, history.entry(number)))
    history.close()
    return [entry for _, _, entry in sorted(entries, reverse=True)]


def fits(entry: LogEntry, selection: Conditions) -> bool:
    words = "\n".join((entry.remote.name, entry.remote.uri, entry.account, entry.outcome))
    secure = entry.lock is LockState.CLOSED
    return (
        selection.text in words.lower()
        and (not selection.missed or entry.outcome is Outcome.MISSED)
        and selection.account in (None, entry.account)
        and selection.secure in (None, secure)
    )


@pytest.mark.usefixtures("ways")
@settings(max_examples=60, deadline=None)
@given(calls, selections, st.integers(0, 5), st.integers(0, 12), st.data())
def test_pages_are_those_of_a_list_ordered_by_time(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[int, str, str, Outcome]],
    selection: Conditions,
    limit: int,
    offset: int,
    data: st.DataObject,
) -> None:
    path = tmp_path_factory.mktemp("log") / "history.db"
    everything = written(path, rows)
    matching = [entry for entry in everything if fits(entry, selection)]
    reader = HistoryReader(path)
    page = reader.page(selection, limit, offset)
    assert page.entries == tuple(matching[offset : offset + limit])
    assert page.total == len(matching)
    if everything:
        before = data.draw(st.sampled_from(everything))
        older = everything[everything.index(before) + 1 :]
        page = reader.page(selection, limit, offset, int(before.id))
        expected = [entry for entry in older if fits(entry, selection)]
        assert page.entries == tuple(expected[offset : offset + limit])
        assert page.total == len(matching)
    reader.close()


@settings(max_examples=40, deadline=None)
@given(calls, selections, st.data())
def test_a_deletion_takes_what_is_older_by_time(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[int, str, str, Outcome]],
    selection: Conditions,
    data: st.DataObject,
) -> None:
    path = tmp_path_factory.mktemp("log") / "history.db"
    everything = written(path, rows)
    deleted, reader = DeletedRows(path), HistoryReader(path)
    newest = data.draw(st.sampled_from([None, *range(len(everything))]))
    bound = None if newest is None else int(everything[newest].id)
    left = [
        entry for place, entry in enumerate(everything)
        if place < (newest or 0) or not fits(entry, selection) or entry.outcome is Outcome.ONGOING
    ]  # fmt: skip
    assert deleted.choose_matching(selection, bound) == len(everything) - len(left)
    deleted.delete()
    assert reader.page(Conditions(), 100).entries == tuple(left)
    deleted.restore()
    assert reader.page(Conditions(), 100).entries == tuple(everything)
    deleted.close()
    reader.close()


def test_people_are_ordered_by_the_time_of_their_last_call(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    rows = [
        (8, "Ann", "work", Outcome.MISSED),
        (4, "Bob", "work", Outcome.MISSED),
        (0, "Ann", "work", Outcome.ANSWERED),
        (12, "Carol", "work", Outcome.MISSED),
    ]
    written(path, rows)
    reader = HistoryReader(path)
    people = reader.people(10, without="echo")
    assert [(person.party.name, person.row) for person in people] == [
        ("Carol", 4), ("Ann", 1), ("Bob", 2),
    ]  # fmt: skip
    assert people[1].last.outcome is Outcome.MISSED
    reader.close()


def test_no_page_follows_a_row_that_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    written(path, [(0, "Ann", "work", Outcome.MISSED)])
    reader = HistoryReader(path)
    with pytest.raises(Refusal) as caught:
        reader.page(Conditions(), before=9)
    assert caught.value.kind == "no_row"
    reader.close()


def steps_of_a_search(folder: Path, calls_of_each: int) -> int:
    """Steps of SQLite's machine for a page of ten people's calls, older than a stranger's."""
    folder.mkdir()
    people = [f"Friend {number}" for number in range(10)] * calls_of_each
    names = [*people, *["Stranger"] * (10 * readers._NEAR_EACH)]
    written(
        folder / "log.db",
        [(time, name, "work", Outcome.MISSED) for time, name in enumerate(names)],
    )
    reader = HistoryReader(folder / "log.db")
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    reader._connection().set_progress_handler(count, 1)
    page = reader.page(Conditions(text="friend"), limit=10)
    reader.close()
    assert [entry.remote.name for entry in page.entries] == people[:-11:-1]
    return steps


def test_a_search_does_not_read_all_calls_of_those_it_finds(tmp_path: Path) -> None:
    few, many = (steps_of_a_search(tmp_path / str(calls), calls) for calls in (2, 20))
    assert many < 1.1 * few
