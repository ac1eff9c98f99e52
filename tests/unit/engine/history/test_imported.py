"""Exported calls that come back into a log, and rows that nobody exported."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voip.cli import format as formats
from voip.client.importing import ImportReport, LogFile
from voip.engine.history.deletion import DeletedRows
from voip.engine.history.imported import BadRow, ImportedRows, row_of
from voip.engine.history.log import History
from voip.engine.history.reader import Conditions, HistoryReader
from voip.model import Direction, LogEntry, NameFrom, Outcome, Party
from voip.protection import LockState, Sign
from voip.protocol.phone import CallsImported, RefusedRow
from voip.security.imitation import inert, inert_address
from voip.security.text import clean

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z
MANY = 1000

ENTRY = LogEntry(
    id="7",
    account="work",
    direction=Direction.IN,
    remote=Party("sip:bob@example.com", "Bob", name_from=NameFrom.CLAIM),
    outcome=Outcome.ANSWERED,
    started="2026-01-01T00:00:00Z",
    answered="2026-01-01T00:00:05Z",
    ended="2026-01-01T00:01:05Z",
    duration_s=60.5,
    code=200,
    reason="OK",
    lock=LockState.CLOSED,
    codec="opus/48000/2",
    sign=Sign.SERVER,
)


class Log:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.history = History(path)
        self.reader = HistoryReader(path)

    def close(self) -> None:
        self.reader.close()
        self.history.close()

    def entries(self) -> list[LogEntry]:
        return list(self.reader.page(Conditions(), MANY).entries)

    def add(self, entries: tuple[LogEntry, ...], preview: bool = False) -> CallsImported:
        """Do what the engine does with a command."""
        rows, refused = [], []
        for place, entry in enumerate(entries):
            try:
                rows.append(row_of(entry))
            except BadRow as error:
                refused.append(RefusedRow(place, str(error)))
        imported = ImportedRows(self.path)
        new = imported.new(rows)
        if not preview:
            imported.add(new, self.history.last_id() + 1)
        return CallsImported(len(new), len(rows) - len(new), tuple(refused))

    def read(self, data: bytes, preview: bool = False) -> ImportReport:
        work = LogFile(data).work(preview)
        try:
            command = next(work)
            while True:
                command = work.send(self.add(command.rows, command.preview))
        except StopIteration as done:
            report: ImportReport = done.value
            return report


def exported(entries: list[LogEntry], form: str) -> bytes:
    if form == "csv":
        return formats.csv_of(entries).encode()
    return msgspec.json.format(msgspec.json.encode(entries)) + b"\n"


def without_ids(entries: list[LogEntry]) -> list[LogEntry]:
    return [msgspec.structs.replace(entry, id="") for entry in entries]


texts = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    [
        "=1+1",
        "'=1",
        "''@x",
        "'Tis",
        "+49 30",
        "-",
        "line\r\nbreak",
        '"quoted", with commas',
        "🔒 Bob",
    ]
)
names = texts.map(inert)
seconds = st.floats(0, 5000).map(lambda value: round(value, 4))
parties = st.builds(
    lambda uri, name, claims, name_from: Party(
        uri, name, bool(name) and claims, name_from if name else None
    ),
    texts.map(lambda text: inert_address(f"sip:{text}@x")),
    names,
    st.just(True),
    st.sampled_from([NameFrom.CLAIM, NameFrom.SERVER, NameFrom.CONTACT]),
)
ended = st.sampled_from([outcome for outcome in Outcome if outcome is not Outcome.ONGOING])
kept = st.lists(
    st.tuples(
        st.sampled_from(["work", "home", "echo", "=sum"]),
        st.sampled_from(Direction),
        parties,
        st.integers(0, 6).map(lambda value: value / 2),
        st.none() | seconds,
        seconds,
        ended,
        st.none() | st.integers(100, 699),
        texts.map(clean),
        st.sampled_from(LockState),
        st.booleans(),
        st.none() | st.sampled_from(["opus/48000/2", "PCMU/8000/1"]),
        st.none() | st.sampled_from(Sign),
    ),
    max_size=12,
)


@pytest.mark.parametrize("form", ["csv", "json"])
@settings(max_examples=30, deadline=None)
@given(rows=kept)
def test_what_was_exported_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, form: str, rows: list[tuple[object, ...]]
) -> None:
    log = Log(tmp_path_factory.mktemp("log") / "history.db")
    for number, row in enumerate(rows, start=1):
        account, direction, remote, started, answered, end, outcome, *more = row
        begun = START + started  # type: ignore[operator]
        log.history.begin(number, account, direction, remote, begun)  # type: ignore[arg-type]
        if answered is not None:
            log.history.answered(number, begun + answered)  # type: ignore[operator]
        log.history.end(number, begun + end, outcome, *more)  # type: ignore
    before = log.entries()
    data = exported(before, form)
    # No call is there twice, also while all are there.
    assert log.read(data) == ImportReport(0, len(before), 0)
    assert log.entries() == before
    deleted = DeletedRows(log.path)
    deleted.choose_matching(Conditions(), None)
    deleted.delete()
    preview = log.read(data, preview=True)
    assert log.entries() == []
    assert log.read(data) == preview == ImportReport(len(before), 0, 0)
    assert without_ids(log.entries()) == without_ids(before)
    assert exported(without_ids(log.entries()), form) == exported(without_ids(before), form)
    assert log.read(data) == ImportReport(0, len(before), 0)
    log.close()
    deleted.close()


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "history.db")


def test_calls_come_among_the_others_by_their_time(log: Log) -> None:
    with closing(log):
        for number, minute in ((1, 10), (2, 30), (3, 50)):
            log.history.begin(number, "work", Direction.IN, ENTRY.remote, START + 60 * minute)
        times = ("2026-01-01T00:20:00Z", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z")
        assert log.add(
            tuple(
                msgspec.structs.replace(
                    ENTRY, started=time, answered=None, ended=None, duration_s=0
                )
                for time in times
            )
        ) == CallsImported(3, 0)
        assert [entry.started[11:16] for entry in log.entries()] == [
            "01:00", "00:50", "00:30", "00:20", "00:10", "00:00",
        ]  # fmt: skip


def test_equal_calls_of_a_second_come_as_often_as_they_are_missing(log: Log) -> None:
    with closing(log):
        assert log.add((ENTRY, ENTRY, ENTRY)) == CallsImported(3, 0)
        assert log.add((ENTRY,) * 5) == CallsImported(2, 3)
        assert log.add((ENTRY,)) == CallsImported(0, 1)
        assert len(log.entries()) == 5


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"outcome": Outcome.ONGOING}, "the call had not ended when it was exported"),
        ({"account": "\x1b\n "}, None),
        ({"account": ""}, "it has no account"),
        ({"remote": Party("")}, "it has no address"),
        ({"code": 10**400}, "its code is not that of an answer"),
        ({"code": -1}, "its code is not that of an answer"),
        ({"started": "yesterday"}, "“yesterday” (started) is not a time like 2026-01-31T12:00:00Z"),
        (
            {"started": "2026-01-01T00:00:00"},
            "“2026-01-01T00:00:00” (started) is not a time like 2026-01-31T12:00:00Z",
        ),
        (
            {"ended": "1969-12-31T23:59:59Z"},
            "“1969-12-31T23:59:59Z” (ended) is not a time of a call",
        ),
        ({"duration_s": 90.0}, "its duration is not that between its answer and its end"),
        ({"duration_s": -1.0}, "its duration is not that between its answer and its end"),
        ({"ended": None}, "it has a duration, but not both the answer and the end"),
    ],
)
def test_what_cannot_be_a_call_is_refused(changes: dict[str, object], reason: str | None) -> None:
    entry = msgspec.structs.replace(ENTRY, **changes)
    if reason is None:
        assert row_of(entry).account == "\ufffd"
        return
    with pytest.raises(BadRow) as caught:
        row_of(entry)
    assert str(caught.value) == reason


def test_text_of_the_file_is_cleaned_as_text_of_the_network(log: Log) -> None:
    hostile = Party("sip:[open]\x1b[2J@x", "🔒 [secure]\u202e\x07", False, NameFrom.CLAIM)
    entry = msgspec.structs.replace(
        ENTRY, account="wo\x1brk", remote=hostile, reason="OK\x1b]0;x\x07\n" + "x" * 9000,
        codec="op\nus" + "s" * 900,
    )  # fmt: skip
    with closing(log):
        assert log.add((entry,)) == CallsImported(1, 0)
        (row,) = log.entries()
    assert row.account == "wo\ufffdrk"
    assert row.remote.name == "\ufffd (secure)\ufffd\ufffd"
    assert "\x1b" not in row.remote.uri and "[" not in row.remote.uri
    assert row.remote.imitates
    assert row.reason.startswith("OK\ufffd") and len(row.reason) <= 4096
    assert row.codec is not None and row.codec.startswith("op us") and len(row.codec) <= 64


@pytest.mark.parametrize(
    ("party", "expected"),
    [
        (Party("sip:1@x", "+49 110", False, NameFrom.CLAIM), (True, NameFrom.CLAIM)),
        (Party("sip:1@x", "+49 110", False, NameFrom.SERVER), (True, NameFrom.SERVER)),
        (Party("sip:1@x", "+49 110", False, None), (True, NameFrom.CLAIM)),
        (Party("sip:1@x", "Bob", True, NameFrom.CLAIM), (True, NameFrom.CLAIM)),
        (Party("sip:1@x", "Bob", False, NameFrom.PHONE), (False, NameFrom.CLAIM)),
        (Party("sip:1@x", "", True, NameFrom.CONTACT), (False, None)),
        (Party("sip:1@x", "Bob", False, NameFrom.CONTACT), (False, NameFrom.CONTACT)),
    ],
)
def test_a_name_is_judged_again(party: Party, expected: tuple[bool, NameFrom | None]) -> None:
    row = row_of(msgspec.structs.replace(ENTRY, remote=party))
    assert (row.imitates, row.name_from) == expected


def test_an_undo_brings_back_no_call_that_was_imported_since(log: Log) -> None:
    with closing(log), closing(DeletedRows(log.path)) as deleted:
        log.add((ENTRY,))
        other = msgspec.structs.replace(ENTRY, account="home")
        log.add((other,))
        before = log.entries()
        deleted.choose_matching(Conditions(), None)
        deleted.delete()
        assert log.add((ENTRY,)) == CallsImported(1, 0)
        deleted.restore()
        assert without_ids(log.entries()) == without_ids(
            sorted(before, key=lambda e: e.account != "work")
        )
        assert len(deleted) == 0


def test_an_undo_brings_back_as_many_equal_calls_as_there_were(log: Log) -> None:
    with closing(log), closing(DeletedRows(log.path)) as deleted:
        assert log.add((ENTRY,) * 3).new == 3
        deleted.choose_matching(Conditions(), None)
        deleted.delete()
        assert log.add((ENTRY,) * 2).new == 2
        deleted.restore()
        assert len(log.entries()) == 3


def test_nothing_of_imported_calls_that_were_deleted_is_left_in_the_files(log: Log) -> None:
    calls = tuple(
        msgspec.structs.replace(
            ENTRY,
            remote=Party(f"sip:secret{number:04}x@x", f"Name secret{number:04}x"),
            reason=f"reason secret{number:04}x" * (number % 9),
        )
        for number in range(300)
    )
    with closing(log), closing(DeletedRows(log.path)) as deleted:
        assert log.add(calls[:150]).new == 150
        for number, call in enumerate(calls[150:], start=1000):
            log.history.begin(number, "work", Direction.IN, call.remote, START + number)
            log.history.end(
                number, START + number, Outcome.MISSED, 487, call.reason, LockState.OPEN, False,
                None, None,
            )  # fmt: skip
        gone = [int(entry.id) for entry in log.entries() if int(entry.remote.uri[10:14]) % 3]
        assert deleted.choose(gone) == 200
        deleted.delete()
        assert deleted.erase()
        files = b"".join(file.read_bytes() for file in log.path.parent.iterdir())
        left = {number for number in range(300) if f"secret{number:04}x".encode() in files}
    assert left == set(range(0, 300, 3))
