"""Looks at a server's certificates for somebody who has to decide whether to trust them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import certifi
from msgspec.structs import replace

from voip.dialing import DialError, parse_host_port
from voip.engine.accountfields import DEFAULT_PORTS, Account
from voip.engine.accountsetup import SetupError, authorities
from voip.engine.errors import Refusal
from voip.engine.intake import clean_event
from voip.engine.registrar import Registrar
from voip.engine.trustfields import pin_of
from voip.model import Transport
from voip.protocol import client as told

Look = Callable[[str, int, Path, bool], Awaitable[told.ServerReport]]
"""`servercertificates.look`, or what stands in for it."""


class Inspection:
    def __init__(self, registrar: Registrar, look: Look) -> None:
        self._registrar = registrar
        self._look = look

    async def inspect(self, command: told.InspectServer) -> told.ServerReport:
        """What a server shows, judged by what an account trusts; see `InspectServer`.

        Raises:
            Refusal: there is no such account or server, or it shows no certificate.
        """
        account = None if command.account is None else self._account(command.account)
        server = command.server or (account.next_hop if account else None)
        if server is None:
            raise Refusal("bad_request", "name a server or an account")
        try:
            host, port = parse_host_port(server)
        except DialError as error:
            raise Refusal("bad_server", str(error)) from error
        try:
            trusted = authorities(account) if account else Path(certifi.where())
        except SetupError as error:
            raise Refusal("bad_account", f"account {command.account}: {error}") from error
        wildcard = account is not None and account.allow_wildcard
        seen = await self._look(host, port or DEFAULT_PORTS[Transport.TLS], trusted, wildcard)
        if account and account.pin:
            seen = replace(seen, pin=pin_of(account.pin), pinned_on=account.pinned_on)
        # Not one character of it is ours: strangers chose the names.
        return clean_event(seen)

    def _account(self, name: str) -> Account:
        live = self._registrar.get(name)
        if live.account is None:
            raise Refusal("bad_account", live.problem or f"account {name} cannot be used")
        if live.account.transport is not Transport.TLS:
            words = f"account {name} uses {live.account.transport.upper()}"
            raise Refusal("bad_account", f"{words}, which has no certificates")
        return live.account
