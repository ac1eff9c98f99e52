"""Who hears whom in a conference: pure state."""

from __future__ import annotations

from typing import Final, NamedTuple, Self

MOST_PARTIES: Final = 8


class Mix(NamedTuple):
    """Parties of a conference by their calls, in the order in which they came.

    The user is `here`, or has left it to the others. With `aside` the user and that
    party talk alone, while the others go on. Nobody hears those that are `silenced`,
    but the user does aside.
    """

    parties: tuple[int, ...]
    here: bool = True
    aside: int | None = None
    silenced: frozenset[int] = frozenset()

    def joined_by(self, calls: tuple[int, ...]) -> Self:
        """Add calls; the user is in it with all of them."""
        new = tuple(call for call in dict.fromkeys(calls) if call not in self.parties)
        return self._replace(parties=self.parties + new, here=True, aside=None)

    def left(self) -> Self:
        """Take the user out; the others go on."""
        return self._replace(here=False, aside=None)

    def aside_with(self, call: int) -> Self:
        """Have the user talk with one party alone."""
        return self._replace(here=True, aside=call)

    def with_silenced(self, call: int, on: bool) -> Self:
        """Silence a party, or let the others hear it again."""
        others = self.silenced - {call}
        return self._replace(silenced=others | {call} if on else others)

    def without(self, call: int) -> Self:
        """Take a party out.

        A talk aside ends with its party, but the others must not hear what the user
        says next: the user comes back by a deed of their own.
        """
        left = self._replace(
            parties=tuple(party for party in self.parties if party != call),
            silenced=self.silenced - {call},
        )
        return left.left() if self.aside == call else left

    def speaks_to(self, call: int) -> bool:
        """True if this party hears the user."""
        return self.here and self.aside in (None, call)

    def listens_to(self, call: int) -> bool:
        """True if the user hears this party."""
        return self.speaks_to(call) and (self.aside == call or call not in self.silenced)

    def heard_by(self, call: int) -> tuple[int, ...]:
        """Parties that this party hears."""
        if call == self.aside:
            return ()
        apart = {call, self.aside}
        return tuple(p for p in self.parties if p not in apart and p not in self.silenced)
