"""Commands about conferences."""

from __future__ import annotations

from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.model import Conference
from voip.protocol.calls import (
    EndConference,
    JoinCalls,
    LeaveConference,
    SilenceParty,
    TakeOut,
    TalkAside,
)


async def _join(engine: Engine, command: JoinCalls) -> Conference:
    calls = [engine.calls.find(call) for call in dict.fromkeys(command.calls)]
    return await engine.calls.conferences.join(calls)


async def _leave(engine: Engine, command: LeaveConference) -> Conference:
    return await engine.calls.conferences.leave(engine.calls.find(command.call))


async def _aside(engine: Engine, command: TalkAside) -> Conference:
    return await engine.calls.conferences.aside(engine.calls.find(command.call))


async def _silence(engine: Engine, command: SilenceParty) -> Conference:
    return await engine.calls.conferences.silence(engine.calls.find(command.call), command.on)


async def _take_out(engine: Engine, command: TakeOut) -> Conference:
    return await engine.calls.conferences.take_out(engine.calls.find(command.call))


async def _end(engine: Engine, command: EndConference) -> None:
    for call in engine.calls.conferences.parties(engine.calls.find(command.call)):
        if call.ended is None:
            await engine.calls.hang_up(str(call.id))


HANDLERS: Handlers = {
    JoinCalls: _join,
    LeaveConference: _leave,
    TalkAside: _aside,
    SilenceParty: _silence,
    TakeOut: _take_out,
    EndConference: _end,
}
