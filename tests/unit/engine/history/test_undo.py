"""Deletions from the call log by clients, and the minute in which they can be undone."""

from __future__ import annotations

import asyncio
import stat
import threading

import pytest

from tests.support.attached import PATIENCE_S
from tests.support.standin.engine import StandIn
from voip.client.errors import CommandFailed
from voip.client.stream import Client
from voip.engine.history import deletion, undo
from voip.engine.history.deletion import DeletedRows
from voip.engine.server import Session
from voip.model import CallState, LogEntry, RegistrationState
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

BOB = '"Bob Secret" <sip:+49301234567@example.com>'


@pytest.fixture
async def log(standin: StandIn) -> StandIn:
    """Write three missed calls of Bob, 1 to 3."""
    await standin.add_account("work")
    for _ in range(3):
        standin.remote_hangs_up(call := await standin.incoming("work", BOB))
        await standin.until_logged(call)
    return standin


async def rows(standin: StandIn) -> list[LogEntry]:
    return list((await standin.client.get(GetHistory(), HistoryPage)).entries)


async def ids(standin: StandIn) -> list[str]:
    return [row.id for row in await rows(standin)]


async def delete(standin: StandIn, *numbers: str) -> int:
    return (await standin.client.get(DeleteCalls(rows=numbers), CallsDeleted)).deleted


async def restore(standin: StandIn) -> int:
    return (await standin.client.get(RestoreCalls(), CallsRestored)).restored


async def refused(standin: StandIn) -> str:
    with pytest.raises(CommandFailed) as caught:
        await restore(standin)
    assert caught.value.kind == "nothing_deleted"
    return str(caught.value)


def in_the_files(standin: StandIn, text: str) -> bool:
    files = standin.paths.history.parent.glob("history.db*")
    return any(text.encode() in file.read_bytes() for file in files)


class Gate:
    """Place at which a deletion of many rows waits, between its slices."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._reached = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._open = threading.Event()
        monkeypatch.setattr(deletion, "_SLICE", 1)
        monkeypatch.setattr("voip.engine.history.deletion.time.sleep", self._wait)

    def _wait(self, seconds: float) -> None:
        self._loop.call_soon_threadsafe(self._reached.set)
        assert self._open.wait(PATIENCE_S)

    async def reached(self) -> None:
        await asyncio.wait_for(self._reached.wait(), PATIENCE_S)

    def open(self) -> None:
        self._open.set()


async def test_clients_are_told_of_rows_that_go_and_come_back(log: StandIn) -> None:
    before = await rows(log)
    assert await delete(log, "3", "1") == 2
    gone = await log.until(RowsDeletedEvent, lambda event: True)
    assert gone == RowsDeletedEvent(count=2, rows=("3", "1"))
    assert await rows(log) == before[1:2]
    assert await restore(log) == 2
    assert await log.until(RowsRestoredEvent, lambda event: True) == RowsRestoredEvent(count=2)
    assert await rows(log) == before
    assert await refused(log) == (
        "there is nothing to bring back: a deleted call can be brought back for a minute, and "
        "only what was deleted last"
    )


async def test_many_rows_are_not_named(log: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo, "_MOST_NAMED", 2)
    everything = await log.client.get(DeleteHistory(), CallsDeleted)
    assert everything == CallsDeleted(deleted=3)
    assert await log.until(RowsDeletedEvent, lambda event: True) == RowsDeletedEvent(count=3)


async def test_nothing_that_matches_leaves_the_last_deletion_to_be_undone(log: StandIn) -> None:
    await delete(log, "1")
    nothing = await log.client.get(DeleteHistory(search="nobody"), CallsDeleted)
    assert nothing == CallsDeleted(deleted=0)
    with pytest.raises(CommandFailed):
        await delete(log, "1")
    assert await restore(log) == 1


async def test_nothing_can_be_brought_back_or_read_in_the_files_after_a_minute(
    log: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "UNDO_S", 0.0)
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    erase = DeletedRows.erase

    def noted(deleted: DeletedRows) -> bool:
        done = erase(deleted)
        loop.call_soon_threadsafe(over.set)
        return done

    monkeypatch.setattr(DeletedRows, "erase", noted)
    assert in_the_files(log, "+49301234567")
    await delete(log, "1", "2", "3")
    await asyncio.wait_for(over.wait(), PATIENCE_S)
    await refused(log)
    assert not in_the_files(log, "+49301234567")
    modes = {stat.S_IMODE(file.stat().st_mode) for file in log.paths.state.glob("history.db*")}
    assert modes == {0o600}


async def test_text_is_erased_again_and_again_until_nobody_reads(
    log: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "UNDO_S", 0.0)
    monkeypatch.setattr(undo, "_AGAIN_S", 0.0)
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    answers = [False, False, True]

    def erase(deleted: DeletedRows) -> bool:
        answer = answers.pop(0)
        if answer:
            loop.call_soon_threadsafe(over.set)
        return answer

    monkeypatch.setattr(DeletedRows, "erase", erase)
    await delete(log, "1")
    await asyncio.wait_for(over.wait(), PATIENCE_S)


async def test_the_end_of_one_minute_does_not_end_that_of_a_later_deletion(
    log: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await delete(log, "1")
    gate = Gate(monkeypatch)
    later = asyncio.create_task(delete(log, "2", "3"))
    await gate.reached()
    # The minute of the first is over while the second goes on.
    over = asyncio.create_task(log.engine.deletions._erase(1))
    gate.open()
    assert await later == 2
    await over
    assert await restore(log) == 2


async def test_calls_go_on_while_many_rows_are_deleted(
    log: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    deleting = asyncio.create_task(log.client.get(DeleteHistory(), CallsDeleted))
    await gate.reached()
    # The same client has a call meanwhile, which is logged.
    call = await log.call("100")
    log.remote_answers(call)
    await log.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    log.remote_hangs_up(call)
    await log.until_logged(call)
    assert not deleting.done()
    gate.open()
    assert await deleting == CallsDeleted(deleted=3)
    assert await ids(log) == [call]


async def test_a_deletion_goes_on_when_its_client_leaves(
    log: StandIn, another: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    deleting = asyncio.create_task(another.get(DeleteHistory(), CallsDeleted))
    await gate.reached()
    left, close = asyncio.Event(), Session.close

    def note(session: Session) -> None:
        close(session)
        left.set()

    monkeypatch.setattr(Session, "close", note)
    deleting.cancel()
    await another.__aexit__(None, None, None)
    await left.wait()
    gate.open()
    await log.until(RowsDeletedEvent, lambda event: event.count == 3)
    assert await ids(log) == []
    assert await restore(log) == 3


async def test_a_deletion_ends_with_the_engine(
    log: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    deleting = asyncio.create_task(log.client.get(DeleteHistory(), CallsDeleted))
    await gate.reached()
    stop = DeletedRows.stop

    def stop_at_the_gate(deleted: DeletedRows) -> None:
        stop(deleted)
        gate.open()

    monkeypatch.setattr(DeletedRows, "stop", stop_at_the_gate)
    await log.stop()
    await asyncio.gather(deleting, return_exceptions=True)
    await log.start()
    assert await ids(log) == ["3", "2"]


async def test_the_undo_is_lost_with_the_engine_but_no_id_is_used_again(log: StandIn) -> None:
    await delete(log, "2", "3")
    await log.stop()
    assert len(in_state(log)) == 1
    await log.start()
    await refused(log)
    await log.reaches(lambda s: s.accounts[0].registration.state is RegistrationState.REGISTERED)
    log.remote_hangs_up(call := await log.incoming("work", BOB))
    await log.until_logged(call)
    assert await ids(log) == ["4", "1"]


def in_state(standin: StandIn) -> list[str]:
    return [file.name for file in standin.paths.state.glob("history.db*")]


async def test_the_engine_s_log_has_counts_alone(log: StandIn) -> None:
    begun = len(log.log)
    await delete(log, "2", "3")
    await restore(log)
    lines = log.log[begun:]
    assert "calls deleted from the log, as a client asked: 2" in lines
    assert "calls brought back to the log, as a client asked: 2" in lines
    assert "Bob" not in lines
    assert "1234567" not in lines
