"""Notice of a closed port over UDP, by the system alone."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from tests.support.network.ports import LOOPBACK, free_port
from tests.unit.worker.accounts.test_nat import SETUP
from voip.causes import CauseKind
from voip.protection import Transport
from voip.protocol.worker.accounts import AccountSetup, Target
from voip.worker.accounts.refusals import Refusal

_PATIENCE_S = 10


def _at(port: int, transport: Transport = Transport.UDP) -> AccountSetup:
    return replace(SETUP, transport=transport, target=Target(LOOPBACK, port), ice_servers=None)


@pytest.fixture
def refusal() -> Iterator[Refusal]:
    refusal = Refusal()
    yield refusal
    refusal.end()


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.settimeout(_PATIENCE_S)
        server.bind((LOOPBACK, 0))
        yield server


def test_a_closed_port_is_seen_once(refusal: Refusal) -> None:
    refusal.watch(_at(free_port()))
    end = refusal._socket
    assert end is not None
    assert select.select([end], [], [], _PATIENCE_S)[0]
    cause = refusal.seen()
    assert cause is not None
    assert cause.kind is CauseKind.CONNECTION_FAILED
    assert refusal.seen() is None


def test_an_open_port_gets_empty_lines_from_one_socket(
    refusal: Refusal, server: socket.socket
) -> None:
    setup = _at(server.getsockname()[1])
    refusal.watch(setup)
    data, first = server.recvfrom(100)
    assert data == b"\r\n\r\n"
    refusal.watch(setup, again=True)
    assert server.recvfrom(100) == (data, first)
    assert refusal.seen() is None


def test_a_connection_is_not_watched(refusal: Refusal, server: socket.socket) -> None:
    refusal.watch(_at(server.getsockname()[1], Transport.TCP))
    server.setblocking(False)
    with pytest.raises(BlockingIOError):
        server.recvfrom(100)
