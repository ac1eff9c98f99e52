"""Account of each request outside a dialog, and refusals."""

from __future__ import annotations

import re
import time

import pjsua2 as pj

from voip.causes import Cause, CauseKind
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import RefusedCall, UnreadCall
from voip.sip.messages import message
from voip.worker.accounts.account import Account
from voip.worker.accounts.attribution import pick
from voip.worker.accounts.book import Accounts
from voip.worker.context import Context

_UNREAD_EVERY_S = 60.0


class Arrivals:
    def __init__(self, context: Context, accounts: Accounts, role: Role) -> None:
        self._context = context
        self._accounts = accounts
        self._role = role
        self._next_unread = 0.0

    def account_for(self, prm: pj.OnSelectAccountParam) -> int:
        """PJSIP's account for a request outside a dialog, or PJSUA_INVALID_ID."""
        accounts = self._accounts_behind(prm.rdata)
        setup = pick([account.setup for account in accounts], prm.requestUser, prm.toUser)
        is_call = prm.rdata.wholeMsg.startswith("INVITE ")
        if setup is not None:
            account = self._accounts.get(setup.name)
            return account.called_as(prm.requestUser, for_call=is_call).getId()
        if accounts and is_call:
            self._context.send(
                RefusedCall(
                    call=None,
                    account=accounts[0].name,
                    remote=(message.sender(prm.rdata.wholeMsg) or "")[:4096],
                    code=pj.PJSIP_SC_NOT_FOUND,
                    cause=Cause(CauseKind.OTHER_USER, (prm.requestUser[:256],)),
                )
            )
        return pj.PJSUA_INVALID_ID

    def on_unread(self, prm: pj.OnUnreadMessageParam) -> None:
        """Report an unreadable INVITE, at most once a minute."""
        now = time.monotonic()
        if prm.firstWord != "INVITE" or now < self._next_unread:
            return
        self._next_unread = now + _UNREAD_EVERY_S
        connection = self._context.connections.id_of(prm.hnd)
        accounts = () if connection is None else self._context.connections.of_connection(connection)
        self._context.send(UnreadCall(accounts=tuple(sorted(accounts)), connection=connection))

    def refused_account(self, prm: pj.OnRejectedIncomingCallParam) -> Account | None:
        """Account of a call that PJSIP refused, None if it has none."""
        accounts = self._accounts_behind(prm.rdata)
        user = re.search(r"sips?:([^@>]+)@", prm.localInfo)
        setup = pick([account.setup for account in accounts], user[1] if user else "", "")
        if setup is not None:
            return self._accounts.get(setup.name)
        return accounts[0] if accounts else None

    def _accounts_behind(self, request: pj.SipRxData) -> list[Account]:
        """Accounts of the connection or address that a request came from."""
        if self._role is Role.ECHO:
            return list(self._accounts)
        names = self._context.connections.of_message(request)
        host = message.recipient_host(request.wholeMsg)
        accounts = [account for account in self._accounts if account.name in names]
        # Users of the same name may be at one server, each of a domain of its own.
        return sorted(accounts, key=lambda account: account.setup.domain.lower() != host)
