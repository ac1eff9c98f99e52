"""Handlers of clients' commands, one row each."""

from __future__ import annotations

import msgspec

from voip.engine.commands import (
    accounts,
    calls,
    codes,
    conference,
    history,
    locks,
    messages,
    people,
    phone,
    trust,
)
from voip.engine.engine import Engine
from voip.protocol.client import AnyCommand

_HANDLERS = {
    **phone.HANDLERS,
    **accounts.HANDLERS,
    **calls.HANDLERS,
    **codes.HANDLERS,
    **conference.HANDLERS,
    **history.HANDLERS,
    **people.HANDLERS,
    **locks.HANDLERS,
    **messages.HANDLERS,
    **trust.HANDLERS,
}


async def answer(engine: Engine, command: AnyCommand) -> msgspec.Struct | None:
    """Execute one command; return the reply's data.

    Raises:
        Refusal: it cannot be done.
    """
    return await _HANDLERS[type(command)](engine, command)
