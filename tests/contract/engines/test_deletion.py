"""Both engines: calls deleted from the log, and brought back."""

from __future__ import annotations

from tests.contract.engines.sides import BOB, Side
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
