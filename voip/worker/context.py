"""Context that all parts of one worker share."""

from __future__ import annotations

import traceback

import pjsua2 as pj

from voip.protocol.settings import Audio, Network
from voip.protocol.worker.base import WorkerReport
from voip.worker.media.sound import Sound, Tones
from voip.worker.outbox import Outbox
from voip.worker.tls.connections import Connections


class Context:
    """Events, connections, sound, and objects that wait to be freed.

    `sound` and `tones` exist from `open_sound` on, before any call.
    """

    def __init__(self, outbox: Outbox, network: Network) -> None:
        self.outbox = outbox
        self.network = network
        self.connections = Connections()
        self.failure: Exception | None = None
        self._buried: list[pj.AudioMedia] = []
        self._dying: list[pj.AudioMedia] = []
        self.sound: Sound
        self.tones: Tones

    def open_sound(self, endpoint: pj.Endpoint, audio: Audio, silent: bool) -> None:
        """Choose devices of a started endpoint; none if `silent`."""
        self.sound = Sound(endpoint, audio, silent, self.send)
        self.sound.choose()
        self.tones = Tones(self.sound, audio.ring)

    def send(self, event: WorkerReport) -> None:
        """Report an event at the end of PJSIP's turn."""
        self.outbox.send(event)

    def fail(self, error: Exception) -> None:
        """End the worker for an unexpected error in a callback."""
        traceback.print_exception(error)
        self.failure = self.failure or error

    def bury(self, players: list[pj.AudioMedia]) -> None:
        """Keep players of an ended call for 1 to 2 s."""
        self._buried += players

    def free_buried(self) -> None:
        """Free players buried 1 to 2 s ago; called once a second."""
        self._dying, self._buried = self._buried, []

    def free_all(self) -> None:
        """Free all buried players, once no call is left."""
        self._buried.clear()
        self._dying.clear()
