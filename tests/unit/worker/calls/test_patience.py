"""A call whose server answers nothing is given up, once."""

from __future__ import annotations

from tests.support.clock import Clock
from voip.causes import Cause, CauseKind
from voip.worker.calls.patience import Patience


class _Call:
    def __init__(self) -> None:
        self.given_up: list[tuple[CauseKind, int]] = []

    def give_up(self, cause: Cause, code: int = 0) -> None:
        self.given_up.append((cause.kind, code))


def _wait(seconds: float | None) -> tuple[_Call, Patience, Clock]:
    call, clock = _Call(), Clock()
    patience = Patience(call, clock.monotonic)
    patience.begin(seconds)
    return call, patience, clock


def test_a_silent_server_ends_a_call_once() -> None:
    call, patience, clock = _wait(4)
    clock.advance(3.9)
    patience.follow()
    assert call.given_up == []
    clock.advance(0.1)
    patience.follow()
    patience.follow()
    assert call.given_up == [(CauseKind.SERVER_SILENT, 408)]


def test_a_server_that_has_answered_anything_may_take_its_time() -> None:
    call, patience, clock = _wait(4)
    patience.end()
    clock.advance(5)
    patience.follow()
    assert call.given_up == []


def test_without_a_limit_a_call_is_not_given_up() -> None:
    call, patience, clock = _wait(None)
    clock.advance(100)
    patience.follow()
    assert call.given_up == []
