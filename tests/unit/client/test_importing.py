"""Exported logs as files: taken apart by lines, and wrong ones refused."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from voip.client import importing
from voip.client.importing import ImportReport, LogFile, Problem, WrongFile
from voip.model import LogEntry
from voip.protocol.client import Request
from voip.protocol.framing import MAX_LINE, encode
from voip.protocol.phone import CallsImported, ImportCalls, RefusedRow

HEADING = "id,started,direction,account,uri,name,outcome"
ROW = "7,2026-01-01T00:00:00Z,in,work,sip:bob@x,Bob,missed"
OBJECT = (
    '{"id":"7","account":"work","direction":"in","remote":{"uri":"sip:bob@x"},'
    '"outcome":"missed","started":"2026-01-01T00:00:00Z"}'
)


def commands_of(data: bytes) -> tuple[list[ImportCalls], ImportReport]:
    """Take a file apart, all of whose rows are new."""
    work = LogFile(data).work(preview=False)
    commands = []
    try:
        command = next(work)
        while True:
            commands.append(command)
            command = work.send(CallsImported(len(command.rows), 0))
    except StopIteration as done:
        return commands, done.value


def rows_of(data: bytes) -> list[LogEntry]:
    return [row for command in commands_of(data)[0] for row in command.rows]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "it is not a log of “offhook history --export”"),
        (
            b"name,number\nBob,1\n",
            "it is not a log of “offhook history --export”",
        ),
        (b'{"entries": []}', "it is not a log of “offhook history --export”"),
        (b"\xff\xfe\x00", "it is not text in UTF-8"),
        (b"[1, 2", "its JSON is damaged: Input data was truncated"),
    ],
)
def test_a_wrong_file_is_refused_whole(data: bytes, problem: str) -> None:
    with pytest.raises(WrongFile) as caught:
        LogFile(data)
    assert str(caught.value) == problem


def test_a_file_of_many_bytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MAX_FILE", 2 * 1024 * 1024)
    with pytest.raises(WrongFile, match=r"^it is larger than 2 MiB$"):
        LogFile(b" " * (2 * 1024 * 1024 + 1))


def test_lines_of_csv_are_refused_by_their_number() -> None:
    lines = [HEADING, ROW, '8,"two\nlines",in,work,sip:bob@x,Bob,missed', "9,short", ROW,
             ROW.replace("missed", "eaten\x1b"), ROW.replace("work", "")]  # fmt: skip
    (command,), report = commands_of("\n".join(lines).encode())
    assert len(command.rows) == 3  # the time of the second is the engine's to judge
    assert (report.new, report.refused) == (3, 3)
    assert [(problem.line, problem.reason.partition(":")[0]) for problem in report.problems] == [
        (5, "it has 2 of 7 columns"),
        (7, "it is not a call as it is exported"),
        (8, "it is not a call as it is exported"),
    ]
    assert not any("\x1b" in problem.reason for problem in report.problems)


def test_objects_of_json_are_refused_by_their_line() -> None:
    data = f'[\n{OBJECT},\n  7,\n\n{OBJECT}, {{"id": "8"}},\n{"[" * 500}{"]" * 500}\n]'
    (command,), report = commands_of(data.encode())
    assert len(command.rows) == 2
    assert [problem.line for problem in report.problems] == [3, 5, 6]


@pytest.mark.parametrize("number", ["nan", "inf", "1e999", "-inf"])
def test_what_is_no_number_of_json_is_refused_alone(number: str) -> None:
    data = f"{HEADING},duration_s\n{ROW},{number}\n{ROW},1.5\n"
    (command,), report = commands_of(data.encode())
    assert [row.duration_s for row in command.rows] == [1.5]
    assert report.refused == 1


def test_a_long_row_is_refused_alone() -> None:
    data = f"{HEADING}\n{ROW.replace('Bob', 'B' * 9000)}\n{ROW}\n"
    (command,), report = commands_of(data.encode())
    assert len(command.rows) == 1
    assert report.problems == (Problem(2, "it is too long"),)


def test_a_cell_that_no_reader_takes_is_refused() -> None:
    with pytest.raises(WrongFile, match=r"^line 3 cannot be read: "):
        commands_of(f"{HEADING}\n{ROW}\n{ROW.replace('Bob', 'B' * 200_000)}\n".encode())


@pytest.mark.parametrize(
    ("cell", "name"),
    [("'=1", "=1"), ("''=1", "'=1"), ("'Tis", "'Tis"), ("'+49", "+49"), ("Bob", "Bob")],
)
def test_what_the_export_guards_is_read_as_it_was(cell: str, name: str) -> None:
    (row,) = rows_of(f"{HEADING}\n{ROW.replace('Bob', cell)}\n".encode())
    assert row.remote.name == name


def test_a_mark_of_byte_order_is_no_part_of_the_heading() -> None:
    assert len(rows_of(f"\ufeff{HEADING}\n{ROW}\n".encode())) == 1


def test_every_command_fits_a_line_and_the_calls_of_a_second_stay_together() -> None:
    times = [f"2026-01-01T00:{place // 7 // 60:02}:{place // 7 % 60:02}Z" for place in range(1000)]
    rows = [ROW.replace("2026-01-01T00:00:00Z", time).replace("Bob", "é" * 99) for time in times]
    commands, report = commands_of("\n".join((HEADING, *rows)).encode())
    assert report.new == 1000
    assert len(commands) > 4
    assert all(len(encode(Request(id=1, command=command))) <= MAX_LINE for command in commands)
    seconds = [{row.started for row in command.rows} for command in commands]
    assert all(not one & other for one, other in itertools.pairwise(seconds))


def test_more_calls_of_a_second_than_a_command_has_room_for_come_in_several() -> None:
    commands, report = commands_of("\n".join((HEADING, *[ROW] * 1000)).encode())
    assert report.new == 1000
    assert len(commands) > 4
    assert all(len(encode(Request(id=1, command=command))) <= MAX_LINE for command in commands)


def test_what_the_engine_refuses_is_named_by_its_line() -> None:
    work = LogFile(f"{HEADING}\n{ROW}\nshort\n{ROW}\n{ROW}\n".encode()).work(preview=True)
    command = next(work)
    assert command.preview
    with pytest.raises(StopIteration) as done:
        work.send(CallsImported(1, 1, (RefusedRow(2, "why not"),)))
    assert done.value.value == ImportReport(
        1, 1, 2, (Problem(3, "it has 1 of 7 columns"), Problem(5, "why not"))
    )


def test_a_report_names_the_first_of_many_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_MOST_PROBLEMS", 3)
    _, report = commands_of("\n".join((HEADING, *["short"] * 1000)).encode())
    assert report.refused == 1000
    assert [problem.line for problem in report.problems] == [2, 3, 4]


@pytest.mark.parametrize(
    ("report", "summary", "result"),
    [
        (
            ImportReport(1, 1, 0),
            "1 call is new, 1 is in the log already",
            "imported 1 call; 1 was there already",
        ),
        (
            ImportReport(1200, 0, 2),
            "1,200 calls are new, 0 are in the log already, 2 cannot be imported",
            "imported 1,200 calls; 2 could not be imported",
        ),
    ],
)
def test_words(report: ImportReport, summary: str, result: str) -> None:
    assert importing.summary(report) == summary
    assert importing.result(report) == result


def test_the_entry_of_a_row_is_read_by_its_types() -> None:
    data = f"[{OBJECT}]".encode()
    (row,) = rows_of(data)
    assert msgspec.json.decode(OBJECT, type=LogEntry) == row
