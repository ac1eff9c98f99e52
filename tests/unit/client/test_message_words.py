"""Words about real-time text."""

from __future__ import annotations

from voip.client import message_words
from voip.texts import LOST


def test_lost_text_has_a_word() -> None:
    assert message_words.realtime(f"Hel{LOST}o\b\n") == "“Hel[lost]o⌫ ⏎ ”"
