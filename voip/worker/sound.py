"""Sound devices and the phone's own tones."""

from __future__ import annotations

import sys
from pathlib import Path

import pjsua2 as pj

from voip.model import CallState, SoundDevice
from voip.protocol.worker import AudioSettings
from voip.worker import pulse

_PREFERRED = ("pulse", "pipewire", "default")
_CHIME_VOLUME = 1200  # of 32767: heard, and no disturbance of a recording


class Sound:
    """The device in use; `text` says which, or why there is none."""

    def __init__(self, endpoint: pj.Endpoint, settings: AudioSettings) -> None:
        self._manager = endpoint.audDevManager()
        self._settings = settings
        self.devices: tuple[SoundDevice, ...] = ()
        self.text = ""
        self.ok = False
        self.silent = True
        self._chime: pj.ToneGenerator | None = None

    def choose(self) -> None:
        """Select devices, or the null device where there is none."""
        self.devices = tuple(
            SoundDevice(name=d.name, driver=d.driver, inputs=d.inputCount, outputs=d.outputCount)
            for d in self._manager.enumDev2()
        )
        if self._settings.null:
            self._use_null("sound is switched off", ok=True)
            return
        wanted = (self._settings.input, self._settings.output)
        found = [self._find(name) for name in wanted]
        absent = [name for name in wanted if name and pick(self.devices, name, False) is None]
        missing = f"no sound device is called {absent[0]}: " if absent else ""
        capture, playback = found
        if capture is None or playback is None:
            self._use_null(f"{missing or 'there is no sound device: '}calls are silent", ok=False)
            return
        self._manager.setCaptureDev(capture)
        self._manager.setPlaybackDev(playback)
        self.silent = False
        self.ok = not missing
        names = f"{self.devices[capture].name} / {self.devices[playback].name}"
        self.text = f"{missing}using {names}" if missing else names

    def microphone(self) -> pj.AudioMedia:
        return self._manager.getCaptureDevMedia()

    def speaker(self) -> pj.AudioMedia:
        return self._manager.getPlaybackDevMedia()

    def chime(self, audio: pj.AudioMedia) -> None:
        """Two short quiet notes: the line is open."""
        if self._chime is None:
            self._chime = pj.ToneGenerator()
            self._chime.createToneGenerator()
        tones = pj.ToneDescVector()
        for frequency in (660, 880):
            tones.push_back(_tone(frequency, 0, 90, 10, _CHIME_VOLUME))
        self._chime.startTransmit(audio)
        if not self._chime.isBusy():
            self._chime.play(tones, False)

    def close(self) -> None:
        self._chime = None

    def _find(self, wanted: str | None) -> int | None:
        named = None if wanted is None else pick(self.devices, wanted, False)
        return pick(self.devices, None, pulse.reachable()) if named is None else named

    def _use_null(self, text: str, ok: bool) -> None:
        self._manager.setNullDev()
        self.silent = True
        self.text = text
        self.ok = ok


class Tones:
    """Ringback while the far end rings, ringing while we do.

    One generator is made once: those that come and go are a way to crash.
    """

    def __init__(self, sound: Sound, enabled: bool) -> None:
        self._sound = sound
        self._enabled = enabled and not sound.silent
        self._generator: pj.ToneGenerator | None = None
        self._states: dict[int, CallState] = {}
        self._playing: CallState | None = None

    def follow(self, call: int, state: CallState, has_media: bool) -> None:
        """Play what the calls' states ask for; early media needs no tone."""
        if state is CallState.ENDED:
            self._states.pop(call, None)
        else:
            self._states[call] = state
        wanted = self._wanted()
        if wanted is CallState.RINGING and has_media:
            wanted = None
        if self._enabled and wanted is not self._playing:
            self._play(wanted)

    def close(self) -> None:
        self._generator = None

    def _wanted(self) -> CallState | None:
        states = self._states.values()
        if any(state.answered for state in states):
            return None
        for state in (CallState.INCOMING, CallState.RINGING):
            if state in states:
                return state
        return None

    def _play(self, wanted: CallState | None) -> None:
        if self._generator is None:
            self._generator = pj.ToneGenerator()
            self._generator.createToneGenerator()
            self._generator.startTransmit(self._sound.speaker())
        self._generator.stop()
        self._playing = wanted
        tones = pj.ToneDescVector()
        if wanted is CallState.RINGING:
            # ITU-T E.180: the ringback of North America.
            tones.push_back(_tone(440, 480, 2000, 4000, 6000))
        elif wanted is CallState.INCOMING:
            for pause in (200, 2200):
                tones.push_back(_tone(440, 480, 400, pause, 12000))
        if wanted is not None:
            self._generator.play(tones, True)


def pick(devices: tuple[SoundDevice, ...], wanted: str | None, pulse: bool) -> int | None:
    """The index of the device to use for `wanted`, None where there is none.

    A wanted name matches exactly or by a part of it. Without one, PulseAudio's
    device is chosen where a server answers, and a real card's default
    otherwise: the first name in ALSA's list records nothing.
    """
    usable = [(i, d) for i, d in enumerate(devices) if d.inputs or d.outputs]
    if wanted is not None:
        exact = [i for i, d in usable if d.name == wanted]
        partial = [i for i, d in usable if wanted.lower() in d.name.lower()]
        return next(iter(exact + partial), None)
    if pulse:
        for name in _PREFERRED:
            found = next((i for i, d in usable if d.name == name), None)
            if found is not None:
                return found
    if any("hw:" in d.name for _, d in usable):
        return next((i for i, d in usable if d.name == "default"), None)
    # CoreAudio lists its default device first.
    others = [i for i, d in usable if d.driver not in ("ALSA", "null")]
    return next(iter(others), None)


def may_have_sound() -> bool:
    """Whether this machine could have a sound device at all."""
    return sys.platform != "linux" or pulse.reachable() or Path("/dev/snd").exists()


def _tone(frequency: int, second: int, on_ms: int, off_ms: int, volume: int) -> pj.ToneDesc:
    tone = pj.ToneDesc()
    tone.freq1 = frequency
    tone.freq2 = second
    tone.on_msec = on_ms
    tone.off_msec = off_ms
    tone.volume = volume
    return tone
