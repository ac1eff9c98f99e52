"""Questions before many calls are deleted."""

from __future__ import annotations

import msgspec
import pytest

from tests.contract.examples import ENTRY, MISSED
from voip.client import deleting
from voip.model import Outcome
from voip.protocol.calls import DeleteHistory, GetHistory, HistoryPage


@pytest.mark.parametrize(
    ("command", "number", "question"),
    [
        (DeleteHistory(), 1204, "Delete all 1,204 calls?"),
        (DeleteHistory(), 1, "Delete the call?"),
        (DeleteHistory(missed=True), 3, "Delete the 3 missed calls?"),
        (DeleteHistory(missed=True), 1, "Delete the missed call?"),
        (DeleteHistory(secure=True, account="work"), 2, "Delete the 2 secure calls of work?"),
        (DeleteHistory(secure=False), 2, "Delete the 2 calls that were not secure?"),
        (DeleteHistory(secure=False), 1, "Delete the call that was not secure?"),
        (DeleteHistory(search="bob"), 2, "Delete the 2 calls with “bob”?"),
        (
            DeleteHistory(search="bob", missed=True, account="work"),
            5,
            "Delete the 5 missed calls of work with “bob”?",
        ),
    ],
)
def test_the_question_says_which_calls_and_how_many(
    command: DeleteHistory, number: int, question: str
) -> None:
    assert deleting.question(command, number) == question


def test_the_question_is_about_the_ended_calls_that_match() -> None:
    command = DeleteHistory(search="bob", missed=True, account="work", secure=False)
    assert deleting.matching(command) == GetHistory(
        search="bob", limit=200, missed=True, account="work", secure=False
    )
    going_on = msgspec.structs.replace(ENTRY, outcome=Outcome.ONGOING)
    page = HistoryPage(entries=(going_on, MISSED), total=102)
    assert deleting.ended(page) == 101
    assert deleting.up_to(command, page) == msgspec.structs.replace(command, newest="2")
