"""Early media of a ringing call: sound or silence of its network."""

from __future__ import annotations

import time
from collections.abc import Callable

_SOUND = 0.003
"""Least level of sound, of full scale; G.711's silence is below it."""

_PAUSE_S = 5.0
"""Longest pause within sound: over that of any ringback tone (ITU-T E.180
supplement 2)."""


class EarlyMedia:
    """Sound before the answer; silent packets do not count.

    RFC 3960 section 3.2 asks for local ringback without early media. Gateways
    send silent packets before the far end rings, and these would mute the
    ringback. `clock` counts seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last_sound: float | None = None

    def heard(self) -> bool:
        """True while the network's own sound goes on."""
        return self._last_sound is not None and self._clock() - self._last_sound < _PAUSE_S

    def see(self, level: float) -> None:
        """Note the level of received audio, 0.0 to 1.0."""
        if level >= _SOUND:
            self._last_sound = self._clock()
