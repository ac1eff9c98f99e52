"""Import of an exported call log: reads the file, and sends its rows in small commands.

The engine checks and cleans each row; here a file is only taken apart.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any, NamedTuple

import msgspec

from voip.client.deleting import calls
from voip.model import LogEntry, Party
from voip.protocol.framing import MAX_LINE
from voip.protocol.phone import CallsImported, ImportCalls
from voip.security.text import clean

MAX_FILE = 512 * 1024 * 1024
"""Largest file in bytes: more than a million calls."""

_LONGEST_ROW = 8 * 1024
_ROOM = MAX_LINE - 2 * _LONGEST_ROW
_MOST_PROBLEMS = 1000
_NEEDED = frozenset(("started", "direction", "account", "uri", "outcome"))
_QUOTED = ("=", "+", "-", "@")


class WrongFile(Exception):
    """File that cannot be imported; the text says why."""


class Problem(msgspec.Struct, frozen=True):
    """Line of the file whose call was refused, and why."""

    line: int
    reason: str


class ImportReport(msgspec.Struct, frozen=True):
    """Calls of a file: new ones, those in the log already, and those refused.

    `problems` has the first of the refused.
    """

    new: int
    known: int
    refused: int
    problems: tuple[Problem, ...] = ()


class _Line(NamedTuple):
    number: int
    entry: LogEntry | None
    reason: str = ""


class LogFile:
    """Exported log, as CSV or JSON."""

    def __init__(self, data: bytes) -> None:
        """Take the file apart.

        Raises:
            WrongFile: it is too large, or is not an exported log.
        """
        if len(data) > MAX_FILE:
            raise WrongFile(f"it is larger than {MAX_FILE // 1024 // 1024} MiB")
        try:
            self._text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise WrongFile("it is not text in UTF-8") from error
        self._rows: list[msgspec.Raw] | None = None
        if self._text.lstrip()[:1] == "[":
            try:
                self._rows = msgspec.json.decode(self._text, type=list[msgspec.Raw])
            except (msgspec.DecodeError, RecursionError) as error:
                raise WrongFile(f"its JSON is damaged: {clean(str(error))}") from error
        elif not set(next(csv.reader(io.StringIO(self._text)), ())) >= _NEEDED:
            raise WrongFile("it is not a log of “offhook history --export”")

    def work(self, preview: bool) -> Generator[ImportCalls, CallsImported, ImportReport]:
        """Yield commands, and get the reply to each; return the report.

        Raises:
            WrongFile: the file is damaged; the rows before are imported.
        """
        new = known = refused = 0
        problems: list[Problem] = []
        for lines in self._parts():
            bad = [Problem(line.number, line.reason) for line in lines if line.entry is None]
            good = [line for line in lines if line.entry is not None]
            if good:
                reply = yield ImportCalls(
                    tuple(line.entry for line in good if line.entry is not None), preview
                )
                new, known = new + reply.new, known + reply.known
                bad += [Problem(good[row.row].number, row.reason) for row in reply.refused]
            refused += len(bad)
            problems += sorted(bad, key=lambda problem: problem.line)
            del problems[_MOST_PROBLEMS:]
        return ImportReport(new, known, refused, tuple(problems))

    def _parts(self) -> Iterator[list[_Line]]:
        """Yield lines that fit a command; those of one second stay together."""
        part: list[_Line] = []
        size = 0
        last = ""
        for line in self._lines():
            length = len(msgspec.json.encode(line.entry))
            if length > _LONGEST_ROW:
                line, length = _Line(line.number, None, "it is too long"), 0
            started = line.entry.started if line.entry else last
            full = size + length > _ROOM or (size > _ROOM // 2 and started != last)
            if part and full:
                yield part
                part, size = [], 0
            part.append(line)
            size, last = size + length, started
        if part:
            yield part

    def _lines(self) -> Iterator[_Line]:
        return self._csv() if self._rows is None else self._json(self._rows)

    def _json(self, rows: list[msgspec.Raw]) -> Iterator[_Line]:
        number, counted, end = 1, 0, 0
        for raw in rows:
            text = bytes(raw).decode()
            begin = self._text.index(text, end)
            number += self._text.count("\n", counted, begin)
            yield _line(number, partial(msgspec.json.decode, raw, type=LogEntry))
            counted, end = begin, begin + len(text)

    def _csv(self) -> Iterator[_Line]:
        reader = csv.reader(io.StringIO(self._text, newline=""))
        columns = next(reader)
        begin = reader.line_num + 1
        try:
            for cells in reader:
                if len(cells) != len(columns):
                    yield _Line(begin, None, f"it has {len(cells)} of {len(columns)} columns")
                else:
                    fields = _nested(dict(zip(columns, cells, strict=True)))
                    yield _line(begin, partial(msgspec.convert, fields, LogEntry, strict=False))
                begin = reader.line_num + 1
        except csv.Error as error:
            raise WrongFile(f"line {begin} cannot be read: {error}") from error


def _nested(cells: dict[str, str]) -> dict[str, Any]:
    """Build the object that JSON has from the cells of a row."""
    texts: dict[str, Any] = {"id": ""} | {
        name: _unquoted(text) for name, text in cells.items() if text
    }
    remote = {name: texts.pop(name) for name in Party.__struct_fields__ if name in texts}
    return {**texts, "remote": remote}


def _unquoted(text: str) -> str:
    # The export guards what a spreadsheet would execute.
    guarded = text[:1] == "'" and text.lstrip("'")[:1] in _QUOTED
    return text[1:] if guarded else text


def _line(number: int, read: Callable[[], LogEntry]) -> _Line:
    try:
        # What JSON has no number for would make the engine refuse the whole command.
        whole = msgspec.json.encode(read())
        return _Line(number, msgspec.json.decode(whole, type=LogEntry))
    except (msgspec.DecodeError, RecursionError) as error:
        return _Line(number, None, f"it is not a call as it is exported: {clean(str(error))}")


def summary(report: ImportReport) -> str:
    """Sentence about what is in a file: `3 calls are new, 2 are in the log already`."""
    parts = [
        f"{calls(report.new)} {'is' if report.new == 1 else 'are'} new",
        f"{report.known:,} {'is' if report.known == 1 else 'are'} in the log already",
    ]
    if report.refused:
        parts.append(f"{report.refused:,} cannot be imported")
    return ", ".join(parts)


def result(report: ImportReport) -> str:
    """Sentence about an import: `imported 3 calls; 2 were in the log already`."""
    parts = [f"imported {calls(report.new)}"]
    if report.known:
        parts.append(f"{report.known:,} {'was' if report.known == 1 else 'were'} there already")
    if report.refused:
        parts.append(f"{report.refused:,} could not be imported")
    return "; ".join(parts)
