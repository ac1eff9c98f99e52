"""Gives the one microphone to one call at a time, or to the calls of one conference.

The rule holds at every change, not only on a request: the holder loses the microphone
before another call gets it, and a call that its far end answers or resumes gets it only
if it is free. Workers connect sound only on command, so two of them cannot disagree.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager

from voip.engine.calls.book import CallBook
from voip.engine.calls.live import LiveCall, Voice
from voip.engine.errors import Refusal
from voip.model import Direction, Source
from voip.protocol.worker.calls import GiveVoice, HoldCall
from voip.protocol.worker.process import AnyWorkerCommand

Ask = Callable[[LiveCall, AnyWorkerCommand], Awaitable[None]]
OnLeft = Callable[[str], Awaitable[None]]


class Microphone:
    """Moves the microphone between the calls of `book`; `ask` reaches workers.

    A conference that loses the microphone is not held: `on_left` gets its id.
    """

    def __init__(self, book: CallBook, ask: Ask, on_left: OnLeft) -> None:
        self._book = book
        self._ask = ask
        self._on_left = on_left
        # Two clients at once must not each take it from the other.
        self._moving = asyncio.Lock()

    @property
    def holder(self) -> LiveCall | None:
        """Call that the user speaks into, None when there is none."""
        return next((call for call in self._book if call.voice is Voice.HERE), None)

    @property
    def is_moving(self) -> bool:
        """True while a call gets the microphone or loses it."""
        return self._moving.locked()

    @asynccontextmanager
    async def given_to(self, call: LiveCall) -> AsyncIterator[None]:
        """Disconnect the microphone's holder; the body connects `call`.

        Raises:
            Refusal: the worker of another call refused; `call` did not get it.
        """
        async with self._moving, self._moved_to(call):
            yield

    @asynccontextmanager
    async def shared_by(self, calls: Collection[LiveCall]) -> AsyncIterator[None]:
        """Disconnect the microphone from all other calls; the body connects these.

        Raises:
            Refusal: as `given_to`.
        """
        async with self._moving:
            await self._withdraw_from_others(calls)
            yield

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Let nobody else move the microphone during the body."""
        async with self._moving:
            yield

    async def give(self, call: LiveCall) -> None:
        """Connect the microphone to a call that is up or rings.

        Raises:
            Refusal: as `given_to`.
        """
        async with self._moving:
            await self._move(call)

    async def hold(self, call: LiveCall, by: AnyWorkerCommand | None = None) -> None:
        """Disconnect a call and request hold from its far end.

        `by` is another command than `HoldCall` that does so.

        Raises:
            Refusal: its worker is gone, or refused `by`.
        """
        async with self._moving:
            await self._hold(call, by)

    async def pass_on(self, call: LiveCall, to: LiveCall) -> None:
        """Move the microphone from a call to the one that takes its place.

        One that gets no microphone is put on hold, as the other was, or because the
        user speaks elsewhere by now.

        Raises:
            Refusal: a worker refused; `call` is as before.
        """
        async with self._moving:
            if to.voice is Voice.HERE or to.on_hold:
                return  # the user has chosen already
            speaks = call.source is Source.PERSON and not call.on_hold
            if not speaks or self.holder not in (None, call):
                await self._hold(to)
                return
            if call.ended is None:
                # A hold would ask a far end that is about to be left.
                await self._ask(call, GiveVoice(call=call.number, on=False))
            call.voice = Voice.NONE
            try:
                await self._move(to)
            except Refusal:
                to.voice = Voice.NONE
                if call.ended is None:
                    await self._quietly(self._move(call))
                raise

    async def settle(self) -> None:
        """Give or deny the microphone after a call was answered or has ended.

        A call meant for speech gets the microphone if it is free, and is put on hold if
        it is not.
        """
        async with self._moving:
            holder = self.holder
            waiting = [call for call in self._book if _waits(call)]
            answered = [call for call in waiting if call.state.answered]
            if holder is not None and holder.state.answered:
                for call in answered:
                    await self._quietly(self._hold(call))
                return
            placed = [call for call in waiting if call.direction is Direction.OUT]
            due = answered or (placed if holder is None else [])
            if due:
                await self._quietly(self._move(due[-1]))

    async def _move(self, call: LiveCall) -> None:
        async with self._moved_to(call):
            # Its next start brings the microphone with it.
            if not call.between_targets:
                await self._ask(call, GiveVoice(call=call.number))

    @asynccontextmanager
    async def _moved_to(self, call: LiveCall) -> AsyncIterator[None]:
        await self._withdraw_from_others((call,))
        call.voice = Voice.HERE
        try:
            yield
        except BaseException:
            call.voice = Voice.WAITING
            raise

    async def _withdraw_from_others(self, but: Collection[LiveCall]) -> None:
        for call in self._book:
            if call in but or call.voice is not Voice.HERE:
                continue
            try:
                await self._withdraw(call)
            except Refusal:
                if call.between_targets:
                    call.voice = Voice.WAITING
                elif call.ended is None:
                    raise

    async def _withdraw(self, call: LiveCall) -> None:
        # A file plays on without the microphone; only a call with the user's voice
        # shows the hold.
        if call.between_targets:
            call.voice = Voice.WAITING
        elif call.conference is not None:
            # Its parties go on among themselves.
            await self._on_left(call.conference)
        elif call.state.answered and call.source is Source.PERSON:
            await self._hold(call)
        else:
            await self._ask(call, GiveVoice(call=call.number, on=False))
            call.voice = Voice.WAITING

    async def _hold(self, call: LiveCall, by: AnyWorkerCommand | None = None) -> None:
        await self._ask(call, by or HoldCall(call=call.number))
        if call.voice is Voice.HERE:
            call.voice = Voice.WAITING

    async def _quietly(self, work: Awaitable[None]) -> None:
        # The call has ended, or its worker has.
        with contextlib.suppress(Refusal):
            await work


def _waits(call: LiveCall) -> bool:
    if call.conference is not None:
        return False
    nobody = call.source is Source.NOBODY
    return call.voice is Voice.WAITING and nobody and not call.on_hold
