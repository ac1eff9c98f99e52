"""Commands about the lock of a call or an account."""

from __future__ import annotations

import asyncio

from voip.engine.calls.live import LiveCall, connection_facts
from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.engine.errors import Refusal
from voip.engine.trust.compared_keys import ComparedError
from voip.protection import LockReport
from voip.protocol.trust import (
    ComparedList,
    CompareWords,
    ForgetCompared,
    GetCompared,
    GetLock,
    WordsCompared,
)
from voip.security import lock_facts, lock_report, sas


async def _lock(engine: Engine, command: GetLock) -> LockReport:
    if command.call is not None:
        return await _of_call(_find(engine, command.call))
    if command.account is None:
        raise Refusal("bad_request", "a lock is that of a call or of an account: name one")
    return _of_account(engine, command.account)


def _find(engine: Engine, call_id: str) -> LiveCall:
    call = engine.book.find(call_id)
    if call is None:
        raise Refusal("no_call", f"there is no call {call_id}")
    return call


async def _of_call(call: LiveCall) -> LockReport:
    """Report a call's lock with its words, made in a thread: they are slow."""
    ends = sas.pair(call.facts().streams)
    words = await asyncio.to_thread(sas.words, ends) if ends is not None else None
    # New keys may have been agreed by now: the next report has their words.
    return call.lock_report(words if ends == sas.pair(call.facts().streams) else None)


def _of_account(engine: Engine, name: str) -> LockReport:
    live = engine.registrations.get(name)
    if live.account is None:
        raise Refusal("bad_account", live.problem or f"account {name} cannot be used")
    connection = engine.connections.find(live.role, live.connection)
    facts = lock_facts.AccountFacts(
        account_transport=live.account.transport,
        in_secure_worker=live.role.tls_only,
        connection=connection_facts(connection),
        distrusted=live.distrusted,
    )
    return lock_report.report(facts, connection.tls if connection else None)


async def _compare(engine: Engine, command: CompareWords) -> WordsCompared:
    call = _find(engine, command.call)
    ends = sas.ends(call.facts().streams)
    words = await asyncio.to_thread(sas.words, ends.pair) if ends is not None else None
    # The call may have ended by now, or have other keys.
    _find(engine, command.call)
    if ends is None or ends != sas.ends(call.facts().streams) or words != command.words:
        raise Refusal(
            "changed",
            f"call {command.call} does not have these words now: look at its lock again, and "
            "compare the ones it has",
        )
    return WordsCompared(notice=engine.comparisons.answer(call, ends, command.equal))


async def _compared(engine: Engine, command: GetCompared) -> ComparedList:
    if engine.compared_keys.problem is not None:
        raise Refusal("compared", engine.compared_keys.problem)
    return ComparedList(keys=engine.compared_keys.all())


async def _forget(engine: Engine, command: ForgetCompared) -> None:
    try:
        forgotten = engine.comparisons.forget(command.account, command.address)
    except ComparedError as error:
        raise Refusal("compared", str(error)) from error
    if not forgotten:
        raise Refusal(
            "not_compared",
            f"nothing was compared with {command.address}, account: {command.account}; "
            "“offhook compared” lists what was",
        )


HANDLERS: Handlers = {
    GetLock: _lock,
    CompareWords: _compare,
    GetCompared: _compared,
    ForgetCompared: _forget,
}
