"""Sound devices in use, and signs that the phone plays."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pjsua2 as pj

from voip.model import SoundDevice
from voip.protocol.settings import Audio
from voip.protocol.worker.sound import SoundEvent
from voip.worker.media.devices import pulse
from voip.worker.media.devices.choice import Device, choose_pair, offered

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 30.0
"""Pauses between tries to open a device again, which may be audible."""

_CHIME_VOLUME = 1200  # of 32767: audible, and too quiet to disturb a recording

_BEEP_VOLUME = 8000


class _Pair(NamedTuple):
    """Capture and playback device, and their indices, which a look-up changes."""

    capture: int
    playback: int
    devices: tuple[Device, Device]

    def __str__(self) -> str:
        microphone, speaker = self.devices
        if microphone.is_missing:
            return f"no microphone / {speaker.shown.name}"
        if speaker.is_missing:
            return f"{microphone.shown.name} / no speaker"
        return f"{microphone.shown.name} / {speaker.shown.name}"

    @property
    def lack(self) -> str:
        """Device that the sound server does not have, and what follows from it."""
        microphone, speaker = self.devices
        if microphone.is_missing:
            return "there is no microphone, so nobody hears you"
        return "there is no speaker, so you hear nobody" if speaker.is_missing else ""

    def is_same(self, other: _Pair | None) -> bool:
        """True if both are the same devices, whatever is the default one now."""
        return other is not None and (
            [device.identity for device in self.devices]
            == [device.identity for device in other.devices]
        )


class Sound:
    """Sound devices in use; `text` names them or says why there are none.

    With `silent` none is used. `announce` gets every change after `choose`.
    """

    def __init__(
        self,
        endpoint: pj.Endpoint,
        settings: Audio,
        silent: bool,
        announce: Callable[[SoundEvent], None],
    ) -> None:
        self._manager = endpoint.audDevManager()
        self._settings = settings
        self._switched_off = silent
        self._announce = announce
        self._in_use: _Pair | None = None
        self._broken = False
        self._announced: SoundEvent | None = None
        self._next_try = 0.0
        self._pause_s = _FIRST_PAUSE_S
        self._changes = 0
        self._devices: tuple[Device, ...] = ()
        self.text = ""
        self.ok = False
        self._chime: pj.ToneGenerator | None = None

    @property
    def silent(self) -> bool:
        return self._in_use is None

    @property
    def devices(self) -> tuple[SoundDevice, ...]:
        """Devices that can be chosen."""
        return offered(self._devices)

    @property
    def recording_beep(self) -> bool:
        """True if far ends are to hear that they are recorded."""
        return self._settings.recording_beep

    @property
    def underruns(self) -> int:
        """Number of times that the speaker has run out of sound."""
        underruns: int = pj.soundServerState().underruns
        return underruns

    def choose(self) -> None:
        """Select devices, or the null device if there are none."""
        self._changes = pj.soundServerState().changes
        self._devices = listed(self._manager)
        self._select(open_now=False)

    def use(self, settings: Audio, open_now: bool) -> None:
        """Use other devices; `open_now` opens them at once, for a call."""
        self._settings = settings
        self._select(open_now)
        self._announce_state()

    def look_up(self, open_now: bool, always_tell: bool = True) -> None:
        """Refresh the list of devices, and select again from it."""
        if self._refresh():
            self._select_again(open_now)
        if always_tell:
            self._announce_state()
        else:
            self._announce_changes()

    def _refresh(self) -> bool:
        """Refresh PJSIP's list; False if there is a server that does not answer.

        ALSA would wait for it, and the whole phone with ALSA.
        """
        if not self._switched_off and pj.soundServerState().isAvailable and pulse.answers():
            pj.lookUpSoundServer()
            if all(device.node is None for device in listed(self._manager)):
                return False
        self._manager.refreshDevs()
        return True

    def _select_again(self, open_now: bool) -> None:
        found = listed(self._manager)
        if self._manager.sndIsActive():
            # An exclusive device looks absent while we use it.
            ours = self._in_use.devices if self._in_use else ()
            before = {device.identity: device for device in ours if device.node is None}
            found = tuple(before.get(device.identity, device) for device in found)
        self._devices = found
        self._select(open_now)

    def failed(self) -> None:
        """Continue on the null device after a failure of the device in use."""
        if self._in_use is None:
            return  # the other direction of the same device, a moment later
        self._broken = True
        self._use_null(
            f"the sound device {self._in_use} has stopped working, so calls are "
            "silent: it is used again as soon as it works; or choose a device in the settings",
            ok=False,
        )
        self._announce_state()

    def recover(self, open_now: bool) -> None:
        """Follow the sound server, and open a device again once it works.

        Called once a second.
        """
        if self._switched_off:
            return
        self._follow(open_now)
        now = time.monotonic()
        if self._in_use is not None and not self._in_use.lack:
            self._pause_s = _FIRST_PAUSE_S
            return
        if now < self._next_try or not (pulse.answers() or self._has_cards()):
            return
        self._next_try = now + self._pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        if self._in_use is None:
            self.look_up(open_now, always_tell=False)
        else:
            # Of a speaker that came PipeWire has once in a while told nothing.
            self._look_at_server(open_now)

    def _follow(self, open_now: bool) -> None:
        """Use what has come to the server, in place of what has gone."""
        changes = pj.soundServerState().changes
        if changes == self._changes:
            return
        self._changes = changes
        self._look_at_server(open_now)

    def _look_at_server(self, open_now: bool) -> None:
        pj.lookUpSoundServer()
        self._select_again(open_now)
        self._announce_changes()

    def microphone(self) -> pj.AudioMedia:
        """Microphone's port in the bridge, with its device open."""
        self._wake()
        return self.capture_port()

    def speaker(self) -> pj.AudioMedia:
        """Speaker's port in the bridge, with its device open."""
        self._wake()
        return self.playback_port()

    def keep_time(self) -> None:
        """Have the null device open in a call without devices, connected or not.

        Without its clock a held call would send nothing that keeps its way open.
        """
        if self._in_use is None and not pj.soundIsOpen():
            self._manager.setNullDev()

    def capture_port(self) -> pj.AudioMedia:
        """Microphone's port in the bridge, its device open or not."""
        return self._manager.getCaptureDevMedia()

    def playback_port(self) -> pj.AudioMedia:
        """Speaker's port in the bridge, its device open or not."""
        return self._manager.getPlaybackDevMedia()

    def chime(self, audio: pj.AudioMedia, volume: int = _CHIME_VOLUME) -> None:
        """Play two short quiet notes, as a sign that the line is open."""
        if self._chime is None:
            self._chime = pj.ToneGenerator()
            self._chime.createToneGenerator()
        tones = pj.ToneDescVector()
        for frequency in (660, 880):
            tones.push_back(tone(frequency, 0, 90, 10, volume))
        self._chime.startTransmit(audio)
        if not self._chime.isBusy():
            self._chime.play(tones, False)

    def beep(self, on: bool) -> None:
        """Play two short notes to the user, or disconnect them."""
        if on:
            self.chime(self.speaker(), _BEEP_VOLUME)
        elif self._chime is not None:
            # Even a silent connection would keep the device open.
            self._chime.stopTransmit(self.playback_port())

    def close(self) -> None:
        self._chime = None

    def _wake(self) -> None:
        """Open the devices before a port is connected to them.

        PJSIP would open them too, but end the call on failure.
        """
        if self._broken:
            self.look_up(open_now=True)
        elif self._in_use is not None and not self._manager.sndIsActive():
            self._open(self._in_use)

    def _select(self, open_now: bool) -> None:
        if self._switched_off:
            self._use_null("sound is switched off", ok=True)
            return
        choice = choose_pair(
            self._devices, self._settings.input, self._settings.output, pulse.reachable()
        )
        capture, playback = choice.capture, choice.playback
        if capture is None or playback is None:
            why = choice.problem or "there is no sound device"
            self._use_null(f"{why}: calls are silent", ok=False)
            return
        pair = _Pair(capture, playback, (self._devices[capture], self._devices[playback]))
        problem = ", and ".join(filter(None, (choice.problem, pair.lack)))
        self.ok = not problem
        self.text = f"{problem}: using {pair}" if problem else str(pair)
        self._use_devices(pair, open_now)

    def _use_devices(self, pair: _Pair, open_now: bool) -> None:
        before, was_broken = self._in_use, self._broken
        self._in_use = pair
        self._broken = False
        if not was_broken and before is not None and self._manager.sndIsActive():
            # The server itself follows the default; a look-up changes the indices alone.
            if pair.is_same(before) or pj.moveSound(pair.capture, pair.playback):
                return
        elif pair == before and not was_broken:
            return
        if open_now:
            # Without the null device calls would stall while this one opens.
            self._manager.setNullDev()
            self._open(pair)
            return
        # With a device open, each of these two calls would open the other
        # direction's old device again.
        self._manager.setNoDev()
        self._manager.setCaptureDev(pair.capture)
        self._manager.setPlaybackDev(pair.playback)

    def _open(self, pair: _Pair) -> None:
        try:
            pj.openSoundDevices(pair.capture, pair.playback)
        except pj.Error as error:
            self._broken = True
            self._use_null(
                f"the sound device {pair} cannot be opened, so calls are silent "
                f"({error.reason}): choose another device in the settings",
                ok=False,
            )
            self._announce_changes()

    def _use_null(self, text: str, ok: bool) -> None:
        self._manager.setNullDev()
        # Its clock would wake the phone a hundred times a second without a call.
        pj.restSound()
        self._in_use = None
        self.text = text
        self.ok = ok

    def _has_cards(self) -> bool:
        return any("hw:" in device.shown.name for device in self._devices)

    def _event(self) -> SoundEvent:
        return SoundEvent(devices=self.devices, sound=self.text, sound_ok=self.ok)

    def _announce_changes(self) -> None:
        if self._event() != self._announced:
            self._announce_state()

    def _announce_state(self) -> None:
        self._announced = self._event()
        self._announce(self._announced)


def listed(manager: pj.AudDevManager) -> tuple[Device, ...]:
    """Return the sound devices in the order of PJSIP's indices."""
    return tuple(_device(index, info) for index, info in enumerate(manager.enumDev2()))


def _device(index: int, info: pj.AudioDevInfo) -> Device:
    shown = SoundDevice(info.name, info.driver, info.inputCount, info.outputCount)
    server = pj.soundServerDevice(index)
    if not server.isServers:
        return Device(shown)
    return Device(shown, "" if server.isDefault else server.node, server.stem, server.isMissing)


def may_have_sound() -> bool:
    """True if this machine could have a sound device at all."""
    return sys.platform != "linux" or pulse.reachable() or Path("/dev/snd").exists()


def tone(frequency: int, second: int, on_ms: int, off_ms: int, volume: int) -> pj.ToneDesc:
    tone = pj.ToneDesc()
    tone.freq1 = frequency
    tone.freq2 = second
    tone.on_msec = on_ms
    tone.off_msec = off_ms
    tone.volume = volume
    return tone
