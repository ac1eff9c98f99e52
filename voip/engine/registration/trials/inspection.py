"""Inspects a server's certificates for a user's decision to trust them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from voip.engine.accounts import fields as account_fields
from voip.engine.accounts import named_files, pinning
from voip.engine.accounts.fields import Account
from voip.engine.accounts.rules.trust_fields import pin_of
from voip.engine.accounts.rules.values import Values
from voip.engine.errors import Refusal
from voip.engine.intake import clean_event
from voip.engine.network.locator import Locator
from voip.engine.registration.registrations import Registrations
from voip.engine.registration.setup import SetupError, authorities
from voip.protection import Transport
from voip.protocol.trust import InspectServer, ServerReport
from voip.protocol.worker.accounts import Target
from voip.security.policy import DEMANDS
from voip.sip.dialing import DialError
from voip.sip.sentences import sentence

Look = Callable[[str, Sequence[Target], Path, bool], Awaitable[ServerReport]]
"""Type of `trust.handshake.look`, or of its replacement."""


_NOBODY = Account(user="", domain="")
"""Account that trusts the usual authorities."""

_DECISIVE = ("trust", "ca_file", "allow_wildcard")
"""Fields that decide about a certificate where no key is pinned."""


class Inspection:
    def __init__(self, registrations: Registrations, locator: Locator, look: Look) -> None:
        self._registrations = registrations
        self._locator = locator
        self._look = look

    async def inspect(self, command: InspectServer) -> ServerReport:
        """Return a server's certificates, judged by an account's trust.

        See `InspectServer`.

        Raises:
            Refusal: no such account or server exists, or it shows no certificate.
        """
        account = None if command.account is None else self._account(command.account)
        server = command.server or (account.next_hop if account else None)
        if server is None:
            raise Refusal("bad_request", "name a server or an account")
        try:
            located = await self._locator.locate(server, Transport.TLS)
        except DialError as error:
            raise Refusal("bad_server", str(error)) from error
        if located.cause is not None:
            raise Refusal("no_server", sentence(located.cause))
        trusting = account or _NOBODY
        if command.fields is not None:
            trusting = await asyncio.to_thread(_trusting, command.fields)
        try:
            trusted = authorities(trusting)
        except SetupError as error:
            whose = f"account {command.account}: " if command.account else ""
            raise Refusal("bad_account", f"{whose}{error}") from error
        report = await self._look(
            located.server_name, located.targets, trusted, trusting.allow_wildcard
        )
        if account and account.pin:
            note = pinning.note_of(account)
            report = replace(
                report,
                pin=pin_of(account.pin),
                pinned_on=note.on,
                pinned_by=note.by,
                pinned_with=note.means,
            )
        # The certificate's names are chosen by strangers.
        return clean_event(report)

    def _account(self, name: str) -> Account:
        live = self._registrations.get(name)
        if live.account is None:
            raise Refusal("bad_account", live.problem or f"account {name} cannot be used")
        if not DEMANDS[live.account.transport].verified_server:
            words = f"account {name} uses {live.account.transport.upper()}"
            raise Refusal("bad_account", f"{words}, which has no certificates")
        return live.account


def _trusting(values: Values) -> Account:
    """Build an account with these fields of trust; reads the files they name.

    Raises:
        Refusal: something is wrong with one of them.
    """
    chosen = {name: values[name] for name in _DECISIVE if name in values}
    problems = {**named_files.problems(chosen), **account_fields.problems(chosen)}
    wrong = [f"“{name}”: {problems[name]}" for name in chosen if name in problems]
    if wrong:
        raise Refusal("bad_account", "; ".join(wrong))
    return account_fields.from_values({"user": "", "domain": "", **chosen})
