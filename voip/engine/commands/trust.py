"""Commands about whom an account trusts."""

from __future__ import annotations

from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.protocol import client as told


async def _inspect(engine: Engine, command: told.InspectServer) -> told.ServerReport:
    return await engine.inspection.inspect(command)


HANDLERS: Handlers = {told.InspectServer: _inspect}
