"""0096: voice from IPv6 goes to IPv4 addresses through a translator.

By a prefix of zeros, 0.0.0.1 is this machine's ::1.
"""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.conftest import NewServer
from tests.native.caller import Caller, registered
from tests.native.conftest import NewProbe
from tests.support.peers import sip

_PREFIX, _ADDRESS, _THERE = "::/96", "0.0.0.1", "::1"
_PUBLIC = "192.0.0.2"
_PATIENCE_S = 20


async def _called(caller: Caller, receiver: socket.socket) -> sip.Message:
    """Answer of a probe to an offer whose voice is received there."""
    receiver.setblocking(False)
    receiver.bind((_THERE, 0))
    port = receiver.getsockname()[1]
    answer = await caller.ask("INVITE", sip.sdp(_ADDRESS, port, "RTP/SAVP", (sip.crypto(),)))
    caller.acknowledge(answer)
    return answer


async def test_voice_reaches_an_ipv4_address_from_an_ipv6_socket(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(
        new_probe, new_server, keep_names=True, answer=200, translator=_PREFIX, translated=_PUBLIC
    )
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as receiver:
        answer = await _called(caller, receiver)
        assert f"c=IN IP4 {_PUBLIC}" in answer.body
        loop = asyncio.get_running_loop()
        assert await asyncio.wait_for(loop.sock_recv(receiver, 2048), _PATIENCE_S)


async def test_without_a_translator_nothing_is_sent(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(
        new_probe, new_server, keep_names=True, answer=200, translated=_PUBLIC
    )
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as receiver:
        assert (await _called(caller, receiver)).status == 200
        assert await caller.probe.quit() == 0
        assert "Failed to synthesize" in caller.probe.log.read_text()
        with pytest.raises(BlockingIOError):
            receiver.recv(2048)
