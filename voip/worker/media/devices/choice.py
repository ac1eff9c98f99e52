"""Choice of sound devices, by their names or by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from voip.model import SoundDevice

_PREFERRED = ("pulse", "pipewire", "default")
"""Names by which ALSA reaches a sound server."""


class Device(NamedTuple):
    """Sound device as clients see it, and what its driver knows of it.

    `node` is a sound server's own name, empty for its default device, None for a device
    of another driver: `voip/native/pulse` has those of PipeWire too. `stem` begins each
    name of a server's device, whatever its port. The default one `is_missing` where the
    server has no such device: it is silent.
    """

    shown: SoundDevice
    node: str | None = None
    stem: str = ""
    is_missing: bool = False

    @property
    def is_default(self) -> bool:
        """True for the server's default device, whichever that is."""
        return self.node == ""

    @property
    def identity(self) -> str:
        """Part of the name that stays as it is, where ports and defaults change."""
        if self.node is None:
            return f"{self.shown.driver}: {self.shown.name}"
        return f"missing: {self.stem}" if self.is_missing else f"server: {self.node}"


_Indexed = list[tuple[int, Device]]
"""Devices by PJSIP's indices."""


class Choice(NamedTuple):
    """Devices by PJSIP's indices; `problem` says why they are not the wished ones."""

    capture: int | None
    playback: int | None
    problem: str | None


def offered(devices: Sequence[Device]) -> tuple[SoundDevice, ...]:
    """Return the devices that a user can choose.

    ALSA's names of the sound server are left out while the server has devices of its own:
    they would be its default ones twice.
    """
    has_server = any(device.node is not None for device in devices)
    return tuple(
        device.shown
        for device in devices
        if not device.is_missing
        and not (has_server and device.node is None and device.shown.name in _PREFERRED)
    )


def choose_pair(
    devices: Sequence[Device],
    wished_input: str | None,
    wished_output: str | None,
    pulse: bool,
) -> Choice:
    """Choose a microphone and a speaker, by name or by themselves.

    Those that nobody wished for are the sound server's default ones. Without a server
    they are ALSA's, by which `pulse` tells that a server is reached. PJSIP opens two
    devices of one driver alone.
    """
    inputs = [(i, d) for i, d in enumerate(devices) if d.shown.inputs]
    outputs = [(i, d) for i, d in enumerate(devices) if d.shown.outputs]
    capture = named(inputs, wished_input)
    playback = named(outputs, wished_output)
    problem = _problem(wished_input, capture) or _problem(wished_output, playback)
    drivers = {devices[index].shown.driver for index in (capture, playback) if index is not None}
    if len(drivers) > 1:
        problem = f"{wished_input} and {wished_output} cannot be used together"
        capture = playback = None
        drivers = set()
    driver = next(iter(drivers), None)
    capture = automatic(inputs, driver, pulse) if capture is None else capture
    playback = automatic(outputs, driver, pulse) if playback is None else playback
    if all(index is None or devices[index].is_missing for index in (capture, playback)):
        capture = playback = None
    return Choice(capture, playback, problem)


def automatic(devices: _Indexed, driver: str | None, pulse: bool) -> int | None:
    """Index of the device to use where none was chosen, None if there is none.

    It is one of `driver` if that is given. Without a server's own devices ALSA's
    device of a server is chosen if `pulse`, or else a real card's default: the first
    name in ALSA's list records nothing.
    """
    usable = [(i, d) for i, d in devices if driver is None or d.shown.driver == driver]
    default = next((i for i, d in usable if d.is_default), None)
    if default is not None:
        return default
    if pulse:
        for name in _PREFERRED:
            index = next((i for i, d in usable if d.shown.name == name), None)
            if index is not None:
                return index
    if any("hw:" in d.shown.name for _, d in usable):
        return next((i for i, d in usable if d.shown.name == "default"), None)
    # CoreAudio lists its default device first.
    others = [i for i, d in usable if d.shown.driver not in ("ALSA", "null")]
    return next(iter(others), None)


def named(devices: _Indexed, name: str | None) -> int | None:
    """Index of the device called `name`, None if there is none.

    The name matches exactly, but for its port, or in part. ALSA's names of a server are
    those of the server's default device.
    """
    if not name:
        return None
    default = next(((i, d) for i, d in devices if d.is_default), None)
    if default is not None and (name in _PREFERRED or name.startswith(default[1].stem)):
        return default[0]
    others = [(i, d) for i, d in devices if not d.is_default]
    exact = [i for i, d in others if d.shown.name == name]
    other_port = [i for i, d in others if d.node is not None and name.startswith(d.stem)]
    partial = [i for i, d in others if name.lower() in d.shown.name.lower()]
    return next(iter(exact + other_port + partial), None)


def _problem(wished: str | None, found: int | None) -> str | None:
    return f"no sound device is called {wished}" if wished and found is None else None
