"""Deleting calls from the log with keys, and bringing them back."""

from __future__ import annotations

import pytest

from tests.tui.scenes import Stage
from tui.log.pane import LogRows
from tui.widgets.ask import Confirm
from voip.protocol.calls import DeleteCalls, DeleteHistory, GetHistory, HistoryPage, RestoreCalls
from voip.protocol.settings import ChangeSettings

ALL = [str(number) for number in range(10, 0, -1)]


def rows(stage: Stage) -> LogRows:
    return stage.phone.app.main.log_pane.rows


def shown(stage: Stage) -> list[str]:
    entries = [rows(stage).book.get(index) for index in range(rows(stage).count())]
    return [entry.id if entry else "" for entry in entries]


def selected(stage: Stage) -> str:
    entry = rows(stage).selected
    return entry.id if entry else ""


async def kept(stage: Stage) -> list[str]:
    page = await stage.engine.client.get(GetHistory(), HistoryPage)
    return [entry.id for entry in page.entries]


async def test_a_call_is_deleted_at_once_and_brought_back(stage: Stage) -> None:
    phone = stage.phone
    await phone.press("down", "down", "delete")
    assert selected(stage) == "7"
    assert shown(stage) == await kept(stage) == ["10", "9", "7", "6", "5", "4", "3", "2", "1"]
    await phone.sees("Deleted the call with Maria Rossi. U brings it back.")
    await phone.sees("9 calls")
    await phone.press("U")
    await phone.until(lambda: shown(stage) == ALL)
    assert await kept(stage) == ALL
    await phone.sees("Brought back 1 call.")


async def test_each_press_deletes_the_next_call(stage: Stage) -> None:
    await stage.phone.burst("down", "delete", "delete", "delete")
    await stage.phone.until(lambda: shown(stage) == ["10", "6", "5", "4", "3", "2", "1"])
    assert selected(stage) == "6"
    # Only the last one can be brought back, from anywhere.
    await stage.phone.press("d", "ctrl+z")
    await stage.phone.until(lambda: shown(stage) == ["10", "7", "6", "5", "4", "3", "2", "1"])
    assert selected(stage) == "6"


async def test_the_last_row_leaves_the_cursor_on_the_one_before(stage: Stage) -> None:
    await stage.phone.press("end", "delete")
    assert selected(stage) == "2"
    assert shown(stage) == ALL[:-1]


async def test_the_key_of_ones_own_is_named(stage: Stage) -> None:
    await stage.engine.client.ask(ChangeSettings(changes={"keys.log.restore": "f9"}))
    await stage.phone.until(lambda: stage.phone.app.keymap.shown("log.restore") == "f9")
    await stage.phone.press("delete")
    await stage.phone.sees("f9 brings it back.")


async def test_there_may_be_nothing_to_bring_back(stage: Stage) -> None:
    await stage.phone.press("U")
    await stage.phone.sees("There is nothing to bring back: a deleted call can be brought back")


async def test_a_call_that_goes_on_is_not_deleted(stage: Stage) -> None:
    call = await stage.active()
    await stage.phone.until(lambda: shown(stage) == [call, *ALL])
    rows(stage).focus()
    await stage.phone.press("delete")
    await stage.phone.sees(f"Call {call} has not ended: its row can be deleted once it has")
    assert await kept(stage) == [call, *ALL]


async def test_all_calls_are_deleted_after_a_question(stage: Stage) -> None:
    phone = stage.phone
    call = await stage.active()
    rows(stage).focus()
    await phone.press("shift+delete")
    # The one that goes on is no part of it.
    await phone.sees("Delete all 10 calls?")
    await phone.sees("For a minute, U brings them back.")
    # The safe answer comes first.
    await phone.press("enter")
    assert await kept(stage) == [call, *ALL]
    await phone.press("shift+delete", "down", "enter")
    await phone.sees("Deleted 10 calls. U brings them back.")
    await phone.until(lambda: shown(stage) == [call])
    await phone.press("U")
    await phone.until(lambda: shown(stage) == [call, *ALL])
    await phone.sees("Brought back 10 calls.")


async def test_the_calls_that_filters_show_are_deleted(stage: Stage) -> None:
    phone = stage.phone
    await phone.press("f", "f", "f", "F", "shift+delete")
    await phone.sees("Delete the 2 calls of work that were not secure?")
    await phone.press("down", "enter")
    await phone.sees("Deleted 2 calls.")
    await phone.sees("No matching calls.")
    await phone.press("shift+delete")
    await phone.sees("There is no call to delete.")
    assert not isinstance(phone.app.screen, Confirm)
    await phone.press("escape")
    await phone.until(lambda: shown(stage) == ["10", "9", "7", "6", "5", "3", "2", "1"])


async def test_the_calls_of_a_search_are_deleted(stage: Stage) -> None:
    phone = stage.phone
    await phone.press("slash")
    await phone.type("maria")
    await phone.press("enter", "shift+delete")
    await phone.sees("Delete the 2 calls with “maria”?")
    await phone.press("down", "enter", "escape")
    await phone.until(lambda: shown(stage) == ["10", "9", "7", "6", "5", "4", "2", "1"])


async def test_a_call_that_comes_while_the_question_stands_stays(stage: Stage) -> None:
    phone = stage.phone
    await phone.press("shift+delete")
    await phone.sees("Delete all 10 calls?")
    call = await stage.engine.incoming("work", stage.address("Front desk", "100"))
    stage.engine.remote_hangs_up(call)
    await stage.engine.until_logged(call)
    await phone.press("down", "enter")
    await phone.until(lambda: shown(stage) == [call])
    assert await kept(stage) == [call]


async def test_the_cursor_keeps_its_row_when_another_client_deletes(stage: Stage) -> None:
    phone, client = stage.phone, stage.engine.client
    await phone.press(*["down"] * 5)
    assert selected(stage) == "5"
    await client.ask(DeleteCalls(rows=("9", "2")))
    await phone.until(lambda: shown(stage) == ["10", "8", "7", "6", "5", "4", "3", "1"])
    assert selected(stage) == "5"
    await client.ask(RestoreCalls())
    await phone.until(lambda: shown(stage) == ALL)
    await phone.until(lambda: selected(stage) == "5")


async def test_the_cursor_keeps_its_row_when_many_are_deleted_elsewhere(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voip.engine.history.undo._MOST_NAMED", 0)
    phone, client = stage.phone, stage.engine.client
    await phone.press(*["down"] * 5)
    # They are 9, 6 and 3.
    await client.ask(DeleteHistory(account="home"))
    await phone.until(lambda: shown(stage) == ["10", "8", "7", "5", "4", "2", "1"])
    assert selected(stage) == "5"
    await client.ask(RestoreCalls())
    await phone.until(lambda: shown(stage) == ALL)
    assert selected(stage) == "5"
