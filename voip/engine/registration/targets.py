"""Targets of an account: the one in use, and the rest of those that failed.

Pure: times are seconds of any clock that runs forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voip.protocol.worker.accounts import Target
from voip.sip.network import translation


@dataclass
class _Rest:
    failures: int
    until: float
    returns: float


class Targets:
    """Targets in order; each that fails rests on its own.

    It rests `until` a time while no target works, and until it `returns` while
    another does.
    """

    def __init__(self) -> None:
        self._ordered: tuple[Target, ...] = ()
        self._rests: dict[Target, _Rest] = {}
        self.current: Target | None = None

    def __len__(self) -> int:
        return len(self._ordered)

    def replace(self, ordered: tuple[Target, ...], now: float) -> None:
        """Use a new list; a target that is still in it stays in use."""
        self._ordered = ordered
        self._rests = {t: rest for t, rest in self._rests.items() if t in ordered}
        if self.current not in ordered:
            self.current = None
            self.advance(now)

    def lead_to(self, host: str) -> bool:
        """Report if one of them is this address, or leads to it through a translator."""
        return any(_leads_to(target, host) for target in self._ordered)

    def failures(self, target: Target | None) -> int:
        """Number of failures in a row of a target."""
        rest = self._rests.get(target) if target else None
        return rest.failures if rest else 0

    def rest(self, target: Target, until: float, returns: float) -> None:
        """Let a target, which has failed once more, rest until then."""
        self._rests[target] = _Rest(self.failures(target) + 1, until, returns)

    def forget_failures(self) -> None:
        """Let every target be tried at once."""
        self._rests.clear()

    def works(self) -> None:
        """Note that the current target has answered."""
        if self.current is not None:
            self._rests.pop(self.current, None)

    def advance(self, now: float, tried: Sequence[Target] = ()) -> bool:
        """Go to the first untried target that does not rest; report if there is one.

        Without one, the target whose rest ends first is the current one.
        """
        for target in self._ordered:
            if target not in tried and self._rests_until(target) <= now:
                self.current = target
                return True
        self.current = min(self._ordered, key=self._rests_until, default=None)
        return False

    def has_other(self, now: float, tried: Sequence[Target] = ()) -> bool:
        """Report if an untried target beside the current one does not rest."""
        others = (t for t in self._ordered if t != self.current and t not in tried)
        return any(self._rests_until(target) <= now for target in others)

    def wait_s(self, now: float) -> float:
        """Seconds until the current target is rested."""
        return max(0.0, self._rests_until(self.current) - now) if self.current else 0.0

    def better(self) -> tuple[Target, float] | None:
        """Failed target before the current one that returns first, and when."""
        if self.current not in self._ordered:
            return None
        # Equal ones change places with each lookup: an account would never settle.
        before = [t for t in self._ordered[: self._ordered.index(self.current)] if t in self._rests]
        best = min(before, key=lambda target: self._rests[target].returns, default=None)
        return None if best is None else (best, self._rests[best].returns)

    def use(self, target: Target) -> None:
        """Go to one target of the list."""
        self.current = target

    def _rests_until(self, target: Target) -> float:
        rest = self._rests.get(target)
        return rest.until if rest else 0.0


def _leads_to(target: Target, host: str) -> bool:
    if target.address == host:
        return True
    if target.translator is None or not translation.is_ipv4(host):
        return False
    return translation.translated(host, target.translator) == target.address
