"""Sentences on a pinned key."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from tests.support.standin import facts
from voip.choices import Means
from voip.client import pin_words

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
PINNED = replace(
    facts.server("pbx.example.com"),
    pin="ab" * 32, pinned_on="2026-02-02T12:00:00Z", pinned_by="alice", pinned_with=Means.SCREEN,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Accepted here by alice on the screen on 02 Feb 2026, 12:00 UTC, 40 days ago."),
        ({"pinned_with": Means.COMMAND, "pinned_on": "2026-03-13T13:00:00+02:00"},
         "Accepted here by alice by command on 13 Mar 2026, 11:00 UTC, 1 day ago."),
        ({"pinned_with": None, "pinned_on": "2026-03-14T11:00:00Z"},
         "Accepted here by alice on 14 Mar 2026, 11:00 UTC, less than a day ago."),
        ({"pinned_with": None, "pinned_by": None},
         "Accepted here on 02 Feb 2026, 12:00 UTC, 40 days ago. By whom was not noted."),
        ({"pinned_with": None, "pinned_by": None, "pinned_on": None},
         "Written into accounts.toml by hand. Since when is not known."),
    ],
)  # fmt: skip
def test_who_accepted_a_key_when_and_how_long_ago(changes: dict[str, object], words: str) -> None:
    assert pin_words.accepted(replace(PINNED, **changes), NOW) == words


@pytest.mark.parametrize(
    ("calls", "go_on", "end"),
    [
        (0, "No call with account work is up.", "No call with account work is up, so none ends."),
        (1, "The call with account work that is up goes on as it is.",
         "The call with account work that is up now ends."),
        (2, "The 2 calls with account work that are up go on as they are.",
         "The 2 calls with account work that are up now end."),
    ],
)  # fmt: skip
def test_what_becomes_of_calls(calls: int, go_on: str, end: str) -> None:
    assert pin_words.calls_go_on(calls, "account work") == go_on
    assert pin_words.calls_end(calls, "account work") == end
