"""The lock of an ended call, as far as the log has kept it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tui.terminal.glyphs import ASCII, UNICODE, Glyphs
from tui.words import past_lock as past_lock_words
from voip.model import Direction, LogEntry, NameFrom, Outcome, Party
from voip.protection import LockState, Sign

ENTRY = LogEntry(
    id="7", account="work", direction=Direction.OUT,
    remote=Party("sip:100@example.com", "Desk", name_from=NameFrom.CONTACT),
    outcome=Outcome.ANSWERED, started="2026-03-14T14:32:00Z", answered="2026-03-14T14:32:05Z",
    duration_s=72.0, lock=LockState.CLOSED, sign=Sign.SERVER,
)  # fmt: skip
OTHERS = "  Assume that others on the way could listen, for a while at least."
BEYOND = "  Assume that the server could listen. Who could beyond it is not known."


def read(entry: LogEntry, glyphs: Glyphs = UNICODE) -> list[str]:
    description = past_lock_words.describe(entry, glyphs)
    return ["".join(part.text for part in one.parts) for one in description]


@pytest.mark.parametrize(
    ("changes", "verdict", "meaning"),
    [
        ({}, "[server] Encrypted to the server from answer to end",
         ["  The voice was encrypted on the way between this phone and the account's server.",
          BEYOND]),
        ({"lock_was_open": True},
         "[server] Protected to the server at the end, but NOT before",
         [OTHERS, "  At the end the voice was encrypted on the way to the account's server.",
          BEYOND]),
        ({"sign": Sign.SEALED}, "[sealed] Encrypted end to end, and compared",
         ["  Nobody between the two phones could listen: the words of both were equal."]),
        ({"lock": LockState.OPEN, "lock_was_open": True, "sign": Sign.UNSAFE},
         "[UNSAFE] The call was NOT protected when it ended", [OTHERS]),
        # A killed engine has written nothing of the lock.
        ({"outcome": Outcome.INTERRUPTED, "sign": None},
         "The lock is not known: the phone stopped during the call", [OTHERS]),
    ],
)  # fmt: skip
def test_what_the_lock_was_and_meant(
    changes: dict[str, object], verdict: str, meaning: list[str]
) -> None:
    lines = read(replace(ENTRY, **changes))
    assert lines[0] == "Desk"
    assert lines[2] == verdict
    start = lines.index("What it means") + 1
    assert lines[start : lines.index("", start)] == meaning


def test_a_call_that_had_no_voice_yet_is_not_said_to_be_open() -> None:
    lines = read(replace(ENTRY, lock=LockState.OPEN, sign=None))
    assert lines[2] == "The call had no voice yet that could be protected"
    assert "What it means" not in lines


def test_a_call_that_nobody_answered_had_no_lock() -> None:
    lines = read(
        replace(ENTRY, outcome=Outcome.MISSED, answered=None, lock=LockState.OPEN, sign=None)
    )
    assert lines[2] == "There was no lock: nobody answered this call"
    assert "What is no longer known" not in lines


def test_whose_call_it_was_and_what_is_not_known_of_it() -> None:
    lines = read(ENTRY, ASCII)
    assert "What is no longer known" in lines
    assert "  account   work" in lines
    assert "  address   100@example.com" in lines
    assert "  lasted    01:12" in lines
    assert all(line.isascii() for line in lines)


def test_a_name_that_reads_like_a_lock_has_its_address_beside_it() -> None:
    party = Party("sip:100@example.com", "LOCK Desk", imitates=True)
    assert read(replace(ENTRY, remote=party))[0] == "100@example.com (“LOCK Desk”)"
