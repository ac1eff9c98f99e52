"""The first target is returned to when it answers again."""

from __future__ import annotations

import asyncio

import pytest

from tests.call.network.inside.ground import (
    FIRST,
    SECOND,
    Network,
    is_registered_with,
    registers,
)
from tests.support.network.ports import free_port
from tests.support.peers import sip
from tests.support.peers.hostile import Client
from voip.protection import Transport

_RETURN_S = 190.0
"""Longest time of the first return, and a little more (RFC 5626 appendix B)."""


@pytest.mark.waits
@pytest.mark.timeout(260)
@pytest.mark.parametrize("network", [Transport.TLS], indirect=True)
async def test_the_first_is_used_again_when_it_answers(network: Network) -> None:
    second = await network.serve(SECOND, registers)
    port = free_port()
    network.publish(port, second.port)
    await network.add()
    await network.registered("refused")
    await is_registered_with(second)
    returned = asyncio.Event()

    def notes(client: Client, message: sip.Message) -> None:
        registers(client, message)
        returned.set()

    await network.serve(FIRST, notes, port=port)
    await asyncio.wait_for(returned.wait(), _RETURN_S)
