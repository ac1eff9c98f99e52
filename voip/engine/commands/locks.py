"""The lock of a call or an account in detail."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from voip import lockfacts, lockreport, sas
from voip.engine.commands.handler import Handlers
from voip.engine.errors import Refusal
from voip.engine.livecall import LiveCall, connection_facts
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
        return await _of_call(call)
    if command.account is None:
        raise Refusal("bad_request", "a lock is that of a call or of an account: name one")
    return _of_account(engine, command.account)


async def _of_call(call: LiveCall) -> LockReport:
    """With the words of the ends, made beside the loop: they take their time."""
    ends = sas.pair(call.facts().streams)
    words = await asyncio.to_thread(sas.words, ends) if ends is not None else None
    # Keys may have been agreed anew meanwhile: the next report has the words of those.
    return call.lock_report(words if ends == sas.pair(call.facts().streams) else None)


def _of_account(engine: Engine, name: str) -> LockReport:
    live = engine.registrar.get(name)
    if live.account is None:
        raise Refusal("bad_account", live.problem or f"account {name} cannot be used")
    connection = engine.connection(live.role, live.connection)
    facts = lockfacts.AccountFacts(
        account_transport=live.account.transport,
        in_secure_worker=live.role is say.Role.SECURE,
        connection=connection_facts(connection),
    )
    return lockreport.report(facts, connection.tls if connection else None)


HANDLERS: Handlers = {told.GetLock: _lock}
