"""The lock of a call or an account in detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voip import lockreport, policy
from voip.engine.commands.handler import Handlers
from voip.engine.errors import Refusal
from voip.engine.livecall import connection_facts
from voip.model import LockReport
from voip.protocol import client as told
from voip.protocol import worker as say

if TYPE_CHECKING:
    from voip.engine.engine import Engine


async def _lock(engine: Engine, command: told.GetLock) -> LockReport:
    if command.call is not None:
        call = engine.book.find(command.call)
        if call is None:
            raise Refusal("no_call", f"there is no call {command.call}")
        return call.lock_report()
    if command.account is None:
        raise Refusal("bad_request", "a lock is that of a call or of an account: name one")
    return _of_account(engine, command.account)


def _of_account(engine: Engine, name: str) -> LockReport:
    live = engine.registrar.get(name)
    if live.account is None:
        raise Refusal("bad_account", live.problem or f"account {name} cannot be used")
    connection = engine.connection(live.role, live.connection)
    facts = policy.AccountFacts(
        account_transport=live.account.transport,
        in_secure_worker=live.role is say.Role.SECURE,
        connection=connection_facts(connection),
    )
    return lockreport.report(facts, connection.tls if connection else None)


HANDLERS: Handlers = {told.GetLock: _lock}
