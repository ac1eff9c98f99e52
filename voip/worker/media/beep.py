"""Beep of a call that was answered by itself."""

from __future__ import annotations

import time
from typing import Protocol

_LENGTH_S = 0.4


class Speaker(Protocol):
    """Speaker that the user hears: `voip.worker.media.devices.sound.Sound`."""

    def beep(self, on: bool) -> None:
        """Play two short notes, or disconnect them."""


class Media(Protocol):
    """Sound of the call: `voip.worker.media.bridge.CallMedia`."""

    @property
    def active(self) -> bool: ...

    def give_voice(self, on: bool) -> None: ...


class Beep:
    """Beep on the speaker before the microphone opens: nobody is heard unawares."""

    def __init__(self, media: Media, speaker: Speaker) -> None:
        self._media = media
        self._speaker = speaker
        self._is_due = False
        self._began: float | None = None

    @property
    def is_due(self) -> bool:
        """True until the beep is over."""
        return self._is_due

    def begin(self) -> None:
        """Beep as soon as there is sound, and open the microphone then."""
        self._is_due = True

    def end(self) -> None:
        """Leave the microphone to others."""
        if self._began is not None:
            self._speaker.beep(False)
        self._is_due, self._began = False, None

    def follow(self) -> None:
        """Do each turn's work."""
        if not self._is_due or not self._media.active:
            return
        if self._began is None:
            self._began = time.monotonic()
            self._speaker.beep(True)
        elif time.monotonic() - self._began >= _LENGTH_S:
            self.end()
            self._media.give_voice(True)
