"""Things that all parts of one worker share, handed down by its loop."""

from __future__ import annotations

import traceback

import pjsua2 as pj

from voip.protocol.settings import Audio
from voip.protocol.worker.base import WorkerReport
from voip.worker.media.sound import Sound, Tones
from voip.worker.outbox import Outbox
from voip.worker.tls.connections import Connections


class Context:
    """Events, connections, sound, and objects that wait to be freed.

    `sound` and `tones` are there from `open_sound` on; no call comes earlier.
    """

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.connections = Connections()
        self.failure: Exception | None = None
        self._buried: list[pj.AudioMedia] = []
        self._dying: list[pj.AudioMedia] = []
        self.sound: Sound
        self.tones: Tones

    def open_sound(self, endpoint: pj.Endpoint, audio: Audio, silent: bool) -> None:
        """Choose devices of an endpoint that has started; none if `silent`."""
        self.sound = Sound(endpoint, audio, silent, self.send)
        self.sound.choose()
        self.tones = Tones(self.sound, audio.ring)

    def send(self, event: WorkerReport) -> None:
        """Report an event, at the end of PJSIP's turn if it is one's."""
        self.outbox.send(event)

    def fail(self, error: Exception) -> None:
        """End the worker for what a callback did not expect, rather than go on."""
        traceback.print_exception(error)
        self.failure = self.failure or error

    def bury(self, players: list[pj.AudioMedia]) -> None:
        """Keep players of a call that has ended for a second or two more."""
        self._buried += players

    def free_buried(self) -> None:
        """Free players that were buried a second ago; called once a second."""
        self._dying, self._buried = self._buried, []

    def free_all(self) -> None:
        """Free what waits, now that no call is left."""
        self._buried.clear()
        self._dying.clear()
