"""Keepalives: OPTIONS over UDP, and pings as often as a server asks for."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.call.network.inside.ground import FIRST, SECOND, Network, registers
from tests.support.peers import sip
from tests.support.peers.hostile import Client, HostileServer
from voip.protection import Transport

_UNTIL_GONE_S = 60.0
"""Seconds: one question that is answered, and one that is not."""


@pytest.mark.waits
@pytest.mark.timeout(150)
@pytest.mark.parametrize("network", [Transport.UDP], indirect=True)
async def test_a_server_that_falls_silent_is_left(network: Network) -> None:
    received: list[sip.Message] = []
    moved = asyncio.Event()

    def first(client: Client, message: sip.Message) -> None:
        received.append(message)
        registers(client, message)
        if message.method == "OPTIONS" and [m.method for m in received].count("OPTIONS") == 1:
            client.send(sip.response(message, 405))

    def second(client: Client, message: sip.Message) -> None:
        registers(client, message)
        moved.set()

    servers = [await network.serve(FIRST, first), await network.serve(SECOND, second)]
    network.publish(*(server.port for server in servers))
    await network.add()
    await network.registered("first")
    await asyncio.wait_for(moved.wait(), _UNTIL_GONE_S)
    # Any answer is one: after it, one is missed. Nothing else is sent in the meantime.
    requests = [m.method for m in {m.get("Via"): m for m in received}.values()]
    assert [method for method in requests if method != "SUBSCRIBE"] == [
        "REGISTER",
        *2 * ["OPTIONS"],
    ]


_PING = b"\r\n\r\n"


@pytest.mark.parametrize("flow_timer_s", [1, 12])
@pytest.mark.parametrize("network", [Transport.TCP, Transport.TLS], indirect=True)
async def test_a_flow_timer_makes_pings_more_frequent_within_bounds(
    network: Network, flow_timer_s: int
) -> None:
    def answers(client: Client, message: sip.Message) -> None:
        if message.method == "REGISTER":
            contact = f"{message.get('Contact')};expires=300"
            extra = ("Require: outbound", f"Flow-Timer: {flow_timer_s}")
            client.send(sip.response(message, 200, contact=contact, extra=extra))

    server = await network.serve(FIRST, answers)
    network.publish(server.port)
    await network.add()
    await network.registered("outbound")
    assert isinstance(server, HostileServer)
    await server.until(lambda message: message.method == "SUBSCRIBE")
    began, before = time.monotonic(), len(server.received)
    await server.until_received(before + len(_PING), 14)
    assert bytes(server.received[before:]) == _PING
    # One in ten seconds is the most.
    assert time.monotonic() - began > 8
