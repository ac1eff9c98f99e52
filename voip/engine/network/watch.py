"""Watch over this machine's way to each server: a changed address, a lost route, a sleep.

It asks the kernel alone; nothing is sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from voip import routing
from voip.protocol.worker.accounts import Target

_LOOK_S = 1.0
_SLEPT_S = 10.0
"""Lateness of a look that only a sleep of the machine or the engine explains."""

_ANYWHERE = (Target("192.0.2.1", 9), Target("2001:db8::1", 9))
"""Addresses of nobody (RFC 5737, RFC 3849), which default routes lead to."""


class Way(NamedTuple):
    """An account's target, and this machine's address when it was chosen."""

    target: Target
    here: str | None


class Movers(Protocol):
    """Accounts that follow the network: `voip.engine.registration.moving.Moving`."""

    def ways(self) -> Mapping[str, Way]:
        """Return the ways in use by account."""

    def on_move(self, name: str, here: str) -> None:
        """Register an account from another address, and move its calls."""

    def on_loss(self, name: str) -> None:
        """Leave a target of an account that no route leads to."""

    def on_new_network(self) -> None:
        """Retry accounts whose server had no address; look for other relays."""


class Watch:
    """Watch; `find` gives the address towards a target, `clock` counts a sleep too."""

    def __init__(
        self,
        accounts: Movers,
        forget_names: Callable[[], None],
        find: Callable[[str, int], str | None] = routing.local_address,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._accounts = accounts
        self._forget_names = forget_names
        self._find = find
        self._clock = clock or _time_with_sleep
        self._looked_at = self._clock()
        self._default = self._find_default()

    async def run(self) -> None:
        """Look once a second."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_S)

    def look(self) -> None:
        """Compare each account's way with that of the last look."""
        slept = self._has_slept()
        default = self._find_default()
        if slept or default != self._default:
            self._default = default
            # Another network has other name servers, and other answers.
            self._forget_names()
            self._accounts.on_new_network()
        for name, way in self._accounts.ways().items():
            here = self._find(way.target.address, way.target.port)
            if here != way.here or slept:
                if here is None:
                    self._accounts.on_loss(name)
                else:
                    self._accounts.on_move(name, here)

    def _has_slept(self) -> bool:
        now = self._clock()
        late, self._looked_at = now - self._looked_at, now
        return late > _LOOK_S + _SLEPT_S

    def _find_default(self) -> tuple[str | None, ...]:
        return tuple(self._find(target.address, target.port) for target in _ANYWHERE)


def _time_with_sleep() -> float:
    # Linux's CLOCK_MONOTONIC stands still in a suspended machine, that of macOS
    # goes on.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
