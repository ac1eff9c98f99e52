"""config.toml: what is set for the whole phone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from voip.engine import toml
from voip.protocol.worker import AudioSettings

_Latency = Annotated[int, Meta(ge=10, le=500)]


class Audio(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The [audio] table; devices by their name or a part of it.

    Rates in hertz, times in milliseconds.
    """

    input: str | None = None
    output: str | None = None
    clock_rate: Literal[8000, 16000, 32000, 48000] = 48000
    frame_ms: Literal[10, 20] = 10
    capture_latency_ms: _Latency = 40
    playback_latency_ms: _Latency = 40
    jitter_ms: Annotated[int, Meta(ge=0, le=500)] = 20
    echo_cancel: bool = True
    ring: bool = True


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    audio: Audio = Audio()


def load(path: Path) -> Settings:
    """Read the file; defaults where there is none.

    Raises:
        ConfigError: names the file, the field and what is allowed.
    """
    return toml.convert(toml.read(path).unwrap(), Settings, str(path))


def audio_for_worker(settings: Settings) -> AudioSettings:
    """The sound settings of a phone; `OFFHOOK_AUDIO=null` switches sound off."""
    audio = settings.audio
    return AudioSettings(
        input=audio.input,
        output=audio.output,
        null=os.environ.get("OFFHOOK_AUDIO") == "null",
        clock_rate_hz=audio.clock_rate,
        frame_ms=audio.frame_ms,
        capture_latency_ms=audio.capture_latency_ms,
        playback_latency_ms=audio.playback_latency_ms,
        jitter_prefetch_ms=audio.jitter_ms,
        echo_cancel=audio.echo_cancel,
        ring=audio.ring,
    )
