"""Early media, and local ringing in its absence."""

from __future__ import annotations

from voip.worker.media.early_media import EarlyMedia

SPEECH, SILENCE = 0.1, 0.0


def test_packets_of_silence_are_no_sound() -> None:
    early = EarlyMedia(lambda: 0.0)
    early.see(SILENCE)
    assert not early.heard()


def test_sound_lasts_over_the_pause_of_a_ringback_tone_and_ends_after_it() -> None:
    now = 0.0
    early = EarlyMedia(lambda: now)
    early.see(SPEECH)
    now = 4.0
    early.see(SILENCE)
    assert early.heard()
    now = 5.5
    early.see(SILENCE)
    assert not early.heard()
    early.see(SPEECH)
    assert early.heard()
