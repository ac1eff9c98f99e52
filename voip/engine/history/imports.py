"""Imports rows of an exported log for clients."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from voip.background import Background
from voip.engine.history.imported import BadRow, ImportedRows, Row, row_of
from voip.engine.hub import Hub
from voip.model import LogEntry
from voip.protocol.phone import CallsImported, RefusedRow, RowsImportedEvent

log = logging.getLogger(__name__)

_REPORT_AFTER_S = 0.3
"""Seconds after which clients are told: a file comes in many commands."""


class Imports:
    """Imports into the log, one after the other.

    `reserve` gives ids to so many rows. `is_another` knows a contact's name, with
    the address and the account of a call that is not theirs.
    """

    def __init__(
        self,
        hub: Hub,
        path: Path,
        reserve: Callable[[int], int],
        is_another: Callable[[str, str, str], bool],
    ) -> None:
        """Prepare to change a log that a `History` has opened already."""
        self._hub = hub
        self._rows = ImportedRows(path)
        self._reserve = reserve
        self._is_another = is_another
        self._one_at_a_time = asyncio.Lock()
        self._background = Background()
        self._added = 0

    async def add(self, entries: Sequence[LogEntry], preview: bool) -> CallsImported:
        """Add the rows that are new; for a preview, only count them.

        Raises:
            HistoryError: the log cannot be read or written; no row was added.
        """
        # A client that leaves must not cancel what has begun.
        return await asyncio.shield(self._background.begin(self._add(entries, preview)))

    async def _add(self, entries: Sequence[LogEntry], preview: bool) -> CallsImported:
        rows: list[Row] = []
        refused: list[RefusedRow] = []
        for place, entry in enumerate(entries):
            try:
                rows.append(self._judged(row_of(entry)))
            except BadRow as error:
                refused.append(RefusedRow(place, str(error)))
        async with self._one_at_a_time:
            new = await asyncio.to_thread(self._rows.new, rows)
            if new and not preview:
                first_id = self._reserve(len(new))
                await asyncio.to_thread(self._rows.add, new, first_id)
                self._report(len(new))
        return CallsImported(len(new), len(rows) - len(new), tuple(refused))

    def _judged(self, row: Row) -> Row:
        # Whoever wrote the file may have given a stranger's call the name of a contact.
        imitates = row.imitates or self._is_another(row.name, row.uri, row.account)
        return row._replace(imitates=imitates)

    def _report(self, added: int) -> None:
        if not self._added:
            asyncio.get_running_loop().call_later(_REPORT_AFTER_S, self._publish)
        self._added += added

    def _publish(self) -> None:
        log.info("calls imported into the log, as a client asked: %d", self._added)
        self._hub.publish(RowsImportedEvent(count=self._added))
        self._added = 0
