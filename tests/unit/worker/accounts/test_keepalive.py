"""Questions to a server over UDP, and the interval of pings."""

from __future__ import annotations

import pytest

from tests.support.clock import Clock
from voip.worker.accounts.keepalive import Keepalive, ping_interval_s


class _Server:
    """Questions as a server receives them, in seconds since the start."""

    def __init__(self) -> None:
        self.clock = Clock()
        self._started = self.clock.monotonic()
        self.keepalive = Keepalive(
            lambda: self.asked.append(self.now),
            lambda again: self.knocks.append(self.now),
            self._refused,
            self.clock.monotonic,
        )
        self.asked: list[float] = []
        self.knocks: list[float] = []
        self.is_closed = False

    @property
    def now(self) -> float:
        return self.clock.monotonic() - self._started

    def _refused(self) -> bool:
        return self.is_closed and self.knocks != []

    def wait(self, seconds: int) -> list[float]:
        """Let time pass; return when the server was reported as silent."""
        silent = []
        for _ in range(seconds):
            self.clock.advance(1)
            if self.keepalive.tick():
                silent.append(self.now)
        return silent


def test_a_server_that_answers_is_asked_each_thirty_seconds() -> None:
    server = _Server()
    server.keepalive.begin()
    for _ in range(95):
        assert server.wait(1) == []
        if server.asked and server.asked[-1] == server.now:
            server.keepalive.answered()
    assert server.asked == [1, 31, 61, 91]
    assert server.knocks == list(range(0, 96, 8))


def test_a_question_without_an_answer_is_reported_once_within_ten_seconds() -> None:
    server = _Server()
    server.keepalive.begin()
    server.keepalive.answered()
    assert server.wait(200) == [38]
    assert server.asked == [30]


def test_a_closed_port_is_reported_within_twenty_seconds() -> None:
    server = _Server()
    server.keepalive.begin()
    server.keepalive.answered()
    assert server.wait(10) == []
    server.is_closed = True
    (silent,) = server.wait(200)
    assert server.knocks == [0, 8]
    assert server.asked == [11]
    assert silent == 19


def test_a_port_that_is_refused_though_its_server_answers_is_tried_no_more() -> None:
    server = _Server()
    server.is_closed = True
    server.keepalive.begin()
    server.keepalive.answered()
    for _ in range(100):
        assert server.wait(1) == []
        if server.asked and server.asked[-1] == server.now:
            server.keepalive.answered()
    assert server.knocks == [0]
    assert server.asked == [1, 31, 61, 91]
    # Each registration gives it another chance.
    server.keepalive.begin()
    assert server.wait(1) == []
    assert server.asked[-1] == 101


def test_a_closed_port_of_a_server_that_never_answers_is_not_missed() -> None:
    server = _Server()
    server.is_closed = True
    server.keepalive.begin()
    assert server.wait(200) == []


def test_a_server_that_never_answers_is_asked_as_rarely_and_not_missed() -> None:
    server = _Server()
    server.keepalive.begin()
    assert server.wait(125) == []
    assert server.asked == [1, 31, 61, 91, 121]
    # Another server has yet to show that it answers.
    server.keepalive.answered()
    server.keepalive.end()
    server.keepalive.begin()
    assert server.wait(200) == []


def test_a_late_answer_is_one() -> None:
    server = _Server()
    server.keepalive.begin()
    server.keepalive.answered()
    assert server.wait(37) == []
    server.keepalive.answered()
    assert server.wait(29) == []
    assert server.asked == [30]


@pytest.mark.parametrize("late", [False, True], ids=["at once", "with a late answer"])
def test_an_account_that_is_not_registered_asks_nothing(late: bool) -> None:
    server = _Server()
    server.keepalive.begin()
    server.keepalive.end()
    server.knocks.clear()
    if late:
        server.keepalive.answered()
    assert server.wait(100) == []
    assert server.asked == server.knocks == []


@pytest.mark.parametrize(
    ("flow_timer_s", "least_s", "most_s"),
    [(None, 0, 0), (1, 10, 10), (12, 10, 12), (20, 16, 20), (120, 96, 120)],
)
def test_pings_come_at_80_to_100_percent_of_a_flow_timer(
    flow_timer_s: int | None, least_s: int, most_s: int
) -> None:
    assert ping_interval_s(flow_timer_s, lambda low, _high: low) == least_s
    assert ping_interval_s(flow_timer_s, lambda _low, high: high) == most_s
