"""Commands about blocked callers."""

from __future__ import annotations

import contextlib
import time

from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.engine.errors import Refusal
from voip.engine.files.toml import ConfigError
from voip.model import BlockedCaller, CallState, rfc3339
from voip.protocol.people import BlockCaller, BlockedCallers, GetBlocked, UnblockCaller
from voip.sip import callers

_HIDDEN = (
    "the caller hid their address: there is none to block. Decline the call, or ask whoever "
    "runs the server to refuse calls of hidden callers"
)


async def _block(engine: Engine, command: BlockCaller) -> BlockedCaller:
    engine.registrations.get(command.account)
    address = _canonical(engine, command.caller, command.account)
    entries = _entries(engine, command.caller, command.account)
    if entries:
        entry = entries[0]
    else:
        entry = BlockedCaller(command.account, address, rfc3339(time.time()))
        try:
            engine.blocked.add(entry)
        except ConfigError as error:
            raise Refusal("bad_blocked", str(error)) from error
    for call in engine.book:
        rings = call.state is CallState.INCOMING and call.account == entry.account
        if rings and engine.blocked.of(call.remote.uri, call.account, call.connection):
            # The caller may have cancelled already.
            with contextlib.suppress(Refusal):
                await engine.calls.decline(str(call.id))
    return entry


async def _unblock(engine: Engine, command: UnblockCaller) -> None:
    entries = _entries(engine, command.caller, command.account)
    if not entries:
        text = f"{command.caller} is not blocked for account {command.account}"
        raise Refusal("not_blocked", f"{text}: “offhook blocked” lists who is")
    try:
        engine.blocked.remove(entries)
    except ConfigError as error:
        raise Refusal("bad_blocked", str(error)) from error


async def _blocked(engine: Engine, command: GetBlocked) -> BlockedCallers:
    engine.blocked.refresh()
    if command.caller is None:
        account = command.account
        entries = engine.blocked.entries
        return BlockedCallers(tuple(e for e in entries if account in (None, e.account)))
    if command.account is None:
        raise Refusal("bad_request", "a caller is blocked for an account: name both")
    _canonical(engine, command.caller, command.account)
    return BlockedCallers(_entries(engine, command.caller, command.account))


def _canonical(engine: Engine, caller: str, account: str) -> str:
    address = engine.blocked.canonical(caller, account)
    if address is not None:
        return address
    if callers.is_hidden(caller):
        raise Refusal("hidden_caller", _HIDDEN)
    raise Refusal("bad_target", f"“{caller}” is not the number or address of a caller")


def _entries(engine: Engine, caller: str, account: str) -> tuple[BlockedCaller, ...]:
    engine.blocked.refresh()
    return engine.blocked.of(caller, account)


HANDLERS: Handlers = {
    BlockCaller: _block,
    UnblockCaller: _unblock,
    GetBlocked: _blocked,
}
