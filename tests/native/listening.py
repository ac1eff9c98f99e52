"""Calls of a probe whose voice is received, and sessions for them."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import Callable, Iterator, Mapping

from tests.native.conftest import NewProbe
from tests.native.driver import Probe
from tests.support.peers import sip
from tests.support.peers.hostile import Connection, HostileServer

PATIENCE_S = 30
OPUS = 96
CODECS = {
    "PCMU": ("0", "PCMU/8000", ""),
    "Opus": (str(OPUS), "opus/48000/2", ""),
    "Opus that may pause": (str(OPUS), "opus/48000/2", "a=fmtp:96 usedtx=1"),
    "Opus of a low rate": (str(OPUS), "opus/48000/2", "a=fmtp:96 maxaveragebitrate=16000;cbr=1"),
}


@contextlib.contextmanager
def ear(host: str) -> Iterator[socket.socket]:
    """A socket for the voice of a call."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.setblocking(False)
        opened.bind((host, 0))
        yield opened


async def called(
    new_probe: NewProbe,
    server: HostileServer,
    base: Mapping[str, str] | None = None,
    sound_server: bool = False,
    rests: bool = False,
) -> tuple[Probe, sip.Message, Callable[[bytes], None]]:
    """A probe that calls a server, its INVITE, and a way to answer it."""
    asked = asyncio.Queue[tuple[Connection, sip.Message]]()

    def behave(connection: Connection, message: sip.Message) -> None:
        if message.method == "INVITE":
            asked.put_nowait((connection, message))
        elif message.method == "BYE":
            connection.send(sip.response(message, 200, "OK"))

    server.behaviour = behave
    probe = await new_probe(bound=server.host, base=base, sound_server=sound_server)
    if rests:
        await probe.tell("rest sound")
    await probe.tell("call", uri=f"sip:bob@{server.host}:{server.port};transport=tls")
    connection, invite = await asked.get()
    return probe, invite, connection.send


def contact(server: HostileServer) -> str:
    return f"<sip:bob@{server.host}:{server.port};transport=tls>"


def answer(
    invite: sip.Message, host: str, at: socket.socket, number: str, name: str, attribute: str
) -> str:
    suite = re.search(r"a=crypto:(\d+) (\S+)", invite.body)
    assert suite is not None
    crypto = sip.crypto(suite[2], "", int(suite[1]))
    return session(host, at.getsockname()[1], number, name, attribute, crypto)


async def packets(at: socket.socket, count: int) -> None:
    """Wait until `count` packets have arrived."""
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(count):
            await asyncio.get_running_loop().sock_recv(at, 2048)


def session(host: str, port: int, number: str, name: str, *attributes: str) -> str:
    lines = ["v=0", f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0"]
    lines += [f"m=audio {port} RTP/SAVP {number}", f"a=rtpmap:{number} {name}", "a=sendrecv"]
    return "\r\n".join([*lines, *(line for line in attributes if line), ""])
