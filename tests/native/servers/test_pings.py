"""0086: a connection whose pings go unanswered ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.native.conftest import NewProbe
from tests.native.driver import Probe
from tests.support.peers.hostile import HostileServer, registrar
from tests.support.pki import Leaf

_PING = b"\r\n\r\n"
_PONG = b"\r\n"
_INTERVAL_S = 30  # PJSIP_TLS_KEEP_ALIVE_INTERVAL
_PONG_S = 10
_SLACK_S = 10


@pytest.fixture(params=["tls", "tcp"])
async def server(
    request: pytest.FixtureRequest, host: str, leaf: Leaf
) -> AsyncIterator[HostileServer]:
    server = HostileServer(host, registrar, leaf if request.param == "tls" else None)
    await server.start()
    yield server
    await server.stop()


@pytest.mark.waits
@pytest.mark.timeout(2 * _INTERVAL_S + _PONG_S + 60)
async def test_a_connection_whose_pings_were_answered_ends_when_one_is_not(
    new_probe: NewProbe, server: HostileServer, request: pytest.FixtureRequest
) -> None:
    probe = await _registered(new_probe, server, request.node.callspec.params["server"])
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
@pytest.mark.timeout(2 * _INTERVAL_S + _PONG_S + 60)
async def test_a_connection_whose_pings_never_were_answered_goes_on(
    new_probe: NewProbe, server: HostileServer, request: pytest.FixtureRequest
) -> None:
    probe = await _registered(new_probe, server, request.node.callspec.params["server"])
    before = len(server.received)
    assert await _received(server, before, _INTERVAL_S + _SLACK_S) == _PING
    # Neither a ping of the server nor a message is a pong.
    server.connections[0].send(_PING)
    await server.until_received(before + len(_PING + _PONG))
    after = before + len(_PING + _PONG)
    assert await _received(server, after, _INTERVAL_S + _SLACK_S) == _PING
    await asyncio.sleep(_PONG_S + 2)
    assert [e for e in probe.events if e.get("state") == "disconnected"] == []


async def _registered(new_probe: NewProbe, server: HostileServer, transport: str) -> Probe:
    probe = await new_probe(server=f"{server.host}:{server.port}", transport=transport)
    assert (await probe.until("registration"))["code"] == 200
    return probe


async def _received(server: HostileServer, before: int, patience: float) -> bytes:
    """What arrives next, all of it."""
    await server.until_received(before + 1, patience)
    await asyncio.sleep(0.5)
    return bytes(server.received[before:])
