"""Ports of a call in PJSIP's sound bridge: microphone, files, echo."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

import pjsua2 as pj

from voip.model import Source
from voip.worker.media.devices.sound import Sound, tone
from voip.worker.media.digits import frequencies
from voip.worker.media.levels import amplitude

_TONE_MS = 160
_GAP_MS = 90
"""Milliseconds of a digit's tones and of the silence after them, at least 40 (ITU-T Q.24)."""

_TONE_VOLUME = 12000


class BridgedCall(Protocol):
    """A call as the bridge sees it."""

    number: int

    def getAudioMedia(self, med_idx: int) -> pj.AudioMedia: ...


class _Player(pj.AudioMediaPlayer):
    """Player of a file, once; `over` is set at its end."""

    over = False

    def onEof2(self) -> None:
        # This is PJMEDIA's own thread, on which PJSIP must not be called.
        self.over = True


OnWired = Callable[[bool], None]
"""Listener to changes of a call's connections; True if PJSIP may have cut them all."""


class Wiring(NamedTuple):
    """Connections of a call in the bridge; `tones` are sent in place of the source."""

    source: Source
    tones: bool
    heard: bool
    recorded: bool


class CallMedia:
    """Bridge connections of one call.

    They follow the user at once, without waiting for the far end. A held call is
    cut off both ways, a muted one sends nothing, and the person is heard only in
    the call that has the `voice`.

    `bury` keeps players for a moment after the file and the call: PJSIP may still
    run their end-of-file work on a thread of its own.
    """

    def __init__(
        self,
        call: BridgedCall,
        sound: Sound,
        bury: Callable[[list[pj.AudioMedia]], None],
    ) -> None:
        self._call = call
        self._sound = sound
        self._bury = bury
        self._audio: pj.AudioMedia | None = None
        self._player: _Player | None = None
        self._recorder: pj.AudioMediaRecorder | None = None
        self._record_path: str | None = None
        self._old: list[pj.AudioMedia] = []
        self._echoes = False
        self._wired: Wiring | None = None
        self._tones: pj.ToneGenerator | None = None
        self._sends_tones = False
        self._voice = False
        self._held = False
        self._muted = False
        self._silenced = False
        self._on_wired: OnWired = _nobody
        self.active = False

    def echo(self) -> None:
        """Send back what the far end sends, in place of the microphone."""
        self._echoes = True

    def connect(self, info: pj.CallInfo) -> None:
        """Connect the call's audio again after the session changed."""
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
                # The port is missing where PJMEDIA could not make the stream.
                with contextlib.suppress(pj.Error):
                    self._audio = self._call.getAudioMedia(media.index)
                break
        self.keep_time()
        # PJSIP may have made another stream, which has no connections.
        self._wired = None
        self._wire_or_log()

    def keep_time(self) -> None:
        """Have the bridge's clock run while there is a session; each second again.

        PJSIP closes an unconnected device a second after the call before.
        """
        if self.active:
            self._sound.keep_time()

    def give_voice(self, on: bool) -> None:
        """Connect the person to the call, or cut them off."""
        self._voice = on
        self._wire()

    def silence(self, on: bool) -> None:
        """Keep the far end from the speaker, as a party that nobody hears."""
        self._silenced = on
        self._wire()

    def follow_wiring(self, listener: OnWired | None) -> None:
        """Tell the conference of the call about each change; None ends it."""
        self._on_wired = listener or _nobody

    @property
    def port(self) -> pj.AudioMedia | None:
        """Port of the call in the bridge, None without sound."""
        return self._audio

    @property
    def mixes(self) -> bool:
        """True if other calls may be connected: there is sound, and no hold."""
        return self._audio is not None and not self._held and not self._echoes

    @property
    def plays(self) -> bool:
        """True if a file is in the place of the microphone."""
        return self._player is not None

    def hold(self, on: bool) -> None:
        """Cut the call off from person, files and recording, or reconnect it."""
        self._held = on
        self._wire()

    def mute(self, on: bool) -> None:
        """Send neither the microphone nor a file, which waits."""
        self._muted = on
        self._wire()

    def play(self, path: str | None) -> None:
        """Play a WAV file in place of the microphone; None ends it.

        Raises:
            pj.Error: the file cannot be played.
        """
        player = None
        if path is not None:
            player = _Player()
            player.createPlayer(path, pj.PJMEDIA_FILE_NO_LOOP)
        self._retire(self._player)
        self._player = player
        self._wired = None
        self._wire()

    def play_tone(self, digit: str) -> None:
        """Send a digit's two tones (ITU-T Q.23); the microphone is off until `end_tones`.

        Raises:
            pj.Error: there is no tone generator.
        """
        if self._tones is None:
            self._tones = pj.ToneGenerator()
            self._tones.createToneGenerator()
        tones = pj.ToneDescVector()
        tones.push_back(tone(*frequencies(digit), _TONE_MS, _GAP_MS, _TONE_VOLUME))
        self._sends_tones = True
        self._wire()
        self._tones.play(tones, False)

    def end_tones(self) -> None:
        """Send the microphone or file again."""
        self._sends_tones = False
        self._wire_or_log()

    def has_played(self) -> bool:
        """True, once, if the file has come to its end."""
        if self._player is None or not self._player.over:
            return False
        self._player.over = False
        return True

    def record(self, path: str | None) -> None:
        """Record the far end to a WAV file; None ends the file.

        Raises:
            pj.Error: the file cannot be written.
        """
        recorder = None
        if path is not None:
            recorder = pj.AudioMediaRecorder()
            recorder.createRecorder(path)
        # Dropping the recorder writes the file's header.
        self._recorder, self._record_path = recorder, path
        self._wired = None
        self._wire()

    def received_level(self) -> float:
        """Level of received audio that the person hears, 0.0 to 1.0."""
        levels = self.levels()
        return levels[0] if levels and self._wired and self._wired.heard else 0.0

    def levels(self) -> tuple[float, float] | None:
        """Received and sent level, 0.0 to 1.0; None without audio."""
        if self._audio is None:
            return None
        # pjsua2's Rx is what the bridge sends to a port: here, to the far end.
        try:
            return amplitude(self._audio.getTxLevel()), amplitude(self._audio.getRxLevel())
        except pj.Error:
            return None  # a change of the session has removed the port

    def close(self) -> Path | None:
        """Free all ports; return the recording that is being completed, if any."""
        path, self._record_path = self._record_path, None
        self._audio = None
        self.active = False
        self._old += [port for port in (self._player, self._tones) if port is not None]
        self._player = self._recorder = self._tones = None
        self._bury(self._old)
        self._old = []
        return Path(path) if path else None

    def _wiring(self) -> Wiring:
        source = Source.of(person=self._voice, file=self._player is not None)
        is_cut = self._held or self._muted or self._sends_tones
        return Wiring(
            source=Source.NOBODY if is_cut else source,
            tones=self._sends_tones and not self._held,
            heard=not self._held and not self._silenced and source is not Source.NOBODY,
            recorded=not self._held and self._recorder is not None,
        )

    def _wire_or_log(self) -> None:
        try:
            self._wire(renewed=True)
        except pj.Error as error:
            # Raised in PJSIP's callback, it would end the worker and all calls.
            words = f"worker: call {self._call.number} has no sound: {error.reason}"
            print(words, file=sys.stderr)

    def _wire(self, renewed: bool = False) -> None:
        if self._held:
            # A call on hold must be cut off from the others first, whatever else fails.
            self._on_wired(renewed)
        self._wire_person()
        if not self._held:
            self._on_wired(renewed)

    def _wire_person(self) -> None:
        if self._audio is None:
            return
        if self._echoes:
            self._audio.startTransmit(self._audio)
            self._sound.chime(self._audio)
            return
        wiring = self._wiring()
        if wiring == self._wired:
            return
        # Connecting before cutting would let a second source be heard.
        if wiring.source is not Source.PERSON:
            cut(self._sound.capture_port(), self._audio)
        if wiring.source is not Source.FILE:
            cut(self._player, self._audio)
        if not wiring.tones:
            cut(self._tones, self._audio)
        if not wiring.heard:
            cut(self._audio, self._sound.playback_port())
        if not wiring.recorded:
            cut(self._audio, self._recorder)
        if wiring.source is Source.PERSON:
            self._sound.microphone().startTransmit(self._audio)
        elif wiring.source is Source.FILE and self._player is not None:
            self._player.startTransmit(self._audio)
        if wiring.tones and self._tones is not None:
            self._tones.startTransmit(self._audio)
        if wiring.heard:
            self._audio.startTransmit(self._sound.speaker())
        if wiring.recorded and self._recorder is not None:
            self._audio.startTransmit(self._recorder)
        self._wired = wiring

    def _retire(self, player: _Player | None) -> None:
        if player is None:
            return
        cut(player, self._audio)
        self._old.append(player)


def _nobody(renewed: bool) -> None:
    """Listen to a call that is in no conference."""


def cut(source: pj.AudioMedia | None, sink: pj.AudioMedia | None) -> None:
    """End a connection of the bridge, if there is one."""
    if source is not None and sink is not None:
        # A port that is gone has no connections: PJSIP raises an error for it.
        with contextlib.suppress(pj.Error):
            source.stopTransmit(sink)
