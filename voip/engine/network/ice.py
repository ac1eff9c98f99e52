"""Search for the servers that an account's ICE needs, and choice of their addresses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeAlias

import msgspec

from voip.causes import Cause, CauseKind
from voip.engine.network.locator import Located, Locator
from voip.protocol.account_fields import WrittenAccount
from voip.protocol.worker.accounts import Target

ASKED_AGAIN_S = 30.0
"""Shortest time between two questions to a server for an account."""

MOST_ADDRESSES = 4

NO_ANSWER = frozenset({CauseKind.STUN_SILENT, CauseKind.RELAY_SILENT, CauseKind.RELAY_UNVERIFIED})
"""Causes for which another address may do better."""

Ask: TypeAlias = "Callable[[Target], Awaitable[Cause | None]]"
"""Asker of one server; it returns why a call cannot use it."""


class IceTargets(msgspec.Struct, frozen=True):
    """Addresses of an account's STUN server and relay, and the causes for none.

    `stun_name` and `relay_name` are the hosts as the user wrote them; TLS has to prove
    the relay's.
    """

    stuns: tuple[Target, ...] = ()
    stun_name: str = ""
    relays: tuple[Target, ...] = ()
    relay_name: str = ""
    missing: tuple[Cause, ...] = ()


def asks_stun(account: WrittenAccount) -> bool:
    """Report if an account asks its STUN server."""
    # It would tell the public address, which a hidden account keeps.
    return account.stun_server is not None and not account.hide_identity


async def find(account: WrittenAccount, target: Target, locator: Locator) -> IceTargets:
    """Find servers of the family of `target`, as the voice is."""
    missing: list[Cause] = []
    stuns: tuple[Target, ...] = ()
    relays: tuple[Target, ...] = ()
    stun_name = relay_name = ""
    if account.stun_server is not None and asks_stun(account):
        located = await locator.locate_stun(account.stun_server)
        stuns, stun_name = _of_family(located.targets, target), located.server_name
        if not stuns:
            missing.append(_cause(CauseKind.STUN_NOT_FOUND, located))
    if account.turn_server is not None:
        located = await locator.locate_relay(account.turn_server, account.turn_transport)
        relays, relay_name = _of_family(located.targets, target), located.server_name
        if not relays:
            missing.append(_cause(CauseKind.RELAY_NOT_FOUND, located))
    return IceTargets(stuns, stun_name, relays, relay_name, tuple(missing))


class Choice:
    """Choice of an address, of one kind of server, that answers; `clock` counts seconds.

    A server is asked only where it has several, and seldom: an answer holds for
    `ASKED_AGAIN_S`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answers: dict[tuple[str, Target], tuple[float, asyncio.Future[bool]]] = {}

    async def first(
        self, account: str, targets: Sequence[Target], ask: Ask, current: Target | None = None
    ) -> Target:
        """Return the first target that answers.

        If none does, it is the `current` one, or the first of all.
        """
        tried = targets[:MOST_ADDRESSES]
        if len(tried) == 1:
            return tried[0]
        # All at once: silent ones cost their seconds once.
        answers = [self._answer(account, target, ask) for target in tried]
        for target, answer in zip(tried, answers, strict=True):
            # Whoever waits may give up; the question is asked all the same.
            if await asyncio.shield(answer):
                return target
        # Without a network none answers: it is no reason to leave one that did.
        return current if current is not None and current in tried else tried[0]

    def failed(self, account: str, target: Target) -> None:
        """Note that a call could not use a target."""
        answer = asyncio.get_running_loop().create_future()
        answer.set_result(False)
        self._answers[account, target] = (self._clock(), answer)

    def _answer(self, account: str, target: Target, ask: Ask) -> asyncio.Future[bool]:
        now = self._clock()
        self._answers = {
            asked: answer
            for asked, answer in self._answers.items()
            if now - answer[0] < ASKED_AGAIN_S
        }
        if (account, target) not in self._answers:
            answer = asyncio.ensure_future(_is_answered(ask(target)))
            self._answers[account, target] = (now, answer)
        return self._answers[account, target][1]


class Choices(NamedTuple):
    """Choices of STUN servers and relays: one that is both may fail as either."""

    stun: Choice
    relay: Choice


async def _is_answered(asking: Awaitable[Cause | None]) -> bool:
    cause = await asking
    return cause is None or cause.kind not in NO_ANSWER


def _of_family(targets: Sequence[Target], other: Target) -> tuple[Target, ...]:
    return tuple(target for target in targets if target.is_ipv6 == other.is_ipv6)


def _cause(kind: CauseKind, located: Located) -> Cause:
    also = () if located.cause is None else (located.cause,)
    return Cause(kind, (located.server_name,), also)
