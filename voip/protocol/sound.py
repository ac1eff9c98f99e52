"""Messages about sound devices and levels."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from voip.model import SoundDevice
from voip.protocol.base import Command, Event


class GetDevices(Command, frozen=True, tag="devices"):
    """Look up the sound devices again."""


class TrialStage(StrEnum):
    """Stage of a test of the microphone."""

    LISTENING = "listening"
    PLAYING = "playing"
    DONE = "done"


class TryMicrophone(Command, frozen=True, tag="try_microphone"):
    """Record the microphone for some seconds, then play that on the speaker.

    `MicrophoneEvent` reports the stages. Only calls on hold may be there, and another one
    that comes ends the test.
    """

    seconds: Annotated[float, Meta(ge=1, le=30)] = 5.0


class HearMicrophone(Command, frozen=True, tag="hear_microphone"):
    """End the recording of a test and play it back, or end the playing back."""


class MicrophoneEvent(Event, frozen=True, tag="microphone"):
    """Reports a stage of a test of the microphone.

    `peak` is the loudest mean amplitude of a frame that was recorded, linear: 0.0
    silence to 1.0 full scale. `problem` says why the test has ended early.
    """

    stage: TrialStage
    peak: float = 0.0
    problem: str | None = None


class MicrophoneLevelEvent(Event, frozen=True, tag="microphone_level"):
    """Mean amplitude in a test of the microphone, linear: 0.0 silence to 1.0 full scale.

    It is that of the microphone, then that of what is played.
    """

    level: float


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


AnySoundCommand = GetDevices | TryMicrophone | HearMicrophone

AnySoundEvent = LevelsEvent | MicrophoneEvent | MicrophoneLevelEvent
