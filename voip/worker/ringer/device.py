"""Device that rings: a speaker without its microphone."""

from __future__ import annotations

from collections.abc import Callable

import pjsua2 as pj

from voip.model import SoundDevice
from voip.protocol.worker.sound import SoundEvent
from voip.worker.errors import Refused
from voip.worker.media.devices.choice import named, offered
from voip.worker.media.devices.sound import listed

_SPEAKER = "it rings on the speaker"


class RingDevice:
    """Device called `name`, open only while it rings; `text` names it.

    If it is not there or fails, `text` says so and `ok` is False. `announce` gets every
    change. PJSIP opens a device for both directions where it is not told otherwise:
    from the start on it is told to open a speaker alone.
    """

    def __init__(
        self, endpoint: pj.Endpoint, name: str, announce: Callable[[SoundEvent], None]
    ) -> None:
        self._manager = endpoint.audDevManager()
        self.name = name
        self._announce = announce
        self._manager.setPlaybackDev(pj.PJSUA_SND_DEFAULT_PLAYBACK_DEV)
        self._manager.setSndDevMode(
            pj.PJSUA_SND_DEV_SPEAKER_ONLY | pj.PJSUA_SND_DEV_NO_IMMEDIATE_OPEN
        )
        # Without a device no connection in the bridge opens one by itself.
        self._manager.setNoDev()
        self._devices = listed(self._manager)
        self.text = ""
        self.ok = False
        self._look()

    @property
    def devices(self) -> tuple[SoundDevice, ...]:
        """Devices that can be chosen."""
        return offered(self._devices)

    def use(self, name: str) -> None:
        """Ring on another device from the next time on."""
        self.name = name
        self.look_up()

    def look_up(self) -> None:
        """Refresh the list of devices."""
        self._refresh()
        self._announce_state()

    def open(self) -> pj.AudioMedia:
        """Open the device, and return its port in the bridge.

        Raises:
            Refused: it is not there, or cannot be opened.
        """
        index = self._find()
        if index is None:
            # It may have come back since.
            index = self._refresh()
        if index is not None:
            try:
                self._manager.setPlaybackDev(index)
                self._manager.setSndDevMode(pj.PJSUA_SND_DEV_SPEAKER_ONLY)
                self._say(self._devices[index].shown.name, ok=True)
            except pj.Error as error:
                self._manager.setNoDev()
                why = f"the sound device {self.name} cannot be opened ({error.reason})"
                self._say(f"{why}: {_SPEAKER}", ok=False)
        self._announce_state()
        if not self.ok:
            raise Refused(self.text)
        return self._manager.getPlaybackDevMedia()

    def close(self) -> None:
        self._manager.setNoDev()

    def fail(self) -> None:
        """Close the device after its failure."""
        self.close()
        self._say(f"the sound device {self.name} has stopped working: {_SPEAKER}", ok=False)
        self._announce_state()

    def _find(self) -> int | None:
        outputs = [
            (i, d) for i, d in enumerate(self._devices) if d.shown.outputs and not d.is_missing
        ]
        return named(outputs, self.name)

    def _refresh(self) -> int | None:
        self._manager.refreshDevs()
        self._devices = listed(self._manager)
        return self._look()

    def _look(self) -> int | None:
        index = self._find()
        if index is None:
            self._say(f"no sound device is called {self.name}: {_SPEAKER}", ok=False)
        else:
            self._say(self._devices[index].shown.name, ok=True)
        return index

    def _say(self, text: str, ok: bool) -> None:
        self.text, self.ok = text, ok

    def _announce_state(self) -> None:
        self._announce(SoundEvent(devices=self.devices, sound=self.text, sound_ok=self.ok))
