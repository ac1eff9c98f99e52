"""A call whose connection is gone, or whose far end is silent."""

from __future__ import annotations

from tests.support.clock import Clock
from voip.causes import CauseKind
from voip.worker.calls.endings.reach import Reach


def _see(reach: Reach, *, connected: bool = False, packets: int | None = 0) -> CauseKind | None:
    return reach.see(connected=connected, ack_failed=False, packets=packets)


def test_a_call_goes_on_without_its_connection_while_voice_arrives() -> None:
    clock = Clock()
    reach = Reach(clock.monotonic)
    for packets in range(100):
        assert _see(reach, packets=packets) is None
        clock.advance(1)


def test_a_silent_call_without_its_connection_is_over() -> None:
    clock = Clock()
    reach = Reach(clock.monotonic)
    assert _see(reach, connected=True, packets=5) is None
    for _ in range(21):
        assert _see(reach, packets=5) is None
        clock.advance(1)
    assert _see(reach, packets=5) is CauseKind.SILENCE


def test_silence_counts_from_the_last_packet_and_from_a_change_of_the_connection() -> None:
    clock = Clock()
    reach = Reach(clock.monotonic)
    for connected, packets in ((False, 1), (False, 1), (False, 2), (True, 2), (False, 2)):
        assert _see(reach, connected=connected, packets=packets) is None
        clock.advance(15)
    assert _see(reach, packets=2) is None
    clock.advance(21)
    assert _see(reach, packets=2) is CauseKind.SILENCE


def test_a_silent_call_is_asked_after_again_and_again_and_says_for_how_long() -> None:
    clock = Clock()
    reach = Reach(clock.monotonic)
    asked = []
    for second in range(64):
        if _see(reach, connected=True, packets=7) is CauseKind.SILENCE:
            asked.append(second)
        assert reach.silent_s == (second if second > 20 else None)
        clock.advance(1)
    assert asked == [21, 42, 63]
    assert _see(reach, connected=True, packets=8) is None
    assert reach.silent_s is None


def test_nothing_is_missed_in_a_held_call() -> None:
    clock = Clock()
    reach = Reach(clock.monotonic)
    for _ in range(5):
        assert _see(reach, packets=None) is None
        assert reach.silent_s is None
        clock.advance(60)


def test_an_answer_that_cannot_be_acknowledged_ends_the_call_at_once() -> None:
    reach = Reach(Clock().monotonic)
    assert reach.see(connected=True, ack_failed=True, packets=1) is CauseKind.UNACKNOWLEDGED


def test_a_long_silence_is_more_than_a_minute_without_a_network() -> None:
    clock = Clock()
    reach = Reach(clock.monotonic)
    _see(reach, packets=5)
    clock.advance(60)
    _see(reach, packets=5)
    assert not reach.is_over
    clock.advance(31)
    assert reach.is_over


def test_a_request_without_an_answer_ends_a_call_whose_voice_arrives() -> None:
    clock = Clock()
    reach = Reach(clock.monotonic)
    _see(reach, packets=5)
    reach.missed(arrived=False)
    assert reach.is_unanswered


def test_in_a_silence_only_a_request_that_arrived_ends_the_call() -> None:
    clock = Clock()
    reach = Reach(clock.monotonic)
    _see(reach, packets=5)
    clock.advance(40)
    reach.missed(arrived=False)
    assert not reach.is_unanswered
    reach.missed(arrived=True)
    assert reach.is_unanswered
