"""`offhook history --delete`, `--delete-all` and `--restore`, as typed."""

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
    """Write four missed calls, 1 to 4, the third of the account home."""
    await standin.add_account("work")
    await standin.add_account("home", transport="udp")
    for account in ("work", "work", "home", "work"):
        standin.remote_hangs_up(call := await standin.incoming(account))
        await standin.until_logged(call)
    return standin


async def kept() -> list[str]:
    page = json.loads((await typed("history", "--json")).out)
    return [entry["id"] for entry in page["entries"]]


async def test_calls_are_deleted_by_their_numbers_and_brought_back(log: StandIn) -> None:
    assert await typed("history", "--delete", "2", "--delete", "4") == (
        0,
        "deleted 2 calls\n",
        "“offhook history --restore” brings them back for a minute\n",
    )
    assert await kept() == ["3", "1"]
    assert await typed("history", "--restore") == (0, "brought back 2 calls\n", "")
    assert await kept() == ["4", "3", "2", "1"]
    assert await typed("history", "--restore") == (
        1,
        "",
        "offhook: there is nothing to bring back: a deleted call can be brought back for a "
        "minute, and only what was deleted last\n",
    )


async def test_json_has_the_counts(log: StandIn) -> None:
    for words, printed in (
        (("--delete", "1"), {"deleted": 1}),
        (("--restore",), {"restored": 1}),
        (("--delete-all", "--yes", "--account", "home"), {"deleted": 1}),
        (("--delete-all", "--yes", "--search", "nobody"), {"deleted": 0}),
    ):
        shown = await typed("history", *words, "--json")
        assert (shown.status, json.loads(shown.out)) == (0, printed)


@pytest.mark.parametrize("row", ["9", "first", "-1", "1" * 30])
async def test_a_call_that_is_not_there_is_an_error_and_nothing_goes(
    log: StandIn, row: str
) -> None:
    named = row if row == "9" else f"“{row}”"
    assert await typed("history", "--delete", "1", "--delete", row) == (
        1,
        "",
        f"offhook: call {named} is not in the log: “offhook history” lists its calls\n",
    )
    assert await kept() == ["4", "3", "2", "1"]


async def test_a_call_that_goes_on_stays(log: StandIn) -> None:
    call = await log.incoming("work")
    shown = await typed("history", "--delete", call)
    assert shown.status == 1
    assert shown.err == (
        f"offhook: call {call} has not ended: its row can be deleted once it has\n"
    )
    shown = await typed("history", "--delete-all", "--yes")
    assert (shown.status, shown.out) == (0, "deleted 4 calls\n")
    assert await kept() == [call]


async def test_all_that_match_go_once_that_is_certain(log: StandIn) -> None:
    shown = await typed("history", "--delete-all", "--account", "work")
    assert shown == (
        1,
        "",
        "offhook: there is no terminal to ask on, and nothing was deleted: confirm with --yes\n",
    )
    assert await kept() == ["4", "3", "2", "1"]
    shown = await typed("history", "--delete-all", "--account", "work", "--yes")
    assert (shown.status, shown.out) == (0, "deleted 3 calls\n")
    assert await kept() == ["3"]
    # Nothing to delete needs no answer.
    shown = await typed("history", "--delete-all", "--secure")
    assert shown == (0, "deleted 0 calls\n", "")


async def test_a_person_is_asked_on_a_terminal(log: StandIn) -> None:
    environment = {**os.environ, **environment_of(log.folder), "TERM": "xterm"}

    def answer(text: str, expected: str) -> None:
        words = [OFFHOOK, "history", "--delete-all", "--missed", "--account", "work"]
        terminal = OnPty(words, environment, 120, 20)
        terminal.until(lambda screen: "Delete the 3 missed calls of work? [y/N]" in screen)
        terminal.press(f"{text}\r")
        terminal.until(lambda screen: expected in screen)
        terminal.end()

    await asyncio.to_thread(answer, "", "offhook: nothing was deleted")
    assert await kept() == ["4", "3", "2", "1"]
    await asyncio.to_thread(answer, "y", "deleted 3 calls")
    assert await kept() == ["3"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--delete", "1", "--missed"), "--delete does not go with --missed"),
        (("--delete", "1", "--delete-all"), "--delete-all does not go with --delete"),
        (("--delete", "1", "--yes"), "--delete does not go with --yes"),
        (("--delete-all", "--limit", "2"), "--delete-all does not go with --limit"),
        (("--delete-all", "--export", "csv"), "--delete-all does not go with --export"),
        (("--restore", "--account", "work"), "--restore does not go with --account"),
        (("--missed", "--yes"), "--yes goes with --delete-all or --import"),
    ],
)
async def test_words_that_would_not_be_heeded_are_wrong(
    log: StandIn, words: tuple[str, ...], problem: str
) -> None:
    shown = await typed("history", *words)
    assert (shown.status, shown.out) == (2, "")
    assert shown.err.endswith(f"Error: {problem}\n")
    assert await kept() == ["4", "3", "2", "1"]
