"""Real-time text in the log's file: as it stood, deleted with its call, and brought back."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from tests.support.standin.engine import StandIn
from voip.client.errors import CommandFailed
from voip.engine.calls.text import realtime
from voip.engine.history import undo
from voip.engine.history.log import History, HistoryError
from voip.model import CallState
from voip.protocol.calls import AnswerCall, DeleteCalls, GetHistory, HistoryPage, RestoreCalls
from voip.protocol.people import (
    GetRealtimeText,
    RealtimeText,
    RealtimeTextEvent,
    SendRealtimeText,
)
from voip.protocol.phone import ImportCalls, NoticeEvent

_BOB = '"Bob" <sip:bob@example.com>'


async def _talking(standin: StandIn) -> str:
    await standin.add_account("work", realtime_text=True, keep_realtime_text=True)
    call = await standin.incoming("work", _BOB)
    await standin.client.ask(AnswerCall(call=call))
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE and c.realtime_text)
    return call


async def _write(standin: StandIn, call: str, text: str) -> None:
    standin.remote_types(call, text.encode())
    await standin.until(RealtimeTextEvent, lambda event: event.text == text)


async def _end(standin: StandIn, call: str) -> None:
    standin.remote_hangs_up(call)
    await standin.until_logged(call)


async def _kept(standin: StandIn, call: str, before: int | None = None) -> RealtimeText:
    return await standin.client.get(GetRealtimeText(call=call, before=before), RealtimeText)


async def _lines(standin: StandIn, call: str) -> list[tuple[bool, str]]:
    return [(line.ours, line.text) for line in (await _kept(standin, call)).lines]


def _is_in_the_files(standin: StandIn, text: str) -> bool:
    files = standin.paths.history.parent.glob("history.db*")
    return any(text.encode() in file.read_bytes() for file in files)


async def test_both_sides_stay_in_order_with_what_was_lost(standin: StandIn) -> None:
    call = await _talking(standin)
    await _write(standin, call, "Who is th\ufffd?\n")
    await standin.client.ask(SendRealtimeText(call=call, text="Mee\b.\n"))
    await _write(standin, call, "Ah")
    now = (await _kept(standin, call)).lines
    await _end(standin, call)
    assert (await _kept(standin, call)).lines == now
    assert await _lines(standin, call) == [
        (False, "Who is th\ufffd?"), (True, "Me."), (False, "Ah"),
    ]  # fmt: skip
    page = await standin.client.get(GetHistory(), HistoryPage)
    assert [entry.realtime_text for entry in page.entries] == [True]


async def test_a_line_that_was_erased_whole_is_not_kept(standin: StandIn) -> None:
    call = await _talking(standin)
    await _write(standin, call, "secret")
    await standin.client.ask(SendRealtimeText(call=call, text="What?\n"))
    await _write(standin, call, "\b" * 6 + "Hi")
    await _end(standin, call)
    assert await _lines(standin, call) == [(True, "What?"), (False, "Hi")]


async def test_no_line_of_a_long_call_is_missing(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voip.engine.calls.text.kept._PAGE", 100)
    call = await _talking(standin)
    written = [f"line {number}" for number in range(250)]
    for start in range(0, 250, 50):
        await _write(standin, call, "".join(f"{line}\n" for line in written[start : start + 50]))
    now = await _kept(standin, call)
    assert (len(now.lines), now.first) == (100, 150)
    await _end(standin, call)
    page = await _kept(standin, call)
    found = [line.text for line in page.lines]
    while page.first:
        page = await _kept(standin, call, page.first)
        found[:0] = [line.text for line in page.lines]
    assert found == written


async def test_a_far_end_cannot_fill_the_disk(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(realtime, "_MOST_KEPT", 3)
    call = await _talking(standin)
    await _write(standin, call, "a\nb\nc\nd\ne\n")
    await _end(standin, call)
    assert await _lines(standin, call) == [(False, "a"), (False, "b"), (False, "c")]


async def test_text_of_a_call_that_was_imported_since_comes_back_too(standin: StandIn) -> None:
    call = await _talking(standin)
    await _write(standin, call, "one\n")
    await _end(standin, call)
    exported = (await standin.client.get(GetHistory(), HistoryPage)).entries
    await standin.client.ask(DeleteCalls(rows=(call,)))
    await standin.client.ask(ImportCalls(rows=exported))
    await standin.client.ask(RestoreCalls())
    [row] = (await standin.client.get(GetHistory(), HistoryPage)).entries
    assert (row.id != call, row.realtime_text) == (True, True)
    assert await _lines(standin, row.id) == [(False, "one")]


async def test_text_is_saved_while_the_call_goes_on(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(realtime, "_SAVE_S", 0.0)
    call = await _talking(standin)
    await _write(standin, call, "one\n")
    await _write(standin, call, "two\n")
    # The timer of the second piece was due before this one was read.
    await _write(standin, call, "three\n")
    with contextlib.closing(sqlite3.connect(standin.paths.history)) as log:
        rows = log.execute("SELECT text FROM typed_lines ORDER BY place").fetchall()
    assert rows[:2] == [("one",), ("two",)]


async def test_the_row_of_a_short_call_tells_of_its_text(standin: StandIn) -> None:
    call = await _talking(standin)
    await _write(standin, call, "Hi")
    standin.remote_hangs_up(call)
    assert (await standin.until_logged(call)).realtime_text


async def test_text_of_a_row_that_another_program_deletes_goes_at_the_next_start(
    standin: StandIn,
) -> None:
    call = await _talking(standin)
    await _write(standin, call, "Geheimnis\n")
    await _end(standin, call)
    await standin.stop()
    with contextlib.closing(sqlite3.connect(standin.paths.history)) as log, log:
        log.execute("DELETE FROM calls")
    History(standin.paths.history).close()
    assert b"Geheimnis" not in standin.paths.history.read_bytes()
    with contextlib.closing(sqlite3.connect(standin.paths.history)) as log:
        assert log.execute("SELECT count(*) FROM typed_lines").fetchone() == (0,)


async def test_text_goes_with_its_call_and_comes_back(standin: StandIn) -> None:
    call = await _talking(standin)
    await _write(standin, call, "Geheimnis\n")
    await _end(standin, call)
    before = await _kept(standin, call)
    await standin.client.ask(DeleteCalls(rows=(call,)))
    with pytest.raises(CommandFailed) as gone:
        await _kept(standin, call)
    assert gone.value.kind == "no_text"
    await standin.client.ask(RestoreCalls())
    assert await _kept(standin, call) == before
    page = await standin.client.get(GetHistory(), HistoryPage)
    assert [entry.realtime_text for entry in page.entries] == [True]


async def test_deleted_text_leaves_no_trace_in_the_files(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "UNDO_S", 0.0)
    call = await _talking(standin)
    await _write(standin, call, "Geheimnis\n")
    await _end(standin, call)
    assert _is_in_the_files(standin, "Geheimnis")
    await standin.client.ask(DeleteCalls(rows=(call,)))
    await standin.engine.deletions.close()
    standin.engine.history.erase()
    assert not _is_in_the_files(standin, "Geheimnis")


async def test_what_was_erased_leaves_no_trace_when_the_phone_ends(standin: StandIn) -> None:
    call = await _talking(standin)
    await _write(standin, call, "Geheimnis")
    await _write(standin, call, "\b" * 9 + "Hi\n")
    await _end(standin, call)
    with contextlib.closing(sqlite3.connect(standin.paths.history)) as log:
        # Pages may have been copied: the file is written again.
        assert log.execute("SELECT traces FROM deletions").fetchone() == (1,)
    standin.engine.history.erase()
    assert not _is_in_the_files(standin, "Geheim")
    assert await _lines(standin, call) == [(False, "Hi")]


async def test_a_file_that_cannot_be_written_is_reported_once(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise HistoryError("the disk is full")

    call = await _talking(standin)
    monkeypatch.setattr(standin.engine.calls.realtime_texts._kept, "write", fail)
    await _write(standin, call, "one\n")
    notice = await standin.until(NoticeEvent, lambda event: "disk is full" in event.text)
    assert notice.text.startswith(f"call {call}: what is written from now on is not kept")
    await _write(standin, call, "two\n")
    await _end(standin, call)
    notices = [e.event for e in standin.events if isinstance(e.event, NoticeEvent)]
    assert [one.text for one in notices].count(notice.text) == 1
