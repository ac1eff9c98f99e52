"""Deletes rows of the call log for clients, and brings them back for a minute."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from voip.background import Background
from voip.engine.errors import Refusal
from voip.engine.history.deletion import DeletedRows
from voip.engine.history.log import UNDO_S, HistoryError
from voip.engine.history.reader import Conditions
from voip.engine.hub import Hub
from voip.protocol.calls import RowsDeletedEvent, RowsRestoredEvent

log = logging.getLogger(__name__)

_AGAIN_S = 5.0
_MOST_NAMED = 100


class Deletions:
    """Deletions from the log, one after the other.

    Each is reported to all clients, as far as it came; one that has begun goes on when
    its client leaves.
    """

    def __init__(self, hub: Hub, path: Path) -> None:
        """Prepare to change a log that a `History` has opened already."""
        self._hub = hub
        self._rows = DeletedRows(path)
        self._one_at_a_time = asyncio.Lock()
        self._background = Background()
        self._changes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._ending = False

    async def delete(self, ids: Sequence[int]) -> int:
        """Delete rows by their ids, all or none; return how many.

        Raises:
            Refusal: one is not in the log, or its call has not ended.
            HistoryError: the log cannot be changed.
        """
        return await self._apart(self._delete(lambda: self._rows.choose(ids)))

    async def delete_matching(self, filters: Conditions, newest: int | None) -> int:
        """Delete the ended calls that match, up to the row `newest`; return how many.

        Raises:
            HistoryError: the log cannot be changed.
        """
        return await self._apart(self._delete(lambda: self._rows.choose_matching(filters, newest)))

    async def restore(self) -> int:
        """Bring back the rows of the last deletion; return how many.

        Raises:
            Refusal: there are none.
            HistoryError: the log cannot be changed.
        """
        return await self._apart(self._restore())

    async def close(self) -> None:
        """End the deletion that goes on, early; the deleted rows are lost."""
        self._ending = True
        self._rows.stop()
        async with self._one_at_a_time:
            if self._timer is not None:
                self._timer.cancel()
            await asyncio.to_thread(self._rows.close)

    async def _apart(self, work: Coroutine[Any, Any, int]) -> int:
        # The thread would go on without the lock if a client that leaves cancelled this.
        return await asyncio.shield(self._background.begin(work))

    async def _delete(self, choose: Callable[[], int]) -> int:
        async with self._one_at_a_time:
            self._check()
            if not await asyncio.to_thread(choose):
                return 0
            self._begin_change()
            try:
                await asyncio.to_thread(self._rows.delete)
            finally:
                count = self._report_deleted()
                self._end_change()
            return count

    async def _restore(self) -> int:
        async with self._one_at_a_time:
            self._check()
            before = len(self._rows)
            if not before:
                raise Refusal(
                    "nothing_deleted",
                    "there is nothing to bring back: a deleted call can be brought back for a "
                    "minute, and only what was deleted last",
                )
            self._begin_change()
            try:
                await asyncio.to_thread(self._rows.restore)
            finally:
                count = before - len(self._rows)
                if count:
                    log.info("calls brought back to the log, as a client asked: %d", count)
                    self._hub.publish(RowsRestoredEvent(count=count))
                self._end_change()
            return count

    def _check(self) -> None:
        if self._ending:
            raise Refusal("stopping", "the engine is ending: the call log was left as it is")

    def _report_deleted(self) -> int:
        count = len(self._rows)
        if count:
            log.info("calls deleted from the log, as a client asked: %d", count)
            named = self._rows.ids(count) if count <= _MOST_NAMED else ()
            self._hub.publish(RowsDeletedEvent(count=count, rows=tuple(map(str, named))))
        return count

    def _begin_change(self) -> None:
        self._changes += 1
        if self._timer is not None:
            self._timer.cancel()

    def _end_change(self) -> None:
        self._erase_after(UNDO_S, self._changes)

    def _erase_after(self, delay_s: float, change: int) -> None:
        def begin() -> None:
            self._background.begin(self._erase(change))

        self._timer = asyncio.get_running_loop().call_later(delay_s, begin)

    async def _erase(self, change: int) -> None:
        async with self._one_at_a_time:
            # Another deletion may have begun while this waited.
            if self._ending or change != self._changes:
                return
            try:
                done = await asyncio.to_thread(self._rows.erase)
            except HistoryError as error:
                log.warning("deleted calls may still be in the file: %s", error)
                return
            if not done:
                self._erase_after(_AGAIN_S, change)
