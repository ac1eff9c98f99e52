"""A REFER and its answer, as one call's transfer sees them."""

from __future__ import annotations

from typing import Any

import pjsua2 as pj
import pytest

from voip.protocol.worker.calls import ReferAnswered
from voip.worker.calls.transfer import CallTransfer

_TARGET = "sip:bob@pbx.example.com"


class _Call:
    """A call whose `error`, if any, PJSIP reports as an answer and then raises."""

    number = 1

    def __init__(self, error: pj.Error | None = None) -> None:
        self.sent: list[object] = []
        self.holds: list[bool] = []
        self.transfer = CallTransfer(self)  # type: ignore[arg-type]
        self._error = error
        # Both are the call itself: it keeps what is asked of either.
        self.context: Any = self
        self.hold: Any = self

    def send(self, report: object) -> None:
        self.sent.append(report)

    def ask(self, on: bool) -> None:
        self.holds.append(on)

    def options(self) -> None:
        return None

    def xfer(self, _target: str, _options: object) -> None:
        if self._error is not None:
            self.transfer.on_answer(503, "Network is unreachable", "")
            raise self._error


def test_a_request_that_is_not_sent_is_told_once() -> None:
    call = _Call(pj.Error())
    with pytest.raises(pj.Error):
        call.transfer.ask(_TARGET, hold=True)
    assert call.sent == []
    assert call.holds == [True, False]
    call.transfer.on_answer(503, "late", "")
    assert call.sent == []


def test_an_answer_is_told_once() -> None:
    call = _Call()
    call.transfer.ask(_TARGET, hold=True)
    for _ in range(2):
        call.transfer.on_answer(603, "Decline", "")
    (answer,) = call.sent
    assert isinstance(answer, ReferAnswered)
    assert (answer.call, answer.code, answer.reason) == (1, 603, "Decline")
    assert call.holds == [True]
