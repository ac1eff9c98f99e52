"""The one microphone, and the call that has it.

A person speaks into one call at a time. The rule holds at every change, not
only when something is asked for: whoever has the microphone loses it before
another call gets it, and a call that is answered or resumed by its far end
finds it taken. Workers connect nothing that they were not told to, so two of
them cannot disagree.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from voip.engine.calls.book import CallBook
from voip.engine.calls.live import LiveCall, Voice
from voip.engine.errors import Refusal
from voip.model import Direction, Source
from voip.protocol.worker.calls import GiveVoice, HoldCall
from voip.protocol.worker.process import AnyWorkerCommand

Ask = Callable[[LiveCall, AnyWorkerCommand], Awaitable[None]]


class Microphone:
    """Moves the microphone between the calls of `book`; `ask` reaches their workers."""

    def __init__(self, book: CallBook, ask: Ask) -> None:
        self._book = book
        self._ask = ask
        # Two clients at once must not each take it from the other.
        self._moving = asyncio.Lock()

    @property
    def holder(self) -> LiveCall | None:
        """The call that the person speaks into, None when there is none."""
        return next((call for call in self._book if call.voice is Voice.HERE), None)

    @asynccontextmanager
    async def given_to(self, call: LiveCall) -> AsyncIterator[None]:
        """Take the microphone from whoever has it; the body connects `call`.

        Raises:
            Refusal: the worker of another call would not; `call` has not got it.
        """
        async with self._moving, self._moved_to(call):
            yield

    async def give(self, call: LiveCall) -> None:
        """Connect the person to a call that is up or rings.

        Raises:
            Refusal: as `given_to`.
        """
        async with self._moving:
            await self._move(call)

    async def hold(self, call: LiveCall) -> None:
        """Cut a call off and ask its far end for hold.

        Raises:
            Refusal: its worker is gone.
        """
        async with self._moving:
            await self._hold(call)

    async def settle(self) -> None:
        """Follow a call that was answered or has ended.

        A call that the person means to speak in gets the microphone if nobody
        speaks; if somebody does, it is put on hold.
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
            await self._ask(call, GiveVoice(call=call.number))

    @asynccontextmanager
    async def _moved_to(self, call: LiveCall) -> AsyncIterator[None]:
        await self._withdraw_from_others(call)
        call.voice = Voice.HERE
        try:
            yield
        except BaseException:
            call.voice = Voice.WAITING
            raise

    async def _withdraw_from_others(self, but: LiveCall) -> None:
        for call in self._book:
            if call is but or call.voice is not Voice.HERE:
                continue
            try:
                await self._withdraw(call)
            except Refusal:
                if call.ended is None:
                    raise

    async def _withdraw(self, call: LiveCall) -> None:
        # A file goes on without the person; whoever was spoken to learns of the hold.
        if call.state.answered and call.source is Source.PERSON:
            await self._hold(call)
        else:
            await self._ask(call, GiveVoice(call=call.number, on=False))
            call.voice = Voice.WAITING

    async def _hold(self, call: LiveCall) -> None:
        await self._ask(call, HoldCall(call=call.number))
        if call.voice is Voice.HERE:
            call.voice = Voice.WAITING

    async def _quietly(self, work: Awaitable[None]) -> None:
        # The call has ended, or its worker: there is nobody left to speak to.
        with contextlib.suppress(Refusal):
            await work


def _waits(call: LiveCall) -> bool:
    nobody = call.source is Source.NOBODY
    return call.voice is Voice.WAITING and nobody and not call.on_hold
