"""Accounts of a worker by name, and the transports that they use."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pjsua2 as pj
from msgspec.structs import replace

from voip.protocol.worker.accounts import AccountSetup, Target
from voip.protocol.worker.base import Role
from voip.security.policy import DEMANDS
from voip.worker.accounts.account import Account, Receive
from voip.worker.context import Context
from voip.worker.errors import Refused
from voip.worker.tls.transports import Means, create_transport


class Accounts:
    """Accounts of this worker; `receive` gets their incoming calls."""

    def __init__(
        self, context: Context, endpoint: pj.Endpoint, role: Role, receive: Receive
    ) -> None:
        self._context = context
        self._endpoint = endpoint
        self._role = role
        self._receive = receive
        self._accounts: dict[str, Account] = {}
        self._removed: list[Account] = []
        self._transports: dict[Means, int] = {}

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts.values())

    @property
    def registered(self) -> bool:
        """True while an account is registered."""
        return any(_is_registered(account) for account in self)

    def get(self, name: str) -> Account:
        """Account of that name.

        Raises:
            Refused: this worker has no such account.
        """
        try:
            return self._accounts[name]
        except KeyError:
            raise Refused(f"there is no account {name} in this worker") from None

    def add(self, setup: AccountSetup) -> None:
        """Add an account to PJSIP.

        Raises:
            Refused: it exists already, or this worker must not speak its transport.
            pj.Error: PJSIP does not accept it.
        """
        if setup.name in self._accounts:
            raise Refused(f"account {setup.name} is there already")
        account = self.make(setup, self._transport_for(setup))
        account.open()
        self.keep(account)

    def use_target(self, name: str, target: Target) -> None:
        """Send later requests of an account to another address of its server.

        Raises:
            Refused: this worker has no such account.
            pj.Error: PJSIP does not accept it.
        """
        account = self.get(name)
        setup = replace(account.setup, target=target)
        account.use_target(setup, self._transport_for(setup))
        self._use_translator()

    def move(self, name: str) -> None:
        """Leave an account's connection; its next requests have this machine's new address.

        Raises:
            Refused: this worker has no such account.
            pj.Error: PJSIP does not accept it.
        """
        account = self.get(name)
        handle = self._context.connections.handle_of(account.connection)
        if handle is not None:
            self._endpoint.transportShutdown(handle)
        account.move()

    def make(self, setup: AccountSetup, transport_id: int) -> Account:
        """Account that PJSIP does not have yet."""
        return Account(self._context, self._receive, setup, transport_id)

    def keep(self, account: Account) -> None:
        """Keep an account that PJSIP has."""
        self._accounts[account.name] = account
        self._use_translator()

    def remove(self, account: Account) -> None:
        """Unregister and forget an account without calls."""
        del self._accounts[account.name]
        account.close()
        # PJSIP gives its number to the next account, which this object would
        # delete when it is collected.
        self._removed.append(account)
        self._use_translator()

    @property
    def are_calm(self) -> bool:
        """True if no account needs turns of its own."""
        return all(account.is_calm for account in self)

    def follow(self) -> None:
        """Do each turn's work."""
        for account in self:
            account.follow()

    def tick(self) -> None:
        """Do each second's work."""
        for account in self:
            account.tick()

    def unregister(self) -> None:
        """Unregister every account that has a way to its server."""
        for account in self:
            if _is_registered(account):
                # Without a network the worker still has to end in good order.
                with contextlib.suppress(pj.Error):
                    account.setRegistration(False)

    def close(self) -> None:
        for account in self:
            account.close()
        self._accounts.clear()

    def _use_translator(self) -> None:
        """Have voice for IPv4 addresses go by the translator of the network."""
        of_each = (account.setup.target.translator for account in self)
        prefix, _, length = (next(filter(None, of_each), None) or "::/0").partition("/")
        pj.setTranslator(prefix, int(length))

    def _transport_for(self, setup: AccountSetup) -> int:
        """PJSIP's transport for an account, one for each of its means.

        Raises:
            Refused: this worker must not speak the account's transport.
        """
        demands = DEMANDS[setup.transport]
        if demands.tls_only != self._role.tls_only:
            name = setup.transport.value.upper()
            raise Refused(f"a {self._role} worker has no {name} transport")
        means = Means.of(setup)
        if means not in self._transports:
            self._transports[means] = create_transport(self._endpoint, means, self._context.network)
        return self._transports[means]


def _is_registered(account: Account) -> bool:
    return account.setup.register and account.getInfo().regIsActive
