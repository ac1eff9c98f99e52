"""The account of a request, and the addresses of its server."""

from __future__ import annotations

import pytest

from voip.protection import Transport
from voip.protocol.worker.accounts import AccountSetup, Target
from voip.worker.accounts.attribution import pick


def _setup(user: str, hidden: bool = False) -> AccountSetup:
    return AccountSetup(
        name=user, user=user, domain="pbx.test", transport=Transport.TLS, server_name="pbx.test",
        target=Target("192.0.2.1", 5061),
        instance="urn:uuid:1",
        registrar="pbx.test", hidden=hidden,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("request_user", "to_user", "expected"),
    [
        ("alice", "", "alice"),
        ("Bob", "alice", "bob"),
        ("+15550100", "bob", "bob"),
        ("", "", "alice"),
        ("", "carol", "alice"),
        ("carol", "dora", None),
        ("anonymous", "", "hidden"),
        ("anonymous", "bob", "hidden"),
    ],
)
def test_text_picks_among_the_accounts_of_a_connection(
    request_user: str, to_user: str, expected: str | None
) -> None:
    candidates = [_setup("alice"), _setup("bob"), _setup("hidden", hidden=True)]
    picked = pick(candidates, request_user, to_user)
    assert (picked and picked.user) == expected


def test_text_picks_nobody_who_does_not_hide_as_anonymous() -> None:
    assert pick([_setup("alice")], "anonymous", "") is None


@pytest.mark.parametrize("user", ["alice", "", "carol"])
def test_text_picks_nobody_where_there_is_nobody(user: str) -> None:
    assert pick([], user, user) is None
