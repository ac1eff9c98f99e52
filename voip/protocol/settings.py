"""Settings of the whole phone as config.toml and messages have them.

Keys are named as in the file, a table and a key with a dot between: a change of
`audio.input` is a change of `input` in `[audio]`.
"""

from __future__ import annotations

import re
import shlex
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from voip.protocol.base import Command, Event

_PORTS = re.compile(r"(\d{1,5})-(\d{1,5})", re.ASCII)
_LEAST_PORTS = 10
"""Ports of two calls that use a relay each."""

_Latency = Annotated[int, Meta(ge=10, le=500)]

Glyphs = Literal["auto", "emoji", "unicode", "ascii"]
LockSign = Literal["auto", "pictures", "words"]
Notify = Literal["auto", "off", "osc9", "osc99", "osc777"]


class Audio(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Table [audio]; devices by their name or a part of it.

    Rates in hertz, times in milliseconds. `noise_suppression` and `gain_control` are
    parts of the echo canceller. `ring` is the sound of an incoming call and of ringing
    at the far end; the first is heard on `ring_device` in place of the speaker, and is
    `ring_sound`, the whole path of a WAV file, in place of the phone's own. With
    `recording_beep` far ends hear that they are recorded.
    """

    input: str | None = None
    output: str | None = None
    clock_rate: Literal[8000, 16000, 32000, 48000] = 48000
    frame_ms: Literal[10, 20] = 10
    capture_latency_ms: _Latency = 40
    playback_latency_ms: _Latency = 40
    jitter_ms: Annotated[int, Meta(ge=0, le=500)] = 20
    echo_cancel: bool = True
    noise_suppression: bool = False
    gain_control: bool = False
    ring: bool = True
    ring_device: str | None = None
    ring_sound: str | None = None
    recording_beep: bool = False


class Calls(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Table [calls]: with `do_not_disturb` no call rings.

    With `pause_music` the players of the desktop pause while there is a call.
    """

    do_not_disturb: bool = False
    pause_music: bool = False


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Table [network], which takes effect at the next start.

    `rtp_ports` are those of voice, such as 10000-10100; left out, the system chooses.
    SIP over UDP comes from `sip_port`, 0 for any; over TCP and TLS each connection has
    a port of its own. `dscp` marks packets for routers: voice EF (46), SIP CS3 (24).
    """

    rtp_ports: str | None = None
    sip_port: Annotated[int, Meta(ge=0, le=65535)] = 0
    dscp: bool = False

    def __post_init__(self) -> None:
        if self.rtp_ports is not None and self.rtp_range is None:
            raise ValueError(
                f"first and last port are needed, such as 10000-10100, {_LEAST_PORTS} at least"
            )

    @property
    def rtp_range(self) -> tuple[int, int] | None:
        """First and last port of voice, None for any."""
        written = _PORTS.fullmatch(self.rtp_ports or "")
        if written is None:
            return None
        first, last = int(written[1]), int(written[2])
        fits = first > 0 and first + _LEAST_PORTS - 1 <= last <= 65535
        return (first, last) if fits else None


class Screen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Table [screen]: appearance, and signals of incoming calls.

    `theme` names a theme of the phone or a file of the user's. It, `glyphs`, `lock` and
    `notify` adapt to the terminal when they are `auto`. `lock` is how the sign of a
    lock is drawn. `bell`, `title` and `notify` signal an incoming call: the terminal's
    bell, the window's title, and a desktop notification (OSC 9, 99 or 777). `meters`
    shows sound levels.
    """

    theme: Annotated[str, Meta(min_length=1, max_length=64)] = "auto"
    glyphs: Glyphs = "auto"
    lock: LockSign = "auto"
    bell: bool = True
    title: bool = True
    notify: Notify = "auto"
    meters: bool = True


class Contacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Table [contacts].

    A caller whose number ends like that of one contact alone, in `last_digits`, is
    that contact, unless the two are known to be different. `command` finds further
    people, such as in LDAP: arguments as a shell would read them, run without one.
    """

    last_digits: Annotated[int, Meta(ge=7, le=15)] = 9
    command: str | None = None

    def __post_init__(self) -> None:
        if self.command is not None and not shlex.split(self.command):
            raise ValueError("the command is empty")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Contents of config.toml.

    `keys` maps an action's id to its key or keys (with commas).
    """

    audio: Audio = Audio()
    calls: Calls = Calls()
    network: Network = Network()
    screen: Screen = Screen()
    contacts: Contacts = Contacts()
    keys: dict[str, str] = {}


class GetSettings(Command, frozen=True, tag="settings"):
    """Request the settings of config.toml."""


class ChangeSettings(Command, frozen=True, tag="change_settings"):
    """Change config.toml by dotted keys; None removes one, others stay.

    Settings of sound apply at once, also in current calls.
    """

    changes: dict[str, str | int | bool | None]


class SettingsEvent(Event, frozen=True, tag="settings"):
    """Reports a change of config.toml, by a client or by hand."""

    settings: Settings


class SettingsData(msgspec.Struct, frozen=True):
    """Settings in force; `problem` says why config.toml could not be read.

    The previous settings then stay in force. `folder` is the configuration folder.
    `remarks` say what a setting lacks on this machine, by its key.
    """

    settings: Settings
    problem: str | None = None
    folder: str = ""
    remarks: dict[str, str] = {}


AnySettingsCommand = GetSettings | ChangeSettings

AnySettingsEvent = SettingsEvent
