"""Commands about the call log: its pages, and the deletion of rows."""

from __future__ import annotations

import asyncio

from voip.engine.commands import rows
from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.engine.errors import Refusal
from voip.engine.history.reader import Conditions, not_in_the_log
from voip.protocol.calls import (
    CallsDeleted,
    CallsRestored,
    DeleteCalls,
    DeleteHistory,
    GetHistory,
    HistoryPage,
    RestoreCalls,
)
from voip.protocol.phone import CallsImported, ImportCalls

_MAX_OFFSET = 10**12


async def _history(engine: Engine, command: GetHistory) -> HistoryPage:
    before = _row("before", command.before)
    offset = max(0, min(command.offset, _MAX_OFFSET))
    with rows.refusals():
        matches = await asyncio.to_thread(
            engine.log_reader.page,
            await _conditions(engine, command),
            rows.limit_of(command.limit),
            offset,
            before,
        )
    return rows.fitting(matches.entries, lambda some: HistoryPage(some, matches.total))


async def _delete(engine: Engine, command: DeleteCalls) -> CallsDeleted:
    numbers = [rows.number_of(row) for row in command.rows]
    for row, number in zip(command.rows, numbers, strict=True):
        if number is None:
            raise not_in_the_log(f"“{row}”")
    with rows.refusals():
        return CallsDeleted(await engine.deletions.delete([n for n in numbers if n is not None]))


async def _delete_matching(engine: Engine, command: DeleteHistory) -> CallsDeleted:
    newest = _row("newest", command.newest)
    with rows.refusals():
        conditions = await _conditions(engine, command)
        return CallsDeleted(await engine.deletions.delete_matching(conditions, newest))


async def _restore(engine: Engine, command: RestoreCalls) -> CallsRestored:
    with rows.refusals():
        return CallsRestored(await engine.deletions.restore())


async def _import(engine: Engine, command: ImportCalls) -> CallsImported:
    await engine.contacts.refresh()
    with rows.refusals():
        return await engine.imports.add(command.rows, command.preview)


async def _conditions(engine: Engine, command: GetHistory | DeleteHistory) -> Conditions:
    person = command.person
    known = await engine.listing.find(person, None, None) if person is not None else None
    return Conditions(
        text=command.search,
        missed=command.missed,
        account=command.account,
        secure=command.secure,
        uris=known.uris if known is not None else None,
    )


def _row(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    number = rows.number_of(text)
    if number is None:
        raise Refusal("bad_request", f"“{name}” is the id of a row")
    return number


HANDLERS: Handlers = {
    GetHistory: _history,
    DeleteCalls: _delete,
    DeleteHistory: _delete_matching,
    RestoreCalls: _restore,
    ImportCalls: _import,
}
