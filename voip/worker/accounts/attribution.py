"""Which accounts the other end of a connection, or of a UDP address, serves.

Text does not decide: any server can name any account. A connection belongs to
the accounts whose own requests used it; over UDP, the addresses that answered
those requests do (RFC 3261 sections 18.1.2 and 26.3.2.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from voip.protocol.worker.process import AccountSetup

ANONYMOUS_USER = "anonymous"
"""Who an account that hides is to those it calls (RFC 3323 section 4.1.1.3)."""


class Attribution:
    """Connections are named by their number in `Connections`, addresses as host:port."""

    def __init__(self) -> None:
        self._by_connection: dict[int, set[str]] = {}
        self._by_address: dict[str, set[str]] = {}

    def use(self, account: str, connection: int) -> None:
        """Note a connection that carried a request of the account's own."""
        self._by_connection.setdefault(connection, set()).add(account)

    def answered(self, account: str, addresses: Iterable[str]) -> None:
        """Note UDP addresses of the account's server."""
        for address in addresses:
            self._by_address.setdefault(address, set()).add(account)

    def closed(self, connection: int) -> None:
        self._by_connection.pop(connection, None)

    def forget(self, account: str) -> None:
        for accounts in (*self._by_connection.values(), *self._by_address.values()):
            accounts.discard(account)

    def of_connection(self, connection: int) -> frozenset[str]:
        return frozenset(self._by_connection.get(connection, ()))

    def of_address(self, address: str) -> frozenset[str]:
        """The accounts of a UDP address, or else of its host.

        A server may call from another port than the one that answers, unless
        that port is another server's.
        """
        exact = self._by_address.get(address)
        if exact:
            return frozenset(exact)
        host = _host(address)
        found: set[str] = set()
        for known, accounts in self._by_address.items():
            if _host(known) == host:
                found |= accounts
        return frozenset(found)


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


def _host(address: str) -> str:
    return address.rpartition(":")[0]
