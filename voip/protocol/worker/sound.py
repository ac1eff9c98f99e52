"""Messages about a worker's sound devices and levels."""

from __future__ import annotations

from voip.causes import Cause
from voip.model import SoundDevice
from voip.protocol.settings import Audio
from voip.protocol.sound import TrialStage
from voip.protocol.worker.base import WorkerCommand, WorkerReport


class UseAudio(WorkerCommand, frozen=True, tag="use_audio"):
    """Use the devices and the ring of `audio`, also in current calls.

    The other settings need a new worker. `SoundEvent` reports the result, before
    `Done`.
    """

    audio: Audio


class LookUpDevices(WorkerCommand, frozen=True, tag="look_up_devices"):
    """Look up the sound devices again; `SoundEvent` comes before `Done`."""


class PlayRing(WorkerCommand, frozen=True, tag="play_ring"):
    """Start or stop to ring, in a worker that does nothing else.

    `Done` reports that the device is open; a `SoundEvent` that is not `sound_ok`, that
    it has failed.
    """

    on: bool


class RingHere(WorkerCommand, frozen=True, tag="ring_here"):
    """Ring on the speaker until no call rings: the device for ringing is not there."""


class RecordMicrophone(WorkerCommand, frozen=True, tag="record_microphone"):
    """Record the microphone to a file for some seconds, then play that on the speaker.

    `MicrophoneReport` says how it goes.
    """

    path: str
    seconds: float


class EndMicrophone(WorkerCommand, frozen=True, tag="end_microphone"):
    """End the recording of a test and play it back; `at_once` end the test."""

    at_once: bool = False


class MicrophoneReport(WorkerReport, frozen=True, tag="microphone"):
    """Reports a test of the microphone ten times a second, and its end, once.

    `level` is the mean amplitude of a frame that is recorded, or played, linear.
    """

    stage: TrialStage
    level: float = 0.0
    cause: Cause | None = None


class WatchLevels(WorkerCommand, frozen=True, tag="levels"):
    """Send `Levels` of active calls every `interval_ms`; 0 stops."""

    interval_ms: int


class LevelsReport(WorkerReport, frozen=True, tag="levels"):
    """Mean amplitude of a frame, linear: 0.0 silence to 1.0 full scale."""

    call: int
    rx: float
    tx: float


class SoundEvent(WorkerReport, frozen=True, tag="sound"):
    """Reports the sound devices, and those in use; as in `Ready`."""

    devices: tuple[SoundDevice, ...]
    sound: str
    sound_ok: bool


class RingingEvent(WorkerReport, frozen=True, tag="ringing"):
    """Reports that calls begin or cease to ring, where `Audio.ring_device` is to ring."""

    on: bool


AnySoundCommand = (
    UseAudio | LookUpDevices | PlayRing | RingHere | RecordMicrophone | EndMicrophone | WatchLevels
)

AnySoundEvent = LevelsReport | MicrophoneReport | RingingEvent | SoundEvent
