"""Connections whose pings go unanswered, and requests that time out in a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.conftest import NewServer
from tests.native.caller import registered
from tests.native.conftest import NewProbe
from tests.native.driver import Probe
from tests.support.peers import sip
from tests.support.peers.hostile import HostileServer, registrar
from tests.support.pki import Leaf

_PING = b"\r\n\r\n"
_PONG = b"\r\n"
_INTERVAL_S = 30  # PJSIP_TLS_KEEP_ALIVE_INTERVAL
_PONG_S = 10
_SLACK_S = 10

# 0086: pings and pongs


@pytest.fixture(params=["tls", "tcp"])
async def server(
    request: pytest.FixtureRequest, host: str, leaf: Leaf
) -> AsyncIterator[HostileServer]:
    server = HostileServer(host, registrar, leaf if request.param == "tls" else None)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def probe(
    new_probe: NewProbe, server: HostileServer, request: pytest.FixtureRequest
) -> Probe:
    """A probe that has registered with the server."""
    transport = request.node.callspec.params["server"]
    probe = await new_probe(server=f"{server.host}:{server.port}", transport=transport)
    assert (await probe.until("registration"))["code"] == 200
    return probe


@pytest.mark.waits
@pytest.mark.timeout(2 * _INTERVAL_S + _PONG_S + 60)
async def test_a_connection_whose_pings_were_answered_ends_when_one_is_not(
    probe: Probe, server: HostileServer
) -> None:
    before = len(server.received)
    assert await _received(server, before, _INTERVAL_S + _SLACK_S) == _PING
    server.connections[0].send(_PONG)
    assert await _received(server, before + len(_PING), _INTERVAL_S + _SLACK_S) == _PING
    # Nothing but the missing pong ends this connection.
    await probe.until(
        "transport", lambda event: event["state"] == "disconnected", _PONG_S + _SLACK_S
    )
    # A pong is not a ping: nothing was answered.
    assert bytes(server.received[before : before + 2 * len(_PING)]) == 2 * _PING


@pytest.mark.waits
@pytest.mark.timeout(4 * _INTERVAL_S + _PONG_S + 60)
async def test_a_connection_whose_pings_never_were_answered_goes_on(
    probe: Probe, server: HostileServer
) -> None:
    at = len(server.received)
    assert await _received(server, at, _INTERVAL_S + _SLACK_S) == _PING
    at += len(_PING)
    assert await _received(server, at, _INTERVAL_S + _SLACK_S) == _PING
    # A ping of the server's own, while a pong is awaited, is not that pong.
    server.connections[0].send(_PING)
    at += len(_PING + _PONG)
    await server.until_received(at)
    assert await _received(server, at, _INTERVAL_S + _SLACK_S) == _PING
    # The next ping shows that the time for a pong is over.
    await server.until_received(at + len(_PING) + 1, _INTERVAL_S + _SLACK_S)
    assert [e for e in probe.events if e.get("state") == "disconnected"] == []


async def _received(server: HostileServer, before: int, patience: float) -> bytes:
    """All bytes that arrive next."""
    await server.until_received(before + 1, patience)
    await asyncio.sleep(0.5)
    return bytes(server.received[before:])


# 0087: a request that times out


async def test_a_call_goes_on_after_a_request_that_timed_out(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(new_probe, new_server, answer=200)
    connection, probe, server = caller.connection, caller.probe, caller.server
    answer = await caller.invite("RTP/SAVP", (sip.crypto(),))
    assert answer.status == 200
    caller.acknowledge(answer)
    await probe.until("call", lambda event: event["state"] == "CONFIRMED")
    await probe.tell("hold")
    _, hold = await server.until(lambda message: message.method == "INVITE")
    connection.send(sip.response(hold, 408, "Request Timeout"))
    await server.until(lambda message: message.method == "ACK")
    # A BYE would have gone out before this answer.
    assert (await caller.ask("OPTIONS")).status == 200
    assert [m for m in connection.messages if m.method == "BYE"] == []
    await probe.tell("hang up")
    await server.until(lambda message: message.method == "BYE")
