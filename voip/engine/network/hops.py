"""Addresses of next hops that messages of a call name.

A Contact or a Record-Route may hold a name, which no worker looks up, or an
address of another family than the account's connection. The name or address of
an account's own server leads to its target in use, so that its connection stays
the only one; another account of that domain may have another.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from voip.background import Background
from voip.engine.network import translators
from voip.engine.network.resolver import Names
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.protocol.worker.accounts import Target
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import AnswerName, NameAsked
from voip.sip.network import locating, translation


class Hops:
    """Answers workers; `find_target` knows the targets of accounts' servers."""

    def __init__(
        self,
        workers: dict[Role, Supervisor],
        names: Names,
        find_target: Callable[[Role, str, str | None], Target | None],
    ) -> None:
        self._workers = workers
        self._names = names
        self._find_target = find_target
        self._background = Background()

    def on_event(self, role: Role, event: NameAsked) -> None:
        self._background.begin(self._answer(role, event.name, event.account))

    def close(self) -> None:
        self._background.cancel()

    async def _answer(self, role: Role, name: str, account: str | None) -> None:
        target = self._find_target(role, locating.as_reported(name.lower()), account)
        if target is not None:
            answer = AnswerName(name=name, addresses=(target.address,), port=target.port)
        else:
            answer = AnswerName(name=name, addresses=await self._find(name.lower()))
        with contextlib.suppress(WorkerGone, WorkerRefused):
            await self._workers[role].ask(answer)

    async def _find(self, name: str) -> tuple[str, ...]:
        if not locating.is_address(name):
            return (await self._names.hop_addresses(name)).records
        if ":" in name:
            return ()
        # The worker asks for it by IPv6 alone.
        prefix = await translators.find_prefix(self._names)
        address = None if prefix is None else translation.translated(name, prefix)
        return () if address is None else (address,)
