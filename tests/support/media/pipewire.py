"""PipeWire as the tests' sound daemon, with its session manager and its own bus."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np

from tests.support.desktop.players import SessionBus
from tests.support.media.pulse import RATE, Pulse, is_listening, lonely, null_sink

_NO_HARDWARE = {
    "main.lua.d": "alsa_monitor.enabled = false\n"
    "v4l2_monitor.enabled = false\nlibcamera_monitor.enabled = false\n",
    "bluetooth.lua.d": "bluez_monitor.enabled = false\n",
}


class PipeWire(Pulse):
    """A PipeWire daemon that serves PulseAudio's clients, with the same sinks."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._bus: SessionBus | None = None

    async def stop(self) -> None:
        await super().stop()
        if self._bus is not None:
            await self._bus.stop()

    async def plug_in_a_tone(self, source: str, hertz: int) -> None:
        # It has no source of a tone, and PulseAudio's pipe is read without a clock.
        pipe, raw = self.home / source, self.home / f"{source}.raw"
        tone = 8000 * np.sin(2 * np.pi * hertz * np.arange(60 * RATE) / RATE)
        raw.write_bytes(tone.astype("<i2").tobytes())
        await self.ask(
            "load-module", "module-pipe-source", f"source_name={source}", f"file={pipe}",
            "format=s16le", f"rate={RATE}", "channels=1",
            f"source_properties=device.description={source}",
        )  # fmt: skip
        self._standing.append(
            await asyncio.create_subprocess_exec(
                "dd", f"if={raw}", f"of={pipe}", "bs=1920", stderr=asyncio.subprocess.DEVNULL
            )
        )

    async def _launch(self) -> None:
        if self._bus is None:
            self._bus = SessionBus(self._folder)
            await self._bus.start()
            for name, text in _NO_HARDWARE.items():
                place = self._folder / ".config" / "wireplumber" / name
                place.mkdir(parents=True)
                (place / "51-no-hardware.lua").write_text(text)
        surroundings = {
            **lonely(self._folder),
            "DBUS_SESSION_BUS_ADDRESS": self._bus.address,
        }
        for name, is_ready in (
            ("pipewire", self._is_up),
            ("pipewire-pulse", self._is_listening),
            ("wireplumber", self._has_defaults),
        ):
            await self._begin(name, is_ready=is_ready, environment=surroundings)

    async def _is_up(self) -> bool:
        return await is_listening(self._folder / "pipewire-0")

    async def _has_defaults(self) -> bool:
        """True once the session manager has chosen a default of each direction."""
        for sink in ("speaker", "mic"):
            if f"sink_name={sink} " not in await self.ask("list", "short", "modules"):
                await self.ask("load-module", "module-null-sink", *null_sink(sink))
        return "@" not in await self.ask("get-default-sink")
