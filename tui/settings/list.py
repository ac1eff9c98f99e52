"""Settings of config.toml, with their words and possible values."""

from __future__ import annotations

import typing
from typing import Literal, NamedTuple

from voip.protocol.settings import Audio, Calls, Contacts, Network, Screen, Settings

Value = str | int | bool | None

_TABLES: dict[str, type[Audio | Calls | Contacts | Network | Screen]] = {
    "audio": Audio,
    "calls": Calls,
    "contacts": Contacts,
    "network": Network,
    "screen": Screen,
}


class Setting(NamedTuple):
    """A setting; `key` is its table and key in the file, `unit` a number's.

    `form` says how a value without a unit is typed, `absent` what holds without one.
    """

    key: str
    name: str
    meaning: str
    unit: str = ""
    form: str = ""
    absent: str = "automatic"

    @property
    def choices(self) -> tuple[Value, ...]:
        """Values to choose from; none if it is typed or chosen elsewhere."""
        kind = self._kind
        if kind is bool:
            return (True, False)
        return typing.get_args(kind) if typing.get_origin(kind) is Literal else ()

    @property
    def is_typed(self) -> bool:
        """True if the user types its value."""
        return bool(self.unit or self.form) and not self.choices

    def read(self, text: str) -> Value:
        """Read a typed value; an empty text is None.

        Raises:
            ValueError: it is not a number, where one is needed.
        """
        if self._kind is not int:
            return text or None
        if not text.isascii() or not text.isdigit():
            raise ValueError(f"“{text}” is not a whole number{self.unit and f' of {self.unit}'}")
        return int(text)

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
    Setting("audio.ring_device", "Ringing device",
            "The device that rings when somebody calls, such as loudspeakers beside a headset.",
            absent="the speaker"),
    Setting("audio.ring_sound", "Ring sound",
            "A sound of your own when somebody calls, again and again.",
            form="a WAV file and its whole path", absent="the phone's own"),
    Setting("audio.recording_beep", "Recording beep",
            "Far ends hear a soft tone every 15 seconds while you record their call."),
    Setting("audio.echo_cancel", "Echo cancelling",
            "Keeps what the speaker plays out of the microphone; not needed with a headset."),
    Setting("audio.noise_suppression", "Noise suppression",
            "Takes a steady noise, as of a fan, out of what the microphone sends; only while "
            "echo cancelling is on."),
    Setting("audio.gain_control", "Gain control",
            "Makes a quiet voice louder for the far end; only while echo cancelling is on."),
    Setting("audio.jitter_ms", "Jitter buffer",
            "How long voice waits at least for packets that are late: more is smoother, and later.",
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

CALLS = (
    Setting("calls.do_not_disturb", "Do not disturb",
            "No call rings: the caller hears that you are not available, and the log has it."),
    Setting("calls.pause_music", "Pause music",
            "Players on this machine pause when a call begins, and go on after the last."),
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

NETWORK = (
    Setting("network.rtp_ports", "Voice ports",
            "Ports for voice, where a firewall lets only some through; from the phone's next "
            "start.", form="first and last, such as 10000-10100"),
    Setting("network.sip_port", "SIP port",
            "Port of accounts over UDP; from the phone's next start.", form="0 for any"),
    Setting("network.dscp", "Priority marks",
            "Marks voice so that routers may let it go first; from the phone's next start."),
)  # fmt: skip

CONTACTS = (
    Setting("contacts.last_digits", "Last digits",
            "A caller whose number ends like that of only one contact is shown as that contact.",
            "digits"),
    Setting("contacts.command", "Contacts command",
            "Finds further people, such as in LDAP or CardDAV: reads what you search, and prints "
            "lines of name, tab, number.", form="a program and its arguments", absent="none"),
)  # fmt: skip

SETTINGS = (*SOUND, *CALLS, *CONTACTS, *NETWORK, *SCREEN)


def words(setting: Setting, value: Value) -> str:
    """A value as the user reads it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None or (setting.form and not value):
        return setting.absent
    return f"{value} {setting.unit}" if setting.unit else str(value)
