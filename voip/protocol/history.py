"""Import of a call log that was exported."""

from __future__ import annotations

import msgspec

from voip.model import LogEntry
from voip.protocol.base import Command, Event


class ImportCalls(Command, frozen=True, tag="import_calls"):
    """Add exported rows that are not in the call log yet; a `preview` only counts them.

    Added rows get new ids. Rows of one second belong in one command. The reply is
    `CallsImported`.
    """

    rows: tuple[LogEntry, ...]
    preview: bool = False


class RowsImportedEvent(Event, frozen=True, tag="rows_imported"):
    """Reports that rows were added to the call log, among the others by their time."""

    count: int


class RefusedRow(msgspec.Struct, frozen=True):
    """Row that was not imported: its place in the command, from 0, and why."""

    row: int
    reason: str


class CallsImported(msgspec.Struct, frozen=True):
    """Reply to `ImportCalls`: rows that were new, those in the log already, the refused."""

    new: int
    known: int
    refused: tuple[RefusedRow, ...] = ()


AnyHistoryCommand = ImportCalls

AnyHistoryEvent = RowsImportedEvent
