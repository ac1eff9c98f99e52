"""Choice of a request's account among those of its connection."""

from __future__ import annotations

from collections.abc import Sequence

from voip.protocol.worker.accounts import AccountSetup

ANONYMOUS_USER = "anonymous"
"""User part of a hidden account's address (RFC 3323 section 4.1.1.3)."""


def pick(
    candidates: Sequence[AccountSetup], request_user: str, to_user: str
) -> AccountSetup | None:
    """Account among the candidates that a request names, None if none.

    The request URI goes first (RFC 3261 section 8.2.2.1), then To. If the URI has
    no user and To names none, the request is for the first candidate.
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
