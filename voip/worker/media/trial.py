"""Test of the microphone: what it hears is recorded, and played back."""

from __future__ import annotations

import time
from collections.abc import Callable

import pjsua2 as pj

from voip.causes import Cause, CauseKind
from voip.protocol.sound import TrialStage
from voip.protocol.worker.sound import MicrophoneReport
from voip.worker.errors import Refused
from voip.worker.media.bridge import Player, cut
from voip.worker.media.devices.sound import Sound
from voip.worker.media.levels import amplitude
from voip.worker.media.recordings import Recording

_REPORT_EVERY_S = 0.1


class MicrophoneTrial:
    """Test of the microphone; `send` gets reports, `bury` a player that was used."""

    def __init__(
        self,
        sound: Sound,
        send: Callable[[MicrophoneReport], None],
        bury: Callable[[list[pj.AudioMedia]], None],
    ) -> None:
        self._sound = sound
        self._send = send
        self._bury = bury
        self._path = ""
        self._ends = 0.0
        self._next_report = 0.0
        self._recording: Recording | None = None
        self._player: Player | None = None

    def __bool__(self) -> bool:
        return self._recording is not None or self._player is not None

    def begin(self, path: str, seconds: float) -> None:
        """Record the microphone to a file for some seconds, then play that.

        Raises:
            Refused: there is no microphone.
            pj.Error: the file cannot be written.
        """
        self.end()
        microphone = self._sound.microphone()
        if self._sound.silent:
            raise Refused(f"there is no microphone to test: {self._sound.text}")
        self._recording = Recording(path)
        self._path = path
        self._ends = time.monotonic() + seconds
        microphone.startTransmit(self._recording.near)

    def listen(self) -> None:
        """End the recording and play it, or end the playing."""
        if self._recording is not None:
            self._recording.end()
        elif self._player is not None:
            self._finish(None)

    def end(self) -> None:
        """Leave microphone and speaker to others."""
        if self:
            self._finish(None)

    def close(self) -> None:
        """Free all ports, before the library ends."""
        self._recording = self._player = None

    def follow(self) -> None:
        """Do each turn's work."""
        if not self:
            return
        now = time.monotonic()
        if self._recording is not None:
            self._follow_recording(self._recording, now)
        elif self._player is not None and self._player.over:
            self._finish(None)
        if self and now >= self._next_report:
            self._next_report = now + _REPORT_EVERY_S
            self._report()

    def _follow_recording(self, recording: Recording, now: float) -> None:
        failure = recording.failure()
        if failure is not None:
            self._finish(failure)
        elif now >= self._ends and not recording.has_ended:
            recording.end()
        elif recording.is_complete:
            self._play()

    def _play(self) -> None:
        self._recording = None
        player = Player()
        try:
            player.createPlayer(self._path, pj.PJMEDIA_FILE_NO_LOOP)
        except pj.Error:
            self._finish(Cause(CauseKind.RECORDING_EMPTY))
            return
        self._player = player
        player.startTransmit(self._sound.speaker())

    def _finish(self, cause: Cause | None) -> None:
        if self._player is not None:
            cut(self._player, self._sound.playback_port())
            self._bury([self._player])
        if self._recording is not None:
            cut(self._sound.capture_port(), self._recording.near)
        self._recording = self._player = None
        self._send(MicrophoneReport(stage=TrialStage.DONE, cause=cause))

    def _report(self) -> None:
        # pjsua2's Rx is what the bridge sends to a port, its Tx what comes from it.
        if self._player is None:
            level = amplitude(self._sound.capture_port().getTxLevel())
            self._send(MicrophoneReport(stage=TrialStage.LISTENING, level=level))
        else:
            level = amplitude(self._sound.playback_port().getRxLevel())
            self._send(MicrophoneReport(stage=TrialStage.PLAYING, level=level))
