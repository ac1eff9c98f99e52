"""Calls that follow their account to another address or connection, or end there."""

from __future__ import annotations

import logging

from voip.background import Background
from voip.causes import Cause, CauseKind
from voip.engine.calls.book import CallBook
from voip.engine.calls.live import LiveCall
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.model import Direction
from voip.protection import Transport
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import EndCall, MoveCall

log = logging.getLogger(__name__)

_UNAVAILABLE = 480


class Moves:
    """Moves of calls; their far ends decide."""

    def __init__(self, book: CallBook, workers: dict[Role, Supervisor]) -> None:
        self._book = book
        self._workers = workers
        self._background = Background()

    def follow(self, account: str, connection: int | None, moved: bool) -> None:
        """Have an account's calls use its `connection` of now.

        `moved`: this machine has another address, which the media need too.
        """
        for call in self._book:
            if call.account != account:
                continue
            used = call.connection.id if call.connection else None
            if call.answered is not None:
                if moved or used != connection:
                    self._ask(call, MoveCall(call=call.number, media=moved))
            elif moved and (used is None or used != connection) and not _can_answer(call):
                # Its answer would go to the old address: it would ring without end.
                call.cause = call.cause or Cause(CauseKind.NETWORK_CHANGED)
                self._ask(call, EndCall(call=call.number, code=_UNAVAILABLE))

    def _ask(self, call: LiveCall, command: MoveCall | EndCall) -> None:
        self._background.begin(self._send(call, command))

    async def _send(self, call: LiveCall, command: MoveCall | EndCall) -> None:
        try:
            await self._workers[call.role].ask(command)
        except (WorkerGone, WorkerRefused) as error:
            log.info("call %s did not follow its account: %s", call.id, error)


def _can_answer(call: LiveCall) -> bool:
    """Report if a caller can still get an answer (RFC 3261 section 18.2.2)."""
    return call.direction is Direction.IN and call.transport is Transport.UDP
