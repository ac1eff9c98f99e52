"""SIP statuses in a person's words, and how a call ended."""

from __future__ import annotations

import pytest

from voip import reasons
from voip.model import Outcome


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (486, "Busy Here", "busy"),
        (403, "x", "the server does not allow it"),
        (407, "", "the user name or password is wrong"),
        (302, "Moved", "the server sent the call elsewhere, which is not followed"),
        (499, "Strange", "Strange"),
        (499, "", "the call failed with status 499"),
    ],
)
def test_words(code: int, reason: str, expected: str) -> None:
    assert reasons.words(code, reason) == expected


@pytest.mark.parametrize(
    ("answered", "code", "ended_here", "outcome"),
    [
        (True, 200, False, Outcome.ANSWERED),
        (True, 200, True, Outcome.ANSWERED),
        (False, 487, True, Outcome.CANCELLED),
        (False, 486, False, Outcome.BUSY),
        (False, 600, False, Outcome.BUSY),
        (False, 603, False, Outcome.DECLINED),
        (False, 404, False, Outcome.FAILED),
    ],
)
def test_outgoing(answered: bool, code: int, ended_here: bool, outcome: Outcome) -> None:
    assert reasons.outgoing(answered, code, ended_here) is outcome


@pytest.mark.parametrize(
    ("answered", "ended_here", "outcome"),
    [
        (True, False, Outcome.ANSWERED),
        (True, True, Outcome.ANSWERED),
        (False, True, Outcome.DECLINED),
        (False, False, Outcome.MISSED),
    ],
)
def test_incoming(answered: bool, ended_here: bool, outcome: Outcome) -> None:
    assert reasons.incoming(answered, ended_here) is outcome
