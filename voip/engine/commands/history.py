"""Commands about the call log: its pages, and the deletion of rows."""

from __future__ import annotations

import asyncio
import re

import msgspec

from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.engine.errors import Refusal
from voip.engine.history.deletion import not_in_the_log
from voip.engine.history.log import HistoryError
from voip.engine.history.reader import Conditions
from voip.protocol.calls import (
    CallsDeleted,
    CallsRestored,
    DeleteCalls,
    DeleteHistory,
    GetHistory,
    HistoryPage,
    RestoreCalls,
)
from voip.protocol.framing import MAX_REPLY

_MAX_OFFSET = 10**12


async def _history(engine: Engine, command: GetHistory) -> HistoryPage:
    before = _row("before", command.before)
    limit = max(1, min(command.limit, 1000))
    offset = max(0, min(command.offset, _MAX_OFFSET))
    try:
        matches = await asyncio.to_thread(
            engine.log_reader.page, _conditions(command), limit, offset, before
        )
    except HistoryError as error:
        raise _failed(error) from error
    page = HistoryPage(entries=matches.entries, total=matches.total)
    while len(msgspec.json.encode(page)) > MAX_REPLY // 2:
        page = msgspec.structs.replace(page, entries=page.entries[: len(page.entries) // 2])
    return page


async def _delete(engine: Engine, command: DeleteCalls) -> CallsDeleted:
    numbers = [_number(row) for row in command.rows]
    for row, number in zip(command.rows, numbers, strict=True):
        if number is None:
            raise not_in_the_log(f"“{row}”")
    try:
        return CallsDeleted(await engine.deletions.delete([n for n in numbers if n is not None]))
    except HistoryError as error:
        raise _failed(error) from error


async def _delete_matching(engine: Engine, command: DeleteHistory) -> CallsDeleted:
    newest = _row("newest", command.newest)
    try:
        deleted = await engine.deletions.delete_matching(_conditions(command), newest)
    except HistoryError as error:
        raise _failed(error) from error
    return CallsDeleted(deleted)


async def _restore(engine: Engine, command: RestoreCalls) -> CallsRestored:
    try:
        return CallsRestored(await engine.deletions.restore())
    except HistoryError as error:
        raise _failed(error) from error


def _conditions(command: GetHistory | DeleteHistory) -> Conditions:
    return Conditions(
        text=command.search,
        missed=command.missed,
        account=command.account,
        secure=command.secure,
    )


def _row(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    number = _number(text)
    if number is None:
        raise Refusal("bad_request", f"“{name}” is the id of a row")
    return number


def _number(row: str) -> int | None:
    return int(row) if re.fullmatch(r"[0-9]{1,18}", row) else None


def _failed(error: HistoryError) -> Refusal:
    return Refusal("history", str(error))


HANDLERS: Handlers = {
    GetHistory: _history,
    DeleteCalls: _delete,
    DeleteHistory: _delete_matching,
    RestoreCalls: _restore,
}
