"""Rest of a worker whose PJSIP is woken for nothing."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from typing import cast

import pjsua2 as pj
import pytest

from voip.worker import endpoint as ep


class _Endpoint:
    """PJSIP that is woken at once, and then handles so many events."""

    def __init__(self, patch: pytest.MonkeyPatch, events: int) -> None:
        self.turns = 0
        self._events = events
        patch.setattr(pj, "waitForWork", lambda file, longest_ms: True)

    def libHandleEvents(self, longest_ms: int) -> int:  # noqa: N802
        self.turns += 1
        return self._events


@pytest.fixture
def orders() -> Iterator[tuple[int, int]]:
    """A pipe's ends, for the worker and for the engine."""
    ours, theirs = os.pipe()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def _waits(patch: pytest.MonkeyPatch, events: int, file: int, longest_ms: int) -> list[float]:
    """The waits of one turn for orders alone, in seconds."""
    waits = []
    wait = select.select

    def counted(files: list[int], _: object, __: object, seconds: float) -> object:
        waits.append(seconds)
        return wait(files, [], [], seconds)

    patch.setattr(select, "select", counted)
    ep.let_work(cast(pj.Endpoint, _Endpoint(patch, events)), file, longest_ms)
    return waits


@pytest.mark.parametrize(
    ("events", "longest_ms", "rests"), [(0, 60_000, True), (1, 60_000, False), (0, 0, False)]
)
def test_only_a_turn_that_was_woken_for_nothing_is_followed_by_a_rest(
    monkeypatch: pytest.MonkeyPatch,
    orders: tuple[int, int],
    events: int,
    longest_ms: int,
    rests: bool,
) -> None:
    waits = _waits(monkeypatch, events, orders[0], longest_ms)
    assert waits == ([ep.POLL_MS / 1000] if rests else [])


def test_an_order_ends_the_rest(monkeypatch: pytest.MonkeyPatch, orders: tuple[int, int]) -> None:
    monkeypatch.setattr(ep, "POLL_MS", 60_000)
    os.write(orders[1], b"{}\n")
    assert _waits(monkeypatch, 0, orders[0], 120_000) == [60]
