"""Recordings of calls as WAV files: the near side left, the far side right."""

from __future__ import annotations

import pjsua2 as pj

from voip.causes import Cause, CauseKind
from voip.worker.media.devices.sound import tone

_MOST_BYTES = 0xFFFF_FFFF
"""Most bytes of a WAV file, whose header counts them in 32 bits."""

_BEEP_HZ, _BEEP_MS, _BEEP_EVERY_MS = 1400, 200, 15_000
"""Tone that tells of a recording (47 CFR 64.501)."""

_BEEP_VOLUME = 2500


class Recording:
    """Recording of one call, which is complete a moment after its end.

    What is sent to the far end goes to `near`, what the far end sends to `far`. A time
    in which nothing is connected to either is left out of the file.

    Raises:
        pj.Error: the file cannot be written.
    """

    def __init__(self, path: str) -> None:
        self._recorder = pj.CallRecorder(path, _MOST_BYTES)
        self._beep: pj.ToneGenerator | None = None
        self.has_ended = False
        # Both are parts of the recorder, and gone with it.
        self.near = self._recorder.nearSide()
        self.far = self._recorder.farSide()

    @property
    def is_complete(self) -> bool:
        """True if nothing more is written to the file."""
        return bool(self._recorder.state().isComplete)

    def beep(self) -> pj.ToneGenerator:
        """Port that beeps while it is connected, at once and every 15 seconds."""
        if self._beep is None:
            self._beep = pj.ToneGenerator()
            self._beep.createToneGenerator()
            pause_ms = _BEEP_EVERY_MS - _BEEP_MS
            tones = pj.ToneDescVector()
            tones.push_back(tone(_BEEP_HZ, 0, _BEEP_MS, pause_ms, _BEEP_VOLUME))
            self._beep.play(tones, True)
        return self._beep

    @property
    def beeper(self) -> pj.ToneGenerator | None:
        """Port of `beep`, None if it has never beeped."""
        return self._beep

    def end(self) -> None:
        """Record no more; the file is completed by its own thread."""
        self.has_ended = True
        self._recorder.end()

    def failure(self) -> Cause | None:
        """Cause, once, for which the recording has ended by itself."""
        if self.has_ended:
            return None
        state = self._recorder.state()
        if not state.isFull and state.status == pj.PJ_SUCCESS:
            return None
        self.has_ended = True
        if state.isFull:
            return Cause(CauseKind.RECORDING_FULL)
        words = pj.Endpoint.instance().utilStrError(state.status)
        return Cause(CauseKind.RECORDING_FAILED, (words,))
