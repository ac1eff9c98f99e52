"""Sound of an incoming call."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pjsua2 as pj

from voip.worker.media.devices.sound import tone

_VOLUME = 12000


class Ring:
    """Ringing by a file of the user's, or by two notes.

    One generator and one player serve all calls: those that come and go can crash
    PJSIP. `bury` keeps a player for a moment after its file was exchanged.
    """

    def __init__(self, bury: Callable[[list[pj.AudioMedia]], None]) -> None:
        self._bury = bury
        self._path: str | None = None
        self._player: pj.AudioMediaPlayer | None = None
        self._notes: pj.ToneGenerator | None = None
        self._source: pj.AudioMedia | None = None
        self._sink: pj.AudioMedia | None = None

    def use(self, path: str | None) -> None:
        """Ring by the file at `path` from now on, also when it rings; None for notes."""
        if path == self._path:
            return
        sink = self._sink
        self.stop()
        if self._player is not None:
            self._bury([self._player])
        self._path, self._player = path, None
        if sink is not None:
            self.start(sink)

    def start(self, sink: pj.AudioMedia) -> None:
        """Ring from the sound's start, again and again."""
        self._sink = sink
        self._source = self._rewound_player() or self._playing_notes()
        self._source.startTransmit(sink)

    def stop(self) -> None:
        if self._source is not None and self._sink is not None:
            # Even a silent connection would keep the device open.
            self._source.stopTransmit(self._sink)
        self._source = self._sink = None

    def close(self) -> None:
        self._player = self._notes = self._source = self._sink = None

    def _rewound_player(self) -> pj.AudioMediaPlayer | None:
        if self._path is None:
            return None
        try:
            if self._player is None:
                player = pj.AudioMediaPlayer()
                player.createPlayer(self._path)
                self._player = player
            self._player.setPos(0)
        except pj.Error as error:
            # The phone must not stay silent for a file that is gone.
            print(f"worker: the ring sound cannot be played: {error.reason}", file=sys.stderr)
            return None
        return self._player

    def _playing_notes(self) -> pj.ToneGenerator:
        if self._notes is None:
            self._notes = pj.ToneGenerator()
            self._notes.createToneGenerator()
        tones = pj.ToneDescVector()
        for pause in (200, 2200):
            tones.push_back(tone(440, 480, 400, pause, _VOLUME))
        self._notes.stop()
        self._notes.play(tones, True)
        return self._notes
