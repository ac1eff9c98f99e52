"""Importing an exported log on the screen."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.tui.scenes import Stage
from tui.widgets.ask import AskText, Confirm
from voip.model import LogEntry
from voip.protocol.calls import DeleteCalls, GetHistory, HistoryPage


async def kept(stage: Stage) -> list[LogEntry]:
    page = await stage.engine.client.get(GetHistory(), HistoryPage)
    return [msgspec.structs.replace(entry, id="") for entry in page.entries]


def shown(stage: Stage) -> list[LogEntry]:
    rows = stage.phone.app.main.log_pane.rows
    entries = (rows.book.get(index) for index in range(rows.count()))
    return [msgspec.structs.replace(entry, id="") for entry in entries if entry is not None]


async def open_file(stage: Stage, path: Path) -> None:
    await stage.phone.press("ctrl+o")
    await stage.phone.until(lambda: isinstance(stage.phone.app.screen, AskText))
    box = stage.phone.app.screen
    box.query_one("#answer").value = str(path)  # type: ignore[attr-defined]
    await stage.phone.press("enter")


async def test_calls_of_a_file_are_imported_once_that_is_certain(
    stage: Stage, tmp_path: Path
) -> None:
    phone = stage.phone
    before = await kept(stage)
    file = tmp_path / "calls.json"
    file.write_bytes(msgspec.json.encode([*before, 7]))
    await stage.engine.client.ask(DeleteCalls(rows=("10", "5", "3")))
    await phone.until(lambda: len(shown(stage)) == 7)
    left = await kept(stage)
    await open_file(stage, file)
    await phone.sees("Import 3 calls?")
    await phone.sees("calls.json: 3 calls are new, 7 are in the log already, 1 cannot be")
    assert await kept(stage) == left
    # The safe answer comes first.
    await phone.press("enter")
    assert await kept(stage) == left
    await open_file(stage, file)
    await phone.until(lambda: isinstance(phone.app.screen, Confirm))
    await phone.press("down", "enter")
    await phone.sees("Imported 3 calls; 7 were there already; 1 could not be imported.")
    await phone.until(lambda: shown(stage) == before)
    assert await kept(stage) == before
    await open_file(stage, file)
    await phone.sees("Nothing to import: 0 calls are new, 10 are in the log already")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("hello", "it is not a log of “offhook history --export”."),
        (None, "No such file or directory."),
    ],
)
async def test_what_is_no_export_is_said(
    stage: Stage, tmp_path: Path, text: str | None, why: str
) -> None:
    file = tmp_path / "x"
    if text is not None:
        file.write_text(text)
    before = await kept(stage)
    await open_file(stage, file)
    await stage.phone.sees("“x” cannot be imported: " + why)
    assert await kept(stage) == before
