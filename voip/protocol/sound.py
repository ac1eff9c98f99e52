"""Messages about sound devices and levels."""

from __future__ import annotations

import msgspec

from voip.model import SoundDevice
from voip.protocol.base import Command, Event


class GetDevices(Command, frozen=True, tag="devices"):
    """Look up the sound devices again."""


class LevelsEvent(Event, frozen=True, tag="levels"):
    """Mean amplitudes of a call, linear: 0.0 silence to 1.0 full scale."""

    call: str
    rx: float
    tx: float


class Devices(msgspec.Struct, frozen=True):
    """Sound devices; `in_use` names those in use, or says why none is.

    `rings_on` names a device of its own for ringing, or says why it is not used; None
    without such a wish.
    """

    devices: tuple[SoundDevice, ...]
    in_use: str
    rings_on: str | None = None


AnySoundCommand = GetDevices

AnySoundEvent = LevelsEvent
