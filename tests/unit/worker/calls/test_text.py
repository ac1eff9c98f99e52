"""Pieces in which a call's real-time text is sent."""

from __future__ import annotations

from typing import Any

import pjsua2 as pj
import pytest

from voip.protocol.worker.calls import RealtimeTextReceived
from voip.worker.calls.text import CallText
from voip.worker.errors import Refused

_PACKET_BYTES = 64
_IN_TEN_SECONDS = 300  # characters, RFC 4103 section 6
_TURN_S = 0.01


class _Call:
    """A call that accepts text while it is `open`."""

    number = 3
    ended = False

    def __init__(self) -> None:
        self.now = 100.0
        self.open = True
        self.sent: list[tuple[float, str]] = []
        self.reported: list[object] = []
        self.context: Any = self
        self.text = CallText(self, lambda: self.now)

    @property
    def words(self) -> str:
        return "".join(piece for _, piece in self.sent)

    def send(self, report: object) -> None:
        self.reported.append(report)

    def sendText(self, param: pj.CallSendTextParam) -> None:  # noqa: N802
        if not self.open:
            raise pj.Error()
        self.sent.append((self.now, param.text))

    def turns(self, seconds: float) -> None:
        for _ in range(round(seconds / _TURN_S)):
            self.now += _TURN_S
            self.text.follow()


def test_what_is_typed_is_sent_at_once() -> None:
    call = _Call()
    for char in "añ😀\b":
        call.text.add(char)
    assert call.words == "añ😀\b"
    assert not call.text.is_waiting


def test_a_line_ends_with_one_character() -> None:
    call = _Call()
    call.text.add("a\nb")
    assert call.words == "a\u2028b"


def test_no_piece_is_longer_than_a_packet_or_cuts_a_character() -> None:
    call = _Call()
    call.text.add("😀" * 100)
    call.turns(10)
    assert call.words == "😀" * 100
    assert max(len(piece.encode()) for _, piece in call.sent) <= _PACKET_BYTES


def test_no_more_is_sent_than_a_far_end_has_to_accept() -> None:
    call = _Call()
    call.text.add("x" * 2000)
    call.turns(60)
    moments = [moment for moment, piece in call.sent for _ in piece]
    for place, moment in enumerate(moments):
        assert sum(moment <= later < moment + 10 for later in moments[place:]) <= _IN_TEN_SECONDS
    assert len(moments) > 59 * 25


def test_twenty_characters_a_second_never_wait() -> None:
    call = _Call()
    for number in range(20 * 60):
        call.text.add(chr(ord("a") + number % 26))
        assert not call.text.is_waiting
        call.turns(0.05)


def test_text_waits_while_it_cannot_be_sent() -> None:
    call = _Call()
    call.open = False
    call.text.add("wait")
    call.turns(2)
    assert call.text.is_waiting
    call.open = True
    call.turns(0.2)
    assert call.words == "wait"


def test_more_than_can_wait_is_refused_whole() -> None:
    call = _Call()
    call.open = False
    call.text.add("x" * 1500)
    with pytest.raises(Refused):
        call.text.add("y" * 501)
    call.open = True
    call.turns(100)
    assert call.words == "x" * 1500


def test_nothing_is_sent_in_a_call_that_has_ended() -> None:
    call = _Call()
    call.ended = True
    call.text.add("late")
    call.turns(1)
    assert call.sent == []


def test_bytes_come_as_they_were_sent() -> None:
    call = _Call()
    call.text.on_received("é".encode()[:1].decode("utf-8", "surrogateescape"))
    assert call.reported == [RealtimeTextReceived(call=3, text="é".encode()[:1])]
