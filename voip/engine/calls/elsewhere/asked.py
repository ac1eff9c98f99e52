"""Transfers that far ends ask for: only the user has somebody called.

The target is dialled like a typed address, by the call's own account. Its far end is
told what becomes of it. If the target cannot be reached, the user is back in the call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from voip.background import Background
from voip.engine.calls.book import CallBook
from voip.engine.calls.elsewhere.way_back import Requests, go_back, where
from voip.engine.calls.live import LiveCall
from voip.engine.errors import Refusal
from voip.engine.hub import Hub
from voip.engine.intake import party
from voip.model import Party
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.calls import AnswerTransfer, TransferAsked
from voip.protocol.worker.process import AnyWorkerCommand
from voip.sip import dialing
from voip.sip.callers import is_hidden
from voip.sip.messages import referred

log = logging.getLogger(__name__)

_PATIENCE_S = 60.0
"""Longest wait for the user: the far end's subscription lasts as long (RFC 3515)."""

_DECLINED = 603
_UNAVAILABLE = 503

Ask = Callable[[LiveCall, AnyWorkerCommand], Awaitable[None]]
Name = Callable[[Party], Party]


class Asked(msgspec.Struct, frozen=True):
    """Question of a far end: its target, and the call that it takes over, if any."""

    target: dialing.Target
    party: Party
    replaces: str | None


class AskedTransfers:
    """Open questions of far ends, by call; `ask` reaches workers."""

    def __init__(self, book: CallBook, hub: Hub, ask: Ask, requests: Requests) -> None:
        self._book = book
        self._hub = hub
        self._ask = ask
        self._requests = requests
        self._open: dict[int, Asked] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._origins: dict[int, LiveCall] = {}
        self._background = Background()
        book.follow(lambda call, _: self._on_change(call))

    def on_event(self, call: LiveCall, event: TransferAsked, name: Name) -> None:
        """Ask the user, or refuse what cannot be called; `name` finds contacts."""
        asked = _read(event.refer_to, name)
        if asked is None or call.ended_here:
            log.info("call %d: its far end asked to call nobody that can be called", call.id)
            self._background.begin(self._answer(call, None, _DECLINED))
            return
        self._open[call.id] = asked
        call.asked = asked.party
        loop = asyncio.get_running_loop()
        self._timers[call.id] = loop.call_later(_PATIENCE_S, self._lapse, call)
        self._book.publish(call)
        text = f"{call.remote.label} wants to connect you with {asked.party.label}"
        self._hub.publish(NoticeEvent(level="warning", text=text))

    def question(self, call_id: str) -> tuple[LiveCall, Asked]:
        """Return the open question of a call.

        Raises:
            Refusal: nothing is asked in it.
        """
        call = self._book.find(call_id)
        if call is None:
            raise Refusal("no_call", f"there is no call {call_id}")
        asked = self._open.get(call.id)
        if asked is None:
            text = f"the far end of call {call_id} does not ask to connect you with anybody"
            raise Refusal("wrong_state", text)
        return call, asked

    def take(self, call_id: str) -> tuple[LiveCall, Asked]:
        """Return the question of a call, which is answered by that: two clients may ask.

        Raises:
            Refusal: nothing is asked in it.
        """
        call, asked = self.question(call_id)
        self._close(call)
        return call, asked

    async def give_up(self, call: LiveCall) -> None:
        """Report to the far end of `call` that its target cannot be called."""
        await self._answer(call, None, _UNAVAILABLE)

    async def accept(self, call: LiveCall, new: LiveCall) -> None:
        """Report the progress of the `new` call, to the target, to the far end of `call`."""
        # At another target it would be another call, of which the far end learns nothing.
        new.start = None
        self._origins[new.id] = call
        await self._answer(call, new.number, _UNAVAILABLE)

    async def refuse(self, call_id: str) -> None:
        """Refuse the question of a call's far end.

        Raises:
            Refusal: nothing is asked in it.
        """
        call, _ = self.question(call_id)
        self._close(call)
        await self._answer(call, None, _DECLINED)

    def _on_change(self, call: LiveCall) -> None:
        """Forget an ended call; after a vain one, the user is back in the first."""
        if call.ended is None:
            return
        asked = self._open.get(call.id)
        if asked is not None:
            self._close(call)
            text = f"{call.remote.label} has left, and wanted you to call {asked.party.label}"
            self._hub.publish(NoticeEvent(level="warning", text=text))
        origin = self._origins.pop(call.id, None)
        if origin is not None and origin.ended is None and call.answered is None:
            self._background.begin(self._go_back(call, origin))

    async def _go_back(self, call: LiveCall, origin: LiveCall) -> None:
        is_back = await go_back(self._requests, origin)
        if origin.ended is not None:
            return
        why = call.words or call.reason
        text = f"{call.remote.label} was not reached ({why}): {where(origin, is_back)}"
        self._hub.publish(NoticeEvent(level="warning", text=text))

    def _lapse(self, call: LiveCall) -> None:
        self._close(call)
        self._background.begin(self._answer(call, None, _DECLINED))

    def _close(self, call: LiveCall) -> None:
        self._open.pop(call.id, None)
        timer = self._timers.pop(call.id, None)
        if timer is not None:
            timer.cancel()
        call.asked = None
        if call.ended is None:
            self._book.publish(call)

    async def _answer(self, call: LiveCall, by: int | None, code: int) -> None:
        try:
            await self._ask(call, AnswerTransfer(call=call.number, by=by, code=code))
        except Refusal as error:
            log.info("call %d: %s", call.id, error)
            if by is not None:
                await self._answer(call, None, code)


def _read(refer_to: str, name: Name) -> Asked | None:
    """Read a target; None for what a user could not call either."""
    found = referred.read(refer_to)
    if found is None or is_hidden(found.uri):
        return None
    try:
        target = dialing.parse_address(found.uri)
    except dialing.DialError:
        return None
    return Asked(target, name(party(found.name_and_uri)), found.replaces)
