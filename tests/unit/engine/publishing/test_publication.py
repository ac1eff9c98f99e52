"""Publication of a state: its requests, their times, and answers to them (RFC 3903)."""

from __future__ import annotations

import itertools
import math

import pytest

from voip.causes import Cause, CauseKind
from voip.engine.publishing.publication import Publication, Request
from voip.lamps import LampState
from voip.protocol.worker.people import PublishEnded

FREE, BUSY, GONE = LampState.FREE, LampState.BUSY, LampState.UNKNOWN


def answer(
    code: int,
    tag: str | None = None,
    expires_s: int | None = None,
    min_expires_s: int | None = None,
    retry_after_s: float = 0.0,
) -> PublishEnded:
    return PublishEnded(
        number=1, account="work", code=code, reason="Why", entity_tag=tag, expires_s=expires_s,
        min_expires_s=min_expires_s, retry_after_s=retry_after_s,
    )  # fmt: skip


def sent(publication: Publication, wanted: LampState, now: float, *answers: PublishEnded) -> None:
    """Send a state as often as there are answers, each at once."""
    for one in answers:
        assert publication.due_at(wanted) <= now
        publication.answered(publication.request(wanted, now), one, now)


def test_a_first_state_is_sent_whole() -> None:
    publication = Publication()
    assert publication.due_at(FREE) <= 0
    assert publication.request(FREE, 0) == Request(FREE, 600, None, has_body=True)


def test_nothing_is_removed_that_is_not_there() -> None:
    assert Publication().due_at(GONE) == math.inf


def test_a_state_is_refreshed_before_its_end_without_a_body() -> None:
    publication = Publication()
    sent(publication, FREE, 1000, answer(200, "a", 300))
    assert publication.state is FREE
    assert publication.due_at(FREE) == 1000 + 240
    assert publication.request(FREE, 1240) == Request(FREE, 600, "a", has_body=False)


@pytest.mark.parametrize(("granted_s", "after_s"), [(None, 480), (1, 30), (1 << 30, 480)])
def test_no_time_of_a_server_makes_a_flood_or_an_end(granted_s: int | None, after_s: int) -> None:
    publication = Publication()
    sent(publication, FREE, 0, answer(200, "a", granted_s))
    assert publication.due_at(FREE) == after_s


def test_another_state_changes_the_same_publication_and_not_at_once() -> None:
    publication = Publication()
    sent(publication, FREE, 0, answer(200, "a", 600))
    assert publication.due_at(BUSY) == 5
    assert publication.request(BUSY, 5) == Request(BUSY, 600, "a", has_body=True)


def test_a_state_that_flaps_is_sent_every_five_seconds() -> None:
    publication = Publication()
    times = []
    for step in range(600):
        now, wanted = step / 10, (FREE, BUSY)[step % 2]
        if publication.due_at(wanted) <= now:
            times.append(now)
            sent(publication, wanted, now, answer(200, f"t{step}", 600))
    assert len(times) == 12
    assert min(b - a for a, b in itertools.pairwise(times)) >= 5


def test_a_removal_has_no_body_and_no_time() -> None:
    publication = Publication()
    sent(publication, BUSY, 0, answer(200, "a", 600))
    removal = publication.request(GONE, 5)
    assert removal == Request(GONE, 0, "a", has_body=False)
    publication.answered(removal, answer(503), 6)
    assert (publication.state, publication.due_at(GONE)) == (GONE, math.inf)


def test_a_tag_that_the_server_has_lost_starts_again_at_once() -> None:
    publication = Publication()
    sent(publication, FREE, 0, answer(200, "a", 600))
    sent(publication, FREE, 480, answer(412))
    assert publication.due_at(FREE) <= 480
    assert publication.request(FREE, 480) == Request(FREE, 600, None, has_body=True)


def test_a_time_that_is_too_brief_is_asked_again_with_the_server_s() -> None:
    publication = Publication()
    sent(publication, FREE, 0, answer(423, min_expires_s=1800))
    assert publication.due_at(FREE) <= 0
    assert publication.request(FREE, 0).expires_s == 1800


@pytest.mark.parametrize(
    "refusal",
    [
        answer(412), answer(423), answer(423, min_expires_s=60), answer(423, min_expires_s=100_000),
        answer(408), answer(0), answer(500), answer(200, "a", 0),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_waits(refusal: PublishEnded) -> None:
    publication = Publication()
    sent(publication, FREE, 0, refusal)
    assert publication.state is GONE
    assert publication.due_at(FREE) == publication.due_at(BUSY) == 30


def test_a_server_that_always_asks_for_longer_is_left_alone() -> None:
    publication = Publication()
    sent(publication, FREE, 0, *(answer(423, min_expires_s=700 + n) for n in range(3)))
    assert publication.due_at(FREE) == 30


@pytest.mark.parametrize(
    ("code", "tag"), [(0, "a"), (408, "a"), (503, "a"), (403, None), (489, None)]
)
def test_a_server_in_trouble_may_still_have_the_state(code: int, tag: str | None) -> None:
    publication = Publication()
    sent(publication, BUSY, 0, answer(200, "a"))
    sent(publication, BUSY, 480, answer(code))
    assert publication.state is GONE
    assert publication.request(FREE, 5000) == Request(FREE, 600, tag, has_body=True)


def test_failures_in_a_row_wait_longer() -> None:
    publication, now = Publication(), 0.0
    for wait_s in (30, 60, 120):
        sent(publication, FREE, now, answer(500))
        assert publication.due_at(FREE) == now + wait_s
        now += wait_s


@pytest.mark.parametrize("code", [403, 404, 405, 489, 501])
def test_a_refusal_holds_for_an_hour_and_every_state(code: int) -> None:
    publication = Publication()
    sent(publication, FREE, 0, answer(code))
    assert publication.due_at(FREE) == publication.due_at(BUSY) == 3600
    assert publication.cause == Cause(CauseKind.STATE_REFUSED, (code, "Why"))


@pytest.mark.parametrize(("asked_s", "wait_s"), [(90, 90), (5, 30), (1 << 40, 86400)])
def test_a_server_that_asks_to_be_left_alone_is(asked_s: float, wait_s: float) -> None:
    publication = Publication()
    sent(publication, FREE, 0, answer(503, retry_after_s=asked_s))
    assert publication.due_at(FREE) == wait_s


def test_a_server_that_takes_it_again_is_no_longer_complained_of() -> None:
    publication = Publication()
    sent(publication, FREE, 0, answer(503))
    sent(publication, FREE, 30, answer(200, "a"))
    assert publication.cause is None


def test_what_a_lost_worker_published_is_changed_and_not_doubled() -> None:
    publication = Publication()
    sent(publication, FREE, 0, answer(200, "a", 600))
    publication.lost()
    assert publication.due_at(FREE) <= 0
    assert publication.request(FREE, 1) == Request(FREE, 600, "a", has_body=True)
