"""A call whose server answers nothing is given up, once."""

from __future__ import annotations

import socket

from msgspec.structs import replace

from tests.support.clock import Clock
from tests.support.network.ports import LOOPBACK
from tests.unit.worker.accounts.test_nat import SETUP
from voip.causes import Cause, CauseKind
from voip.protection import Transport
from voip.protocol.worker.accounts import Target
from voip.worker.calls.endings.patience import Patience


class _Call:
    def __init__(self) -> None:
        self.given_up: list[tuple[CauseKind, int]] = []

    def give_up(self, cause: Cause, code: int = 0) -> None:
        self.given_up.append((cause.kind, code))


def _wait(seconds: float | None) -> tuple[_Call, Patience, Clock]:
    call, clock = _Call(), Clock()
    patience = Patience(call, clock.monotonic)
    patience.begin(seconds, replace(SETUP, transport=Transport.TLS))
    return call, patience, clock


def test_a_silent_server_ends_a_call_once() -> None:
    call, patience, clock = _wait(4)
    clock.advance(3.9)
    patience.follow()
    assert call.given_up == []
    clock.advance(0.1)
    patience.follow()
    patience.follow()
    assert call.given_up == [(CauseKind.SERVER_SILENT, 408)]


def test_a_server_that_has_answered_anything_may_take_its_time() -> None:
    call, patience, clock = _wait(4)
    patience.end()
    clock.advance(5)
    patience.follow()
    assert call.given_up == []


def test_without_a_limit_a_call_is_not_given_up() -> None:
    call, patience, clock = _wait(None)
    clock.advance(100)
    patience.follow()
    assert call.given_up == []


def test_a_closed_port_over_udp_ends_a_call_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        there.bind((LOOPBACK, 0))
        target = Target(LOOPBACK, there.getsockname()[1])
    call = _Call()
    patience = Patience(call, Clock().monotonic)
    patience.begin(4, replace(SETUP, transport=Transport.UDP, target=target))
    # On loopback the system tells it before the datagram is sent.
    patience.follow()
    patience.follow()
    assert call.given_up == [(CauseKind.CONNECTION_FAILED, 503)]


def test_an_open_port_is_waited_for() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        there.bind((LOOPBACK, 0))
        target = Target(LOOPBACK, there.getsockname()[1])
        call, clock = _Call(), Clock()
        patience = Patience(call, clock.monotonic)
        patience.begin(4, replace(SETUP, transport=Transport.UDP, target=target))
        patience.follow()
        assert there.recv(100).strip() == b""
        assert call.given_up == []
        patience.end()
