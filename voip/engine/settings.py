"""config.toml: what is set for the whole phone."""

from __future__ import annotations

import os
from pathlib import Path

from voip.engine import toml
from voip.protocol.settings import Settings
from voip.protocol.worker import AudioSettings


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
