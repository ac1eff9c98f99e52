"""Ports and marks of SIP and voice, as config.toml has them."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.network.ports import free_port
from tests.support.parts import Parts
from tests.support.peers import sip
from tests.support.phone import Phone

_EF, _CS3 = 46 << 2, 24 << 2
_PATIENCE_S = 20


@pytest.fixture
def sockets(host: str) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Sockets of a server and its voice, which report marks."""
    made = []
    for _ in range(2):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        one.bind((host, 0))
        one.settimeout(_PATIENCE_S)
        made.append(one)
    yield made[0], made[1]
    for one in made:
        one.close()


async def _received(one: socket.socket) -> tuple[bytes, int, tuple[str, int]]:
    """Data of a datagram, its mark and its sender."""
    data, [(_, _, mark)], _, sender = await asyncio.to_thread(one.recvmsg, 65536, 64)
    return data, mark[0], sender


async def _call(
    place: Path,
    sockets: tuple[socket.socket, socket.socket],
    settings: str,
    parts: Parts,
    direction: str = "sendrecv",
) -> tuple[sip.Message, int, int, tuple[str, int]]:
    """The INVITE of a phone's call, the marks of it and of its voice, its sender."""
    server, voice = sockets
    phone = Phone(place / "p", fresh=True)
    (place / "p" / "config").mkdir(parents=True)
    (place / "p" / "config" / "config.toml").write_text(settings)
    await parts.begin(phone)
    host, port = server.getsockname()
    await phone.add(
        "work", user="alice", domain=host, server=f"{host}:{port}", transport="udp", register=False
    )
    await phone.call("bob")
    data, of_sip, sender = await _received(server)
    [invite] = sip.Parser().feed(data)
    body = sip.sdp(host, voice.getsockname()[1]).replace("sendrecv", direction)
    server.sendto(sip.response(invite, 200, contact=f"<sip:{host}:{port}>", body=body), sender)
    _, of_voice, _ = await _received(voice)
    return invite, of_sip, of_voice, sender


async def test_ports_and_marks_are_those_of_the_settings(
    place: Path, sockets: tuple[socket.socket, socket.socket]
) -> None:
    port = free_port(socket.SOCK_DGRAM)
    settings = f'[network]\nrtp_ports = "41000-41009"\nsip_port = {port}\ndscp = true\n'
    async with Parts() as parts:
        invite, of_sip, of_voice, sender = await _call(place, sockets, settings, parts)
    assert sender[1] == port
    offered = re.search(r"^m=audio (\d+) ", invite.body, re.MULTILINE)
    assert offered is not None
    assert 41000 <= int(offered[1]) <= 41008
    assert (of_sip, of_voice) == (_CS3, _EF)


async def test_nothing_is_marked_by_default(
    place: Path, sockets: tuple[socket.socket, socket.socket]
) -> None:
    async with Parts() as parts:
        _, of_sip, of_voice, _ = await _call(place, sockets, "", parts)
    assert (of_sip, of_voice) == (0, 0)


@pytest.mark.waits
async def test_the_way_of_a_voice_that_is_only_listened_to_is_kept(
    place: Path, sockets: tuple[socket.socket, socket.socket]
) -> None:
    _, voice = sockets
    async with Parts() as parts:
        # The first comes as the stream begins, the others in its pauses.
        await _call(place, sockets, "", parts, direction="sendonly")
        for _ in range(3):
            data, _, _ = await _received(voice)
            # A header of RTP (RFC 3550 section 5.1) and no voice.
            assert (len(data), data[0]) == (12, 0x80)
