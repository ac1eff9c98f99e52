"""Choice of sound devices, by their names or by themselves."""

from __future__ import annotations

from typing import NamedTuple

from voip.model import SoundDevice

SERVER = "PulseAudio"
"""Driver of a sound server's devices, which PipeWire serves too: see `voip/native/pulse`."""

_PREFERRED = ("pulse", "pipewire", "default")
"""Names by which ALSA reaches a sound server."""

_DEFAULT = "Default ("
_PORT = " \N{EN DASH} "

_Indexed = list[tuple[int, SoundDevice]]
"""Devices by PJSIP's indices."""


class Choice(NamedTuple):
    """Devices by PJSIP's indices; `problem` says why they are not the wished ones."""

    capture: int | None
    playback: int | None
    problem: str | None


def identity(name: str) -> str:
    """Name without what changes of its own accord: the default device, and a port."""
    return _DEFAULT if name.startswith(_DEFAULT) else name.rpartition(_PORT)[0] or name


def choose_pair(
    devices: tuple[SoundDevice, ...],
    wished_input: str | None,
    wished_output: str | None,
    pulse: bool,
) -> Choice:
    """Choose a microphone and a speaker, by name or by themselves.

    Those that nobody wished for are the sound server's default ones. Without a server
    they are ALSA's, by which `pulse` tells that a server is reached. PJSIP opens two
    devices of one driver alone.
    """
    inputs = [(i, d) for i, d in enumerate(devices) if d.inputs]
    outputs = [(i, d) for i, d in enumerate(devices) if d.outputs]
    capture = named(inputs, wished_input)
    playback = named(outputs, wished_output)
    problem = _problem(wished_input, capture) or _problem(wished_output, playback)
    drivers = {devices[index].driver for index in (capture, playback) if index is not None}
    if len(drivers) > 1:
        problem = f"{wished_input} and {wished_output} cannot be used together"
        capture = playback = None
        drivers = set()
    driver = next(iter(drivers), None)
    return Choice(
        automatic(inputs, driver, pulse) if capture is None else capture,
        automatic(outputs, driver, pulse) if playback is None else playback,
        problem,
    )


def automatic(devices: _Indexed, driver: str | None, pulse: bool) -> int | None:
    """Index of the device to use where none was chosen, None if there is none.

    It is one of `driver` if that is given. Without a server's own devices ALSA's
    device of a server is chosen if `pulse`, or else a real card's default: the first
    name in ALSA's list records nothing.
    """
    usable = [(i, d) for i, d in devices if driver is None or d.driver == driver]
    servers = [i for i, d in usable if d.driver == SERVER]
    if servers:
        return servers[0]  # the default, which comes first
    if pulse:
        for name in _PREFERRED:
            index = next((i for i, d in usable if d.name == name), None)
            if index is not None:
                return index
    if any("hw:" in d.name for _, d in usable):
        return next((i for i, d in usable if d.name == "default"), None)
    # CoreAudio lists its default device first.
    others = [i for i, d in usable if d.driver not in ("ALSA", "null")]
    return next(iter(others), None)


def named(devices: _Indexed, name: str | None) -> int | None:
    """Index of the device called `name`, None if there is none.

    The name matches exactly, but for its port, or in part. ALSA's names of a server are
    those of the server's default device.
    """
    if not name:
        return None
    defaults = [i for i, d in devices if d.driver == SERVER and d.name.startswith(_DEFAULT)]
    if defaults and (name in _PREFERRED or name.startswith(_DEFAULT)):
        return defaults[0]
    others = [(i, d) for i, d in devices if i not in defaults]
    exact = [i for i, d in others if d.name == name]
    without_port = [
        i for i, d in others if d.driver == SERVER and identity(d.name) == identity(name)
    ]
    partial = [i for i, d in others if name.lower() in d.name.lower()]
    return next(iter(exact + without_port + partial), None)


def _problem(wished: str | None, found: int | None) -> str | None:
    return f"no sound device is called {wished}" if wished and found is None else None
