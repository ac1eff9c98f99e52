"""Handlers of a client's commands: one row each, and nothing else."""

from __future__ import annotations

import msgspec

from voip.engine.commands import accounts, blocking, calls, locks, phone, trust
from voip.engine.engine import Engine
from voip.protocol.client import AnyCommand

_HANDLERS = {
    **phone.HANDLERS,
    **accounts.HANDLERS,
    **calls.HANDLERS,
    **blocking.HANDLERS,
    **locks.HANDLERS,
    **trust.HANDLERS,
}


async def answer(engine: Engine, command: AnyCommand) -> msgspec.Struct | None:
    """Carry out one command; what it returns is the reply's data.

    Raises:
        Refusal: it cannot be done.
    """
    return await _HANDLERS[type(command)](engine, command)
