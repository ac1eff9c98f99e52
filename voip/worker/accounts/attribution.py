"""Choice of the account that a request is for, among those of its connection."""

from __future__ import annotations

from collections.abc import Sequence

from voip.protocol.worker.accounts import AccountSetup

ANONYMOUS_USER = "anonymous"
"""Who an account that hides is to those it calls (RFC 3323 section 4.1.1.3)."""


def pick(
    candidates: Sequence[AccountSetup], request_user: str, to_user: str
) -> AccountSetup | None:
    """The one of a connection's accounts that a request names, None if it names none.

    The request URI goes first (RFC 3261 section 8.2.2.1). One without a user
    is for whoever is at the other end.
    """
    for user in (request_user, to_user):
        for setup in candidates:
            if user and user.casefold() == setup.user.casefold():
                return setup
            if setup.hidden and user == ANONYMOUS_USER:
                return setup
    if request_user or not candidates:
        return None
    return candidates[0]
