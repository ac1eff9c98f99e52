"""An answered call whose ACK or media do not come."""

from __future__ import annotations

import pjsua2 as pj

from tests.support.clock import Clock
from voip.model import CallState
from voip.worker.calls.endings.confirmation import ConfirmationWait


def _info(*, waits: bool = False, failed: bool = False) -> pj.CallInfo:
    info = pj.CallInfo()
    info.ackWaits, info.ackFailed = waits, failed
    return info


def test_a_call_that_stays_connecting_is_over_once() -> None:
    clock = Clock()
    wait = ConfirmationWait(clock.monotonic)
    # The clock is at zero here, which must not be taken for no time at all.
    wait.follow(CallState.CONNECTING)
    clock.advance(5)
    wait.follow(CallState.CONNECTING)
    clock.advance(3)
    assert not wait.is_over()
    clock.advance(0.1)
    assert wait.is_over()
    assert not wait.is_over()


def test_a_call_that_has_connected_is_not_over() -> None:
    clock = Clock()
    wait = ConfirmationWait(clock.monotonic)
    wait.follow(CallState.CONNECTING)
    clock.advance(7)
    wait.follow(CallState.ACTIVE)
    clock.advance(60)
    assert not wait.is_over()


def test_an_ack_once_seen_stays_so() -> None:
    wait = ConfirmationWait()
    assert not wait.is_acknowledged(_info(waits=True))
    assert not wait.is_acknowledged(_info(failed=True))
    assert wait.is_acknowledged(_info())
    assert wait.is_acknowledged(_info(waits=True))
