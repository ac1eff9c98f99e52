"""Settings of config.toml, with their words and possible values."""

from __future__ import annotations

import typing
from typing import Literal, NamedTuple

from voip.protocol.settings import Audio, Screen, Settings

Value = str | int | bool | None

_TABLES: dict[str, type[Audio | Screen]] = {"audio": Audio, "screen": Screen}


class Setting(NamedTuple):
    """A setting; `key` is its table and key in the file, `unit` a number's."""

    key: str
    name: str
    meaning: str
    unit: str = ""

    @property
    def choices(self) -> tuple[Value, ...]:
        """Values to choose from; none if it is typed or chosen elsewhere."""
        kind = self._kind
        if kind is bool:
            return (True, False)
        return typing.get_args(kind) if typing.get_origin(kind) is Literal else ()

    @property
    def is_typed(self) -> bool:
        """True if the user types its value, a number."""
        return self._kind is int

    @property
    def default(self) -> Value:
        return self.value_in(Settings())

    def value_in(self, settings: Settings) -> Value:
        table, key = self.key.split(".")
        value: Value = getattr(getattr(settings, table), key)
        return value

    @property
    def _kind(self) -> object:
        table, key = self.key.split(".")
        return typing.get_type_hints(_TABLES[table])[key]


SOUND = (
    Setting("audio.input", "Microphone", "The device that records your voice."),
    Setting("audio.output", "Speaker", "The device that plays the far end's voice."),
    Setting("audio.ring", "Ringing", "A sound when somebody calls, and while it rings over there."),
    Setting("audio.echo_cancel", "Echo cancelling",
            "Keeps what the speaker plays out of the microphone; not needed with a headset."),
    Setting("audio.jitter_ms", "Jitter buffer",
            "How long voice waits at first for packets that are late: more is smoother, and later.",
            "ms"),
    Setting("audio.capture_latency_ms", "Microphone delay",
            "Delay of the microphone's device: raise it if your voice is choppy.", "ms"),
    Setting("audio.playback_latency_ms", "Speaker delay",
            "Delay of the speaker's device: raise it if theirs is choppy.", "ms"),
    Setting("audio.clock_rate", "Sampling rate",
            "Sampling rate: less needs less of the processor, and sounds duller.",
            "Hz"),
    Setting("audio.frame_ms", "Frame", "Length of one piece of sound.", "ms"),
)  # fmt: skip

SCREEN = (
    Setting("screen.theme", "Theme", "The colours of the screen."),
    Setting("screen.glyphs", "Symbols",
            "Symbols for arrows and meters; auto uses those that the terminal can show."),
    Setting("screen.lock", "Lock",
            "How the sign of a lock is drawn; auto uses pictures where the terminal is known to "
            "draw them well."),
    Setting("screen.bell", "Bell", "The terminal's bell when somebody calls."),
    Setting("screen.title", "Window title", "The terminal's title says who calls."),
    Setting("screen.notify", "Notification",
            "A notification of the desktop when somebody calls, by way of the terminal; auto takes "
            "the way that the terminal knows."),
    Setting("screen.meters", "Meters", "Sound levels of the calls: off sends less over the line."),
)  # fmt: skip

SETTINGS = (*SOUND, *SCREEN)


def words(setting: Setting, value: Value) -> str:
    """A value as the user reads it."""
    if value is None:
        return "automatic"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value} {setting.unit}" if setting.unit else str(value)
