"""Times between registrations that fail (RFC 5626 section 4.5 and appendix B)."""

from __future__ import annotations

import pytest

from voip.engine.registration import failing


@pytest.mark.parametrize(
    ("failures", "none_works_s", "another_works_s"),
    [(1, 60, 180), (2, 120, 360), (3, 240, 720), (4, 480, 1440), (5, 960, 1800), (6, 1800, 1800)],
)
def test_the_waits_are_those_of_the_appendix(
    failures: int, none_works_s: float, another_works_s: float
) -> None:
    assert failing.retry_s(failures, 503, awaited=False) == none_works_s
    assert failing.return_s(failures) == another_works_s


def test_a_person_who_waits_sees_three_quick_retries_first() -> None:
    waits = [failing.retry_s(failures, None, awaited=True) for failures in range(1, 7)]
    assert waits == [2, 4, 8, 60, 120, 240]


@pytest.mark.parametrize("awaited", [False, True])
def test_a_wrong_password_is_sent_at_most_once_a_minute(awaited: bool) -> None:
    assert failing.retry_s(1, 403, awaited) == 120
    assert failing.retry_s(9, 403, awaited) == 1800


def test_where_no_server_was_asked_the_wait_stays_short() -> None:
    assert [failing.unasked_s(failures) for failures in (1, 2, 9)] == [2, 4, 120]


def test_the_waits_of_a_year_are_as_long_as_those_of_a_day() -> None:
    for bound_s in (
        failing.retry_s(100_000, None, awaited=True),
        failing.retry_s(100_000, None, awaited=False),
        failing.return_s(100_000),
    ):
        assert bound_s == 1800
    assert failing.unasked_s(100_000) == 120


def test_a_wait_is_drawn_between_half_of_its_bound_and_all_of_it() -> None:
    drawn = [failing.spread(60) for _ in range(500)]
    assert 30 <= min(drawn) < 35
    assert 55 < max(drawn) <= 60
