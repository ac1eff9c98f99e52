"""Words about real-time text."""

from __future__ import annotations

from voip.client import message_words
from voip.protocol.people import RealtimeTextEvent
from voip.texts import LOST


def test_lost_text_has_a_word() -> None:
    event = RealtimeTextEvent(call="3", ours=False, text=f"Hel{LOST}o\b\n", piece=4)
    assert message_words.realtime(event) == "call 3: they wrote “Hel[lost]o⌫ ⏎ ”"
