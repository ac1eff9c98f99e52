"""Warnings of certificates that end soon: when, in which words, how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from voip.engine.trust import expiry
from voip.model import rfc3339
from voip.protection import Certificate, TlsStatus

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERVER = "the server's"


def connection(ends: datetime, pinned: bool = False) -> TlsStatus:
    peer = Certificate("CN=x", "CN=y", (), "", rfc3339(ends.timestamp()), "")
    return TlsStatus("TLSv1.3", "x", verified=True, peer=peer, pinned=pinned)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=14, seconds=1), None),
        (timedelta(days=14), f"cert ends in 14 days, on 2026-03-15: {SERVER}"),
        (timedelta(days=1, hours=1), f"cert ends in 1 day, on 2026-03-02: {SERVER}"),
        (timedelta(hours=1), f"cert ends within a day, on 2026-03-01: {SERVER}"),
        (timedelta(0), f"cert has expired on 2026-03-01: {SERVER}"),
        (timedelta(days=-40), f"cert has expired on 2026-01-20: {SERVER}"),
    ],
)
def test_a_server_is_warned_of_from_fourteen_days_before(
    left: timedelta, words: str | None
) -> None:
    assert expiry.warning(connection(NOW + left), None, NOW.timestamp()) == words


def test_an_expired_certificate_of_a_pinned_server_says_why_it_is_accepted() -> None:
    tls = connection(NOW - timedelta(days=3), pinned=True)
    assert expiry.warning(tls, None, NOW.timestamp()) == (
        f"cert has expired on 2026-02-26: {SERVER}; accepted all the same, because its key is "
        "pinned"
    )
    far = connection(NOW + timedelta(days=90), pinned=True)
    assert expiry.warning(far, None, NOW.timestamp()) is None


def test_the_account_s_own_certificate_is_told_beside_the_server_s() -> None:
    own = NOW + timedelta(days=5)
    words = "cert ends in 5 days, on 2026-03-06: this account's own"
    assert expiry.warning(None, own, NOW.timestamp()) == words
    both = expiry.warning(connection(NOW + timedelta(days=2)), own, NOW.timestamp())
    assert both == f"cert ends in 2 days, on 2026-03-03: {SERVER}; {words}"
    assert expiry.warning(None, None, NOW.timestamp()) is None


def test_an_account_is_told_of_once_a_day() -> None:
    notices = expiry.Notices()
    day = 86_400.0
    assert [notices.due("work", at) for at in (0, 1, day - 1, day, day + 1)] == [
        True, False, False, True, False,
    ]  # fmt: skip
    assert notices.due("home", 1)
