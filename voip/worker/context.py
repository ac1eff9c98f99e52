"""Context that all parts of one worker share."""

from __future__ import annotations

import pjsua2 as pj

from voip.protocol.settings import Audio, Network
from voip.protocol.worker.base import WorkerReport
from voip.protocol.worker.process import NameAsked
from voip.sip.network import locating
from voip.worker.media.devices.sound import Sound
from voip.worker.outbox import Outbox
from voip.worker.tls.connections import Connections
from voip.worker.tones.tones import Tones

MOST_CALLS = 64
"""Calls of a worker at once; PJSIP answers further ones with 486."""


class Context:
    """Events, connections, sound, and objects that wait to be freed.

    `sound` and `tones` exist from `open_sound` on, before any call.
    """

    def __init__(self, outbox: Outbox, network: Network) -> None:
        self.outbox = outbox
        self.network = network
        self.connections = Connections()
        self.failure: Exception | None = None
        self._sender: str | None = None
        self._awaited_names: list[tuple[str, str | None]] = []
        self._buried: list[pj.AudioMedia] = []
        self._dying: list[pj.AudioMedia] = []
        self.sound: Sound
        self.tones: Tones

    def open_sound(self, endpoint: pj.Endpoint, audio: Audio, silent: bool) -> None:
        """Choose devices of a started endpoint; none if `silent`."""
        self.sound = Sound(endpoint, audio, silent, self.send)
        self.sound.choose()
        self.tones = Tones(self.sound, audio, self.bury, self.send)

    def send(self, event: WorkerReport) -> None:
        """Report an event at the end of PJSIP's turn."""
        self.outbox.send(event)

    def note_names(self, account: str | None) -> None:
        """Note the names that requests wait for; those of `account` come next.

        PJSIP reports a request to its call before it is sent, and an ACK after. One
        server's name may have another address for another account.
        """
        account_of_names = self._sender or account
        self._awaited_names += [(name, account_of_names) for name in pj.takeLookups()]
        self._sender = account

    def ask_for_names(self) -> None:
        """Have the engine look up the noted names; not for a callback of PJSIP."""
        self.note_names(None)
        names, self._awaited_names = self._awaited_names, []
        for name, account in names:
            if locating.is_name(name) or locating.is_address(name):
                self.send(NameAsked(name=name, account=account))
            else:
                pj.refuseName(name)

    def fail(self, error: Exception) -> None:
        """End the worker for an unexpected error in a callback."""
        import traceback  # slow to load, and of no use to a start

        traceback.print_exception(error)
        self.failure = self.failure or error

    def bury(self, players: list[pj.AudioMedia]) -> None:
        """Keep players whose file has ended for 1 to 2 s."""
        self._buried += players

    def free_buried(self) -> None:
        """Free players buried 1 to 2 s ago; called once a second."""
        self._dying, self._buried = self._buried, []

    def free_all(self) -> None:
        """Free all buried players and recordings, once no call is left."""
        self.outbox.forget_recordings()
        self._buried.clear()
        self._dying.clear()
