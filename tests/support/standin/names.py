"""Scripted name lookups: every name leads to one address, unless it is lost."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from voip.engine.network.answers import Answer
from voip.protocol.accounts import LookupOutcome
from voip.sip.network.locating import Pointer, Service

_T = TypeVar("_T")

_ADDRESS = "192.0.2.1"  # RFC 5737: documentation


class ScriptedNames:
    """Answers without a network; records of a name can be set."""

    def __init__(self) -> None:
        self.lost: set[str] = set()
        self.pointers_of: dict[str, tuple[Pointer, ...]] = {}
        self.services_of: dict[str, tuple[Service, ...]] = {}
        self.addresses_of: dict[str, tuple[str, ...]] = {}
        self.asked: list[str] = []
        self.silent: asyncio.Event | None = None
        """Where it is set, addresses are not answered before this event."""

    async def pointers(self, name: str) -> Answer[Pointer]:
        return self._answer(name, self.pointers_of.get(name, ()))

    async def services(self, name: str) -> Answer[Service]:
        return self._answer(name, self.services_of.get(name, ()))

    async def addresses(self, name: str) -> Answer[str]:
        if self.silent is not None:
            await self.silent.wait()
        if name in self.lost:
            return Answer(LookupOutcome.NO_NAME)
        return self._answer(name, self.addresses_of.get(name, (_ADDRESS,)))

    def forget(self) -> None:
        self.asked.clear()

    async def hop_addresses(self, name: str) -> Answer[str]:
        return await self.addresses(name)

    def _answer(self, name: str, records: tuple[_T, ...]) -> Answer[_T]:
        self.asked.append(name)
        return Answer(LookupOutcome.ANSWERED if records else LookupOutcome.NO_RECORD, records)
