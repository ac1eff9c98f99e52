"""Early media of a call that rings: whether its network lets anything be heard."""

from __future__ import annotations

import time
from collections.abc import Callable

_SOUND = 0.003
"""Of full scale; G.711's silence is below it."""

_PAUSE_S = 5.0
"""Longer than the pause of any ringback tone (ITU-T E.180 supplement 2)."""


class EarlyMedia:
    """Sound before the answer; packets that carry silence are none.

    RFC 3960 section 3.2 asks for local ringing while no early media comes.
    Gateways send silent packets before the far end rings: with those alone
    nobody would hear that it does. `clock` counts seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last_sound: float | None = None

    def heard(self) -> bool:
        """The network's own sound came, and has not stopped."""
        return self._last_sound is not None and self._clock() - self._last_sound < _PAUSE_S

    def see(self, level: float) -> None:
        """Note the level (0.0 to 1.0) of what the far end sends now."""
        if level >= _SOUND:
            self._last_sound = self._clock()
