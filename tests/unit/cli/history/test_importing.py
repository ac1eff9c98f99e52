"""`offhook history --import`, as typed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from tests.support.attached import environment_of
from tests.support.screen.pty import OnPty
from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed

OFFHOOK = str(Path(sys.executable).with_name("offhook"))


@pytest.fixture
async def log(standin: StandIn) -> StandIn:
    """Write three missed calls."""
    await standin.add_account("work")
    for _ in range(3):
        standin.remote_hangs_up(call := await standin.incoming("work"))
        await standin.until_logged(call)
    return standin


async def exported(form: str, file: Path) -> str:
    text = (await typed("history", "--export", form)).out
    file.write_text(text, "utf-8", newline="")
    return text


async def rows() -> list[dict[str, object]]:
    """Return the rows without their ids, which an import changes."""
    entries = json.loads((await typed("history", "--export", "json")).out)
    return [{name: value for name, value in entry.items() if name != "id"} for entry in entries]


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_an_export_is_imported_and_no_call_twice(
    log: StandIn, tmp_path: Path, form: str
) -> None:
    file = tmp_path / f"calls.{form}"
    await exported(form, file)
    before = await rows()
    assert await typed("history", "--delete", "2") == (
        0, "deleted 1 call\n", "“offhook history --restore” brings it back for a minute\n",
    )  # fmt: skip
    assert await typed("history", "--import", str(file), "--yes") == (
        0, "imported 1 call; 2 were there already\n", "",
    )  # fmt: skip
    assert await rows() == before
    assert await typed("history", "--import", str(file)) == (
        0, "imported 0 calls; 3 were there already\n", "",
    )  # fmt: skip
    await typed("history", "--delete-all", "--yes")
    assert (await typed("history", "--import", str(file), "--yes")).status == 0
    assert await rows() == before


async def test_nothing_is_imported_before_it_was_said_and_agreed_to(
    log: StandIn, tmp_path: Path
) -> None:
    file = tmp_path / "calls.csv"
    await exported("csv", file)
    await typed("history", "--delete", "2")
    with file.open("a") as out:
        out.write("short\n")
    before = await rows()
    shown = await typed("history", "--import", str(file))
    assert shown == (
        1,
        "",
        "line 5: it has 1 of 19 columns\n"
        f"{file}: 1 call is new, 2 are in the log already, 1 cannot be imported\n"
        "offhook: there is no terminal to ask on, and nothing was imported: confirm with --yes\n",
    )
    assert await rows() == before
    shown = await typed("history", "--import", str(file), "--yes", "--json")
    assert shown.err == "line 5: it has 1 of 19 columns\n"
    assert json.loads(shown.out) == {
        "new": 1,
        "known": 2,
        "refused": 1,
        "problems": [{"line": 5, "reason": "it has 1 of 19 columns"}],
    }


async def test_a_person_is_asked_on_a_terminal(log: StandIn, tmp_path: Path) -> None:
    file = tmp_path / "calls.json"
    await exported("json", file)
    await typed("history", "--delete-all", "--yes")
    environment = {**os.environ, **environment_of(log.folder), "TERM": "xterm"}

    def answer(text: str, expected: str) -> None:
        terminal = OnPty([OFFHOOK, "history", "--import", str(file)], environment, 160, 20)
        terminal.until(lambda screen: "Import 3 calls? [y/N]" in screen)
        terminal.press(f"{text}\r")
        terminal.until(lambda screen: expected in screen)
        terminal.end()

    await asyncio.to_thread(answer, "", "offhook: nothing was imported")
    assert await rows() == []
    await asyncio.to_thread(answer, "y", "imported 3 calls")
    assert len(await rows()) == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is not a log of “offhook history --export”"),
        ("[{", "its JSON is damaged: Input data was truncated"),
    ],
)
async def test_a_wrong_file_changes_nothing(
    log: StandIn, tmp_path: Path, text: str, why: str
) -> None:
    file = tmp_path / "wrong"
    file.write_text(text)
    before = await rows()
    assert await typed("history", "--import", str(file), "--yes") == (
        1, "", f"offhook: {file} cannot be imported: {why}\n",
    )  # fmt: skip
    assert await rows() == before


async def test_only_the_first_of_many_refused_lines_are_shown(log: StandIn, tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(await exported("csv", file) + "short\n" * 30)
    shown = await typed("history", "--import", str(file), "--yes")
    assert shown.out == "imported 0 calls; 3 were there already; 30 could not be imported\n"
    lines = shown.err.splitlines()
    assert (len(lines), lines[0], lines[-1]) == (
        21,
        "line 5: it has 1 of 19 columns",
        "and 10 more",
    )


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--import", __file__, "--missed"), "--import does not go with --missed"),
        (("--import", __file__, "--delete", "1"), "--delete does not go with --import"),
        (("--import", __file__, "--export", "csv"), "--import does not go with --export"),
    ],
)
async def test_words_that_would_not_be_heeded_are_wrong(
    log: StandIn, words: tuple[str, ...], problem: str
) -> None:
    shown = await typed("history", *words)
    assert (shown.status, shown.out) == (2, "")
    assert shown.err.endswith(f"Error: {problem}\n")
