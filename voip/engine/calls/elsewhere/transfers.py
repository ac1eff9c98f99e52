"""Transfers: passes a call on, follows its progress, and brings it back.

A far end that must not hear anything is on hold meanwhile. One that was passed on
in vain gets the user back if the user was in the call before; where nobody reports an
outcome it may be in another call by then, and stays on hold.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from voip.background import Background
from voip.causes import Cause, CauseKind
from voip.engine.calls.book import CallBook
from voip.engine.calls.elsewhere import way_back
from voip.engine.calls.live import LiveCall
from voip.engine.errors import Refusal
from voip.engine.hub import Hub
from voip.model import Direction, Party, Transfer, TransferState
from voip.protocol.calls import TransferEvent
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.calls import ReferAnswered, ReferCall, ReferProgress, ReferToCall
from voip.protocol.worker.process import AnyWorkerCommand
from voip.sip.messages.refer import Progress
from voip.sip.sentences import sentence

log = logging.getLogger(__name__)

Ask = Callable[[LiveCall, AnyWorkerCommand], Awaitable[None]]


class Requests(way_back.Requests, Protocol):
    """Requests on calls: `voip.engine.calls.requests.Calls`."""

    async def hold_by(self, call: LiveCall, command: AnyWorkerCommand) -> None: ...

    async def hang_up(self, call_id: str) -> None: ...


@dataclass
class _Running:
    """Transfer of one call; `returns`: the user was in the call before."""

    progress: Progress
    target: Party
    returns: bool
    other: LiveCall | None = None
    timer: asyncio.TimerHandle | None = None


class Transfers:
    """Transfers of the calls in `book`; `ask` reaches workers."""

    def __init__(self, book: CallBook, hub: Hub, ask: Ask, requests: Requests) -> None:
        self._book = book
        self._hub = hub
        self._ask = ask
        self._requests = requests
        self._running: dict[int, _Running] = {}
        self._background = Background()

    # Requests

    def check(self, call_id: str) -> LiveCall:
        """Return a call that can be transferred now.

        Raises:
            Refusal: it cannot; the text says why.
        """
        call = self._book.find(call_id)
        if call is None:
            raise Refusal("no_call", f"there is no call {call_id}")
        if not call.state.answered:
            raise Refusal(
                "wrong_state",
                f"call {call_id} is {call.state.words}: a call that is not up cannot be "
                "transferred",
            )
        if call.transfer is not None and call.transfer.state.under_way:
            name = call.transfer.target.label
            raise Refusal("wrong_state", f"call {call_id} is being transferred to {name} already")
        return call

    async def blind(self, call: LiveCall, uri: str, target: Party) -> None:
        """Ask a far end to call `target` at `uri`, which `voip.sip.dialing` made.

        Raises:
            Refusal: its worker refused.
        """
        self._check_once_more(call)
        running = _Running(Progress(), target, returns=not call.on_hold)
        hold = not call.on_hold
        await self._begin(call, running, ReferCall(call=call.number, uri=uri, hold=hold))

    async def join(self, call_id: str, other_id: str) -> None:
        """Connect the far ends of two calls.

        Raises:
            Refusal: they cannot be connected; the text says why.
        """
        call, other = self.check(call_id), self._book.find(other_id)
        if other is None:
            raise Refusal("no_call", f"there is no call {other_id}")
        if other is call:
            raise Refusal("wrong_state", f"call {call_id} cannot be connected with itself")
        _check_protection(call, other)
        if other.direction is Direction.OUT and not other.state.answered:
            await self._pass_on(call, other)
            return
        self.check(other_id)
        if other.direction is Direction.IN:
            # Its address is the caller's own word: nobody is told to call that.
            call, other = other, call
        if other.direction is Direction.IN:
            raise Refusal(
                "wrong_state",
                f"calls {call_id} and {other_id} were both made by others: one of two calls that "
                "are connected has to be made by this phone",
            )
        running = _Running(
            Progress(replaces=True), other.remote, returns=not call.on_hold, other=other
        )
        order = ReferToCall(call=call.number, other=other.number, hold=not call.on_hold)
        await self._begin(call, running, order)

    async def _pass_on(self, call: LiveCall, other: LiveCall) -> None:
        """Have a far end call somebody who has not answered this phone yet."""
        if other.start is None:
            raise Refusal("wrong_state", f"call {other.id} has no address to pass on")
        uri, target = other.start.uri, other.remote
        await self._requests.hang_up(str(other.id))
        await self.blind(call, uri, target)

    def _check_once_more(self, call: LiveCall) -> None:
        # Its target was looked up in the meantime.
        self.check(str(call.id))

    async def _begin(
        self, call: LiveCall, running: _Running, command: ReferCall | ReferToCall
    ) -> None:
        former = self._running.pop(call.id, None)
        if former is not None and former.timer is not None:
            former.timer.cancel()
        self._running[call.id] = running
        self._show(call, running)
        try:
            # One command: the far end must not wait for a second one.
            if command.hold:
                await self._requests.hold_by(call, command)
            else:
                await self._ask(call, command)
        except Refusal as error:
            cause = Cause(CauseKind.NOT_STARTED, (str(error),))
            self._put(call, running, running.progress.not_sent(cause))
            raise
        self._wait(call, running)

    # Progress

    def on_event(self, call: LiveCall, event: ReferAnswered | ReferProgress) -> None:
        """Use a worker's report."""
        running = self._running.get(call.id)
        if running is None:
            return
        before = running.progress
        if isinstance(event, ReferAnswered):
            after = before.answered(event.code, event.reason, event.reports)
        else:
            after = before.notified(event.code, event.reason, event.last)
        self._put(call, running, after)

    def on_ended(self, call: LiveCall) -> Cause | None:
        """Use the end of a call; return its cause if it was passed on."""
        running = self._running.pop(call.id, None)
        if running is None:
            return None
        after = running.progress.ended()
        self._put(call, running, after)
        if after.state is TransferState.FAILED:
            return None
        kind = CauseKind.PASSED_ON if after.state is TransferState.UNKNOWN else None
        return Cause(kind or CauseKind.TRANSFERRED, (running.target.label,))

    def _put(self, call: LiveCall, running: _Running, after: Progress) -> None:
        """Show another state, and do what it asks for."""
        before, running.progress = running.progress, after
        self._wait(call, running)
        if after.state is before.state:
            return
        self._show(call, running)
        if call.id not in self._running:
            return  # the call has ended
        match after.state:
            case TransferState.DONE:
                self._background.begin(self._leave(call, running))
            case TransferState.UNKNOWN if after.cause is None:
                # No outcome will ever be reported (RFC 4488).
                self._background.begin(self._leave(call, running))
            case TransferState.UNKNOWN | TransferState.FAILED:
                self._background.begin(self._bring_back(call, running))
            case _:
                pass

    def _wait(self, call: LiveCall, running: _Running) -> None:
        if running.timer is not None:
            running.timer.cancel()
            running.timer = None
        patience_s = running.progress.patience_s
        if patience_s is not None and self._running.get(call.id) is running:
            loop = asyncio.get_running_loop()
            running.timer = loop.call_later(patience_s, self._lapse, call, running)

    def _lapse(self, call: LiveCall, running: _Running) -> None:
        self._put(call, running, running.progress.lapsed())

    def _show(self, call: LiveCall, running: _Running) -> None:
        progress, other = running.progress, running.other
        call.transfer = Transfer(
            target=running.target,
            state=progress.state,
            code=progress.code,
            reason=sentence(progress.cause) if progress.cause else "",
            cause=progress.cause,
            to_call=str(other.id) if other else None,
        )
        self._hub.publish(TransferEvent(call=str(call.id), transfer=call.transfer))
        if call.ended is None:
            self._book.publish(call)

    async def _leave(self, call: LiveCall, running: _Running) -> None:
        for one in (call, running.other):
            if one is not None and one.ended is None:
                # The call or its worker may just have ended.
                with contextlib.suppress(Refusal):
                    await self._requests.hang_up(str(one.id))

    async def _bring_back(self, call: LiveCall, running: _Running) -> None:
        progress = running.progress
        is_known = progress.state is TransferState.FAILED
        is_back = not call.on_hold
        if is_known and running.returns and not is_back:
            is_back = await way_back.go_back(self._requests, call)
        why = f" ({sentence(progress.cause)})" if progress.cause else ""
        outcome = "failed" if is_known else "has no known outcome"
        now = way_back.where(call, is_back)
        if running.other is not None and running.other.ended is None:
            now += f", and you still have {running.other.remote.label}"
        text = f"the transfer to {running.target.label} {outcome}{why}: {now}"
        log.info("call %d: %s", call.id, text)
        self._hub.publish(NoticeEvent(level="warning", text=text))


def _check_protection(call: LiveCall, other: LiveCall) -> None:
    if call.role is not other.role:
        raise Refusal(
            "wrong_account",
            "a call of a TLS account and one of an account without TLS cannot be connected: the "
            "voice would leave its protection",
        )
    if call.account != other.account:
        raise Refusal(
            "wrong_account",
            f"calls of two accounts cannot be connected ({call.account} and {other.account}): the "
            "server of one does not know the calls of the other",
        )
