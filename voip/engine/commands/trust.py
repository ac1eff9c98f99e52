"""Commands about servers that an account trusts."""

from __future__ import annotations

from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.protocol.trust import InspectServer, ServerReport


async def _inspect(engine: Engine, command: InspectServer) -> ServerReport:
    return await engine.inspection.inspect(command)


HANDLERS: Handlers = {InspectServer: _inspect}
