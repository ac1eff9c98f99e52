"""Calls that take the place of others: attended transfers by other phones (RFC 3891).

The other call goes on untouched until the new one is up with the protection that its
account demands. Then the user's state moves over, and the other ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec.structs import replace

from voip.background import Background
from voip.causes import Cause, CauseKind
from voip.engine.calls.book import CallBook
from voip.engine.calls.elsewhere.replacement import Named, refusal
from voip.engine.calls.live import LiveCall, connection_facts
from voip.engine.calls.microphone import Microphone
from voip.engine.errors import Refusal
from voip.engine.hub import Hub
from voip.model import CallState, Outcome, Party
from voip.protection import Transport
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.calls import Answer, MuteCall
from voip.protocol.worker.process import AnyWorkerCommand, ConnectionEvent
from voip.security.policy import DEMANDS
from voip.sip.sentences import sentence

log = logging.getLogger(__name__)

Ask = Callable[[LiveCall, AnyWorkerCommand], Awaitable[None]]


class Requests(Protocol):
    """Requests on calls: `voip.engine.calls.requests.Calls`."""

    async def hang_up(self, call_id: str) -> None: ...

    def limit(self, call: LiveCall, seconds: float) -> None:
        """End a call after that time."""


class Replacing:
    """Calls on their way to another's place; `ask` reaches workers."""

    def __init__(
        self, book: CallBook, hub: Hub, ask: Ask, requests: Requests, microphone: Microphone
    ) -> None:
        self._book = book
        self._hub = hub
        self._ask = ask
        self._requests = requests
        self._microphone = microphone
        self._coming: dict[int, LiveCall] = {}
        self._leaving: dict[int, Cause] = {}
        self._background = Background()
        book.follow(lambda call, _: self._on_change(call))

    def named(self, call: LiveCall) -> Named:
        """Return the facts that decide if a call's place can be taken."""
        return Named(
            account=call.account,
            state=call.state,
            ending=call.ended_here or call.stopped,
            shared=call.conference is not None,
            passed_on=call.transfer is not None and call.transfer.state.under_way,
            awaited=call.id in self._leaving or any(c is call for c in self._coming.values()),
        )

    def begin(self, new: LiveCall, other: LiveCall) -> None:
        """Answer a `new` call without the microphone; it never rings."""
        self._coming[new.id] = other
        new.in_place_of = other.connected or other.remote
        new.state, new.taken = CallState.CONNECTING, True
        self._book.publish(new)
        self._background.begin(self._answer(new))

    def on_ended(self, call: LiveCall) -> Cause | None:
        """Return the cause of a call's end if another took its place."""
        return self._leaving.pop(call.id, None)

    def _on_change(self, call: LiveCall) -> None:
        other = self._coming.get(call.id)
        if other is None:
            return
        if call.ended is not None:
            del self._coming[call.id]
        elif _is_up(call):
            del self._coming[call.id]
            cause = replaced(call, other.connected or other.remote)
            self._leaving[other.id] = cause
            self._background.begin(self._take_over(call, other, cause))

    async def _answer(self, new: LiveCall) -> None:
        try:
            await self._ask(new, Answer(call=new.number, voice=False))
        except Refusal as error:
            log.info("call %d takes no place: %s", new.id, error)
            await self._quietly(self._requests.hang_up(str(new.id)))

    async def _take_over(self, new: LiveCall, other: LiveCall, cause: Cause) -> None:
        try:
            if not self._may_leave(other):
                raise Refusal("wrong_state", "the user has ended the other, or shares it")
            if other.muted:
                await self._ask(new, MuteCall(call=new.number))
                new.muted = True
            await self._microphone.pass_on(other, new)
        except Refusal as error:
            log.info("call %d takes no place: %s", new.id, error)
            self._leaving.pop(other.id, None)
            await self._give_up(new)
            return
        self._book.publish(new)
        self._hub.publish(NoticeEvent(level="warning", text=sentence(cause)))
        if other.hangup_timer is not None:
            left_s = other.hangup_timer.when() - asyncio.get_running_loop().time()
            self._requests.limit(new, max(0.0, left_s))
        if other.ended is None:
            await self._quietly(self._requests.hang_up(str(other.id)))
        elif self._leaving.pop(other.id, None) is not None and other.outcome is Outcome.ANSWERED:
            # Its far end was faster than the new call, and its row does not say why it ended.
            self._book.amend(other, Outcome.TRANSFERRED, cause)

    def _may_leave(self, other: LiveCall) -> bool:
        """Report if the user still has a call whose place was asked for.

        One that its far end has ended since is no reason against the new one.
        """
        now = replace(self.named(other), awaited=False)
        if other.ended is not None:
            return not now.ending
        return refusal(now, other.account, trusted=True) is None

    async def _give_up(self, new: LiveCall) -> None:
        new.in_place_of = None
        if new.ended is None:
            await self._quietly(self._requests.hang_up(str(new.id)))

    async def _quietly(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Refusal as error:
            log.info("%s", error)


def is_trusted(transport: Transport, connection: ConnectionEvent | None) -> bool:
    """Report if a caller's connection has the protection that the account demands."""
    if not DEMANDS[transport].verified_server:
        return True
    facts = connection_facts(connection)
    return facts is not None and facts.up and facts.verified


def replaced(new: LiveCall, party: Party) -> Cause:
    """Cause of the log rows of a call that took the place of `party`, and of theirs."""
    return Cause(CauseKind.REPLACED, (new.remote.label, party.label))


def _is_up(call: LiveCall) -> bool:
    """Report if a call is confirmed, and has the keys that its account demands."""
    if not call.state.answered:
        return False
    if not DEMANDS[call.transport].srtp_mandatory:
        return True
    # Without a stream nothing is agreed yet: a late answer may still be refused.
    streams = [stream for stream in call.streams if stream.active]
    return bool(streams) and all(stream.srtp for stream in streams)
