"""Answers about names, kept for their time to live and beyond.

An answer that cannot be had is no answer: the last good one stands in for it,
marked as stale, so that a phone finds its servers while the DNS is gone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
from msgspec.structs import replace

from voip.protocol.accounts import LookupOutcome

_LONGEST_LIFE_S = 3600.0

T = TypeVar("T")


class Answer(msgspec.Struct, Generic[T], frozen=True):
    """Records of a name; `stale` ones are from before the DNS was gone."""

    outcome: LookupOutcome
    records: tuple[T, ...] = ()
    lasts_s: float = 0.0
    stale: bool = False


Ask = Callable[[str], Awaitable[Answer[T]]]
"""Asks for the records of a name, in bounded time; never raises."""


@dataclass
class _Kept(Generic[T]):
    answer: Answer[T]
    until: float


class Answers(Generic[T]):
    """Records of one kind, by name, of at most so many names.

    A question under way is shared.
    """

    def __init__(self, ask: Ask[T], most_names: int = 256) -> None:
        self._ask = ask
        self._most_names = most_names
        self._kept: dict[str, _Kept[T]] = {}
        self._under_way: dict[str, asyncio.Task[Answer[T]]] = {}

    async def of(self, name: str) -> Answer[T]:
        """Answer from memory, or from the one who is asked."""
        kept = self._kept.get(name)
        if kept is not None and time.monotonic() < kept.until:
            return kept.answer
        task = self._under_way.get(name)
        if task is None:
            task = asyncio.create_task(self._ask_anew(name))
            self._under_way[name] = task
            task.add_done_callback(lambda _: self._under_way.pop(name, None))
        return await asyncio.shield(task)

    def forget(self) -> None:
        """Ask anew for every name, with the old answers in reserve."""
        for kept in self._kept.values():
            kept.until = 0.0

    async def _ask_anew(self, name: str) -> Answer[T]:
        answer = await self._ask(name)
        before = self._kept.get(name)
        if answer.outcome.is_trouble:
            if before is not None and before.answer.outcome is LookupOutcome.ANSWERED:
                return replace(before.answer, stale=True)
            return answer
        self._kept.pop(name, None)
        while len(self._kept) >= self._most_names:
            del self._kept[next(iter(self._kept))]
        life_s = min(answer.lasts_s, _LONGEST_LIFE_S)
        self._kept[name] = _Kept(answer, time.monotonic() + life_s)
        return answer
