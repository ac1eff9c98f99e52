"""What is connected to a call in the sound bridge: microphone, files, echo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pjsua2 as pj

from voip.worker.levels import amplitude

if TYPE_CHECKING:
    from voip.worker.call import Call
    from voip.worker.sound import Sound


def is_complete(recording: Path) -> bool:
    """Whether a WAV file's header knows how long the file is.

    PJMEDIA writes that last, on a thread of its own, after a call has ended.
    """
    try:
        with recording.open("rb") as file:
            head = file.read(8)
    except OSError:
        return True  # somebody took it away: there is nothing to wait for
    return head[4:8] not in (b"", b"\0\0\0\0")


class _Player(pj.AudioMediaPlayer):
    """Plays a file once; `over` is set at its end."""

    over = False

    def onEof2(self) -> None:
        # On a thread of PJMEDIA's: nothing but this may be done here.
        self.over = True


class CallMedia:
    """The bridge connections of one call.

    Players outlive the file and the call by a moment: PJSIP may still be
    running their end-of-file work on a thread of its own.
    """

    def __init__(self, call: Call, sound: Sound) -> None:
        self._call = call
        self._sound = sound
        self._audio: pj.AudioMedia | None = None
        self._player: _Player | None = None
        self._recorder: pj.AudioMediaRecorder | None = None
        self._play_path: str | None = None
        self._record_path: str | None = None
        self._old: list[pj.AudioMedia] = []
        self._echoes = False
        self.muted = False
        self.active = False

    def echo(self) -> None:
        """Send back what the far end sends, in place of the microphone."""
        self._echoes = True

    def connect(self, info: pj.CallInfo) -> None:
        """Wire up the call's audio after it changed."""
        self._audio = None
        self.active = False
        for media in info.media:
            if media.type != pj.PJMEDIA_TYPE_AUDIO:
                continue
            if media.status in (
                pj.PJSUA_CALL_MEDIA_LOCAL_HOLD,
                pj.PJSUA_CALL_MEDIA_REMOTE_HOLD,
            ):
                self.active = True
            if media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                self.active = True
                self._audio = self._call.getAudioMedia(media.index)
                break
        if self._audio is None:
            return
        if self._echoes:
            self._audio.startTransmit(self._audio)
            self._sound.chime(self._audio)
            return
        self._audio.startTransmit(self._sound.speaker())
        self._connect_source()
        self._connect_recorder()

    def mute(self, on: bool) -> None:
        self.muted = on
        if self._audio is not None and self._play_path is None:
            self._connect_source()

    def play(self, path: str | None) -> None:
        """Play a WAV file in place of the microphone; None gives it back.

        Raises:
            pj.Error: the file cannot be played.
        """
        player = None
        if path is not None:
            player = _Player()
            player.createPlayer(path, pj.PJMEDIA_FILE_NO_LOOP)
        self._retire(self._player)
        self._player, self._play_path = player, path
        if self._audio is not None:
            self._connect_source()

    def has_played(self) -> bool:
        """Whether the file that is played has come to its end; true once."""
        if self._player is None or not self._player.over:
            return False
        self._player.over = False
        return True

    def record(self, path: str | None) -> None:
        """Write what the far end sends to a WAV file; None ends the file.

        Raises:
            pj.Error: the file cannot be written.
        """
        recorder = None
        if path is not None:
            recorder = pj.AudioMediaRecorder()
            recorder.createRecorder(path)
        # Dropping the recorder writes the file's header.
        self._recorder, self._record_path = recorder, path
        if self._audio is not None:
            self._connect_recorder()

    def levels(self) -> tuple[float, float] | None:
        """Received and sent level, 0.0 to 1.0; None while there is no audio."""
        if self._audio is None:
            return None
        # pjsua2 says Rx for what the bridge sends to a port: here, to the far end.
        return amplitude(self._audio.getTxLevel()), amplitude(self._audio.getRxLevel())

    def close(self) -> Path | None:
        """Let go of everything; the file that is being completed, if there is one."""
        path, self._record_path = self._record_path, None
        self._audio = None
        self.active = False
        if self._player is not None:
            self._old.append(self._player)
        self._player = self._recorder = None
        self._call.worker.bury(self._old)
        self._old = []
        return Path(path) if path else None

    def _connect_source(self) -> None:
        if self._audio is None:
            return
        microphone = self._sound.microphone()
        if self._player is not None:
            microphone.stopTransmit(self._audio)
            self._player.startTransmit(self._audio)
        elif self.muted:
            microphone.stopTransmit(self._audio)
        else:
            microphone.startTransmit(self._audio)

    def _connect_recorder(self) -> None:
        if self._audio is not None and self._recorder is not None:
            self._audio.startTransmit(self._recorder)

    def _retire(self, player: _Player | None) -> None:
        if player is None:
            return
        if self._audio is not None:
            player.stopTransmit(self._audio)
        self._old.append(player)
