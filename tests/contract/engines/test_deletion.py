"""Both engines: calls deleted from the log, brought back, and imported."""

from __future__ import annotations

import msgspec
import pytest

from tests.contract.engines.sides import BOB, Side
from voip.client.errors import CommandFailed
from voip.model import LogEntry
from voip.protocol.calls import (
    CallsDeleted,
    CallsRestored,
    DeleteCalls,
    DeleteHistory,
    GetHistory,
    HistoryPage,
    RestoreCalls,
    RowsDeletedEvent,
    RowsRestoredEvent,
)
from voip.protocol.phone import CallsImported, ImportCalls, RefusedRow, RowsImportedEvent


async def rows(side: Side) -> tuple[LogEntry, ...]:
    return (await side.engine.client.get(GetHistory(), HistoryPage)).entries


async def test_calls_with_one_person_are_shown_and_deleted(side: Side) -> None:
    await side.register()
    for sender in (BOB, "<sip:carol@example.com>", BOB):
        call = await side.incoming(sender)
        side.gives_up(call)
        await side.engine.until_logged(call)
    client = side.engine.client
    page = await client.get(GetHistory(person="bob@EXAMPLE.com"), HistoryPage)
    assert [row.remote.name for row in page.entries] == ["Bob", "Bob"]
    assert page.total == 2
    deleted = await client.get(DeleteHistory(person="sip:bob@example.com"), CallsDeleted)
    assert deleted == CallsDeleted(2)
    assert [row.remote.uri for row in await rows(side)] == ["sip:carol@example.com"]


async def test_calls_are_deleted_and_brought_back_and_every_client_is_told(side: Side) -> None:
    await side.register()
    missed = await side.incoming(BOB)
    side.gives_up(missed)
    await side.engine.until_logged(missed)
    call = await side.dial("100")
    before = await rows(side)
    client = side.engine.client
    assert await client.get(DeleteCalls(rows=(missed,)), CallsDeleted) == CallsDeleted(1)
    gone = await side.engine.until(RowsDeletedEvent, lambda e: True)
    assert gone == RowsDeletedEvent(count=1, rows=(missed,))
    assert await rows(side) == before[:1]
    assert await client.get(RestoreCalls(), CallsRestored) == CallsRestored(1)
    assert await side.engine.until(RowsRestoredEvent, lambda e: True) == RowsRestoredEvent(1)
    assert await rows(side) == before
    # The call that goes on stays.
    assert await client.get(DeleteHistory(), CallsDeleted) == CallsDeleted(1)
    assert [row.id for row in await rows(side)] == [call]
    side.refuses(call, 486, "Busy Here")
    await side.engine.until_logged(call)


async def test_calls_are_imported_among_the_others_and_every_client_is_told(side: Side) -> None:
    await side.register()
    missed = await side.incoming(BOB)
    side.gives_up(missed)
    await side.engine.until_logged(missed)
    client = side.engine.client
    (latest,) = await rows(side)
    old = msgspec.structs.replace(
        latest, started="2020-01-01T00:00:00Z", ended="2020-01-01T00:00:05Z"
    )
    bad = msgspec.structs.replace(latest, account="")
    asked = ImportCalls(rows=(bad, latest, old), preview=True)
    answer = CallsImported(1, 1, (RefusedRow(0, "it has no account"),))
    assert await client.get(asked, CallsImported) == answer
    assert await rows(side) == (latest,)
    real = msgspec.structs.replace(asked, preview=False)
    assert await client.get(real, CallsImported) == answer
    assert await side.engine.until(RowsImportedEvent, lambda e: True) == RowsImportedEvent(1)
    first, second = await rows(side)
    assert (first, second) == (latest, msgspec.structs.replace(old, id=second.id))
    # The next call has no row's id.
    later = await side.incoming(BOB)
    side.gives_up(later)
    await side.engine.until_logged(later)
    assert [row.id for row in await rows(side)] == [later, latest.id, second.id]
    assert int(later) > int(second.id) > int(latest.id)
    # What would be older than the row named stays deleted by its time, not by its number.
    deleted = await client.get(DeleteHistory(newest=latest.id), CallsDeleted)
    assert deleted == CallsDeleted(2)
    # One is imported again before it is brought back.
    assert await client.get(ImportCalls(rows=(old,)), CallsImported) == CallsImported(1, 0)
    assert await client.get(RestoreCalls(), CallsRestored) == CallsRestored(2)
    assert [row.started for row in (await rows(side))[1:]] == [latest.started, old.started]


async def test_a_row_that_is_gone_is_no_bound(side: Side) -> None:
    await side.register()
    missed = await side.incoming(BOB)
    side.gives_up(missed)
    await side.engine.until_logged(missed)
    client = side.engine.client
    assert await client.get(DeleteCalls(rows=(missed,)), CallsDeleted) == CallsDeleted(1)
    for command in (GetHistory(before=missed), DeleteHistory(newest=missed)):
        with pytest.raises(CommandFailed) as caught:
            await client.ask(command)
        assert caught.value.kind == "no_row"
