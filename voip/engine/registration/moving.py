"""Accounts that follow this machine into another network, and their calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from voip.causes import Cause, CauseKind
from voip.engine.network.watch import Way
from voip.engine.registration.attempts import Attempts
from voip.engine.registration.live import Live
from voip.engine.registration.registrations import Registrations
from voip.model import RegistrationState

MoveCalls: TypeAlias = "Callable[[str, int | None, bool], None]"
"""Mover of an account's calls to its connection, and to another address if true."""


class Moving:
    """Moves of accounts, each followed by its calls."""

    def __init__(
        self,
        accounts: Registrations,
        attempts: Attempts,
        move_calls: MoveCalls,
    ) -> None:
        self._accounts = accounts
        self._attempts = attempts
        self._move_calls = move_calls

    def ways(self) -> dict[str, Way]:
        """Return the ways in use by account."""
        return {
            live.name: Way(live.aimed, live.here)
            for live in self._accounts
            if live.added and live.aimed is not None
        }

    def on_move(self, name: str, here: str) -> None:
        """Register an account from another address, and move its calls."""
        live = self._accounts.find(name)
        if live is not None:
            # Before the move is made, the next look must not find it again.
            live.here = here
            self._attempts.spawn(self._move(live))

    def on_loss(self, name: str) -> None:
        """Leave a target of an account that no route leads to."""
        live = self._accounts.find(name)
        if live is None:
            return
        live.here = None
        live.moved = True
        if live.account is not None and live.account.register:
            self._attempts.fail(live, Cause(CauseKind.NO_NETWORK))
        self._attempts.spawn(self._find_another(live))

    def on_new_network(self) -> None:
        """Retry accounts whose server had no address, or none with a route.

        STUN servers and relays are looked for again.
        """
        for live in self._accounts:
            self._attempts.look_for_ice(live)
            if not _has_failed(live) or live.stopped is not None:
                continue
            if live.targets.current is None:
                self._attempts.retry(live, 0.0)
            elif live.here is None:
                self._attempts.spawn(self._find_another(live))

    def settle(self, live: Live) -> None:
        """Move the calls of an account whose connection works."""
        moved, live.moved = live.moved, False
        search = live.ice_search
        if search is None or search.done():
            self._move_calls(live.name, live.connection, moved)
        else:
            # Their new media need the relay of this network.
            search.add_done_callback(lambda _: self._move_calls(live.name, live.connection, moved))

    async def _find_another(self, live: Live) -> None:
        """Register by another address that the network has for the server.

        It may have a translator, which leads to an IPv4 address by an IPv6 one.
        """
        registers = live.account is not None and live.account.register
        if registers and not _has_failed(live):
            return  # the attempt that is due looks it up
        lost = live.targets.current
        await self._attempts.look_up_again(live)
        if registers and _has_failed(live) and live.targets.current != lost:
            self._attempts.retry(live, 0.0)

    async def _move(self, live: Live) -> None:
        await self._attempts.move(live)
        if live.account is not None and not live.account.register:
            self.settle(live)


def _has_failed(live: Live) -> bool:
    return live.registration.state is RegistrationState.FAILED
