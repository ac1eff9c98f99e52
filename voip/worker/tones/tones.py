"""Tones of the phone that tell the user the states of calls."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

import pjsua2 as pj

from voip.model import CallState
from voip.protocol.settings import Audio
from voip.protocol.worker.sound import RingingEvent
from voip.worker.media.devices.sound import Sound, tone
from voip.worker.tones.ring import Ring


class Tone(Enum):
    """Tones of the phone (ITU-T E.180, as in North America)."""

    RINGBACK = auto()
    RING = auto()
    WAITING = auto()


class Tones:
    """Ringback of outgoing calls, ringing of incoming ones, and of a second one.

    One generator serves all calls: those that come and go can crash PJSIP. With a
    device for ringing, `report` gets the begin and end of it, and `ring_here` brings it
    to the speaker.
    """

    def __init__(
        self,
        sound: Sound,
        audio: Audio,
        bury: Callable[[list[pj.AudioMedia]], None],
        report: Callable[[RingingEvent], None],
    ) -> None:
        self._sound = sound
        self._ring = Ring(bury)
        self._report = report
        self._enabled = False
        self._device: str | None = None
        self._rings_here = False
        self._rings_elsewhere = False
        self._generator: pj.ToneGenerator | None = None
        self._states: dict[int, CallState] = {}
        self._ringing: set[int] = set()
        self._waiting: set[int] = set()
        self._playing: Tone | None = None
        self.use(audio)

    def use(self, audio: Audio) -> None:
        """Use other settings, also for calls that ring now."""
        self._enabled = audio.ring
        if audio.ring_device != self._device:
            self._device, self._rings_here = audio.ring_device, False
        self._ring.use(audio.ring_sound)
        self._update()

    def ring_here(self) -> None:
        """Ring on the speaker for now, as the device for it is not there."""
        self._rings_here = True
        self._update()

    def follow(
        self, call: int, state: CallState, ringback: bool = False, waiting: bool = False
    ) -> None:
        """Play the tone for the states of all calls.

        `ringback`: the far end rings without audible early media. `waiting`: the user
        had another call when this one came, here or in another worker.
        """
        if state is CallState.ENDED:
            self._states.pop(call, None)
        else:
            self._states[call] = state
        self._ringing.discard(call)
        self._waiting.discard(call)
        if ringback and state is CallState.RINGING:
            self._ringing.add(call)
        if waiting and state is CallState.INCOMING:
            self._waiting.add(call)
        self._update()

    def close(self) -> None:
        self._ring.close()
        self._generator = None

    def _update(self) -> None:
        tone = self._due() if self._enabled else None
        if tone is not Tone.RING:
            self._rings_here = False
        elsewhere = tone is Tone.RING and bool(self._device) and not self._rings_here
        if elsewhere or self._sound.silent:
            tone = None
        if tone is not self._playing:
            self._play(tone)
        if elsewhere is not self._rings_elsewhere:
            self._rings_elsewhere = elsewhere
            self._report(RingingEvent(on=elsewhere))

    def _due(self) -> Tone | None:
        comes = {call for call, state in self._states.items() if state is CallState.INCOMING}
        answered = any(state.answered for state in self._states.values())
        if comes:
            return Tone.WAITING if answered or comes <= self._waiting else Tone.RING
        return Tone.RINGBACK if self._ringing and not answered else None

    def _play(self, sounding: Tone | None) -> None:
        self._playing = sounding
        self._ring.stop()
        if self._generator is not None:
            # Even a silent connection would keep the device open.
            self._generator.stop()
            self._generator.stopTransmit(self._sound.playback_port())
        if sounding is None:
            return
        speaker = self._sound.speaker()
        if sounding is Tone.RING:
            self._ring.start(speaker)
            return
        if self._generator is None:
            self._generator = pj.ToneGenerator()
            self._generator.createToneGenerator()
        tones = pj.ToneDescVector()
        if sounding is Tone.RINGBACK:
            # ITU-T E.180: the ringback of North America.
            tones.push_back(tone(440, 480, 2000, 4000, 6000))
        else:
            tones.push_back(tone(440, 0, 300, 9700, 4000))
        self._generator.startTransmit(speaker)
        self._generator.play(tones, True)
