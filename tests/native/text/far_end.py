"""A far end that writes to a probe, and reads what it writes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import socket
from collections.abc import AsyncIterator

from tests.conftest import NewServer
from tests.native import listening
from tests.native.caller import Caller, registered
from tests.native.conftest import NewProbe
from tests.native.driver import Probe
from tests.support.media import t140
from tests.support.media.srtp import KEY_BYTES, Srtp
from tests.support.peers import sip

LOST = "\N{REPLACEMENT CHARACTER}".encode()


class FarEnd:
    """Text stream of a call with a probe."""

    def __init__(self, caller: Caller, ear: socket.socket, answer: sip.Message) -> None:
        self.caller = caller
        self.answer = answer
        self._ear = ear
        section = answer.body[answer.body.index("m=text") :]
        port = re.match(r"m=text (\d+)", section)
        key = re.search(r"inline:([^|\s]+)", section)
        assert port is not None and key is not None
        self._to = (caller.server.host, int(port[1]))
        self._opening = Srtp(base64.b64decode(key[1]))
        self._sealing = Srtp(bytes(KEY_BYTES))

    @property
    def probe(self) -> Probe:
        return self.caller.probe

    def sealed(self, packet: bytes) -> bytes:
        """A packet as it is sent; to be called in the order of their numbers."""
        return self._sealing.protect(packet)

    def send(self, data: bytes) -> None:
        self._ear.sendto(data, self._to)

    def write(self, packet: bytes) -> None:
        self.send(self.sealed(packet))

    @property
    def port(self) -> int:
        return int(self._ear.getsockname()[1])

    async def offer(self, body: str) -> None:
        """Offer another session in the call, which the probe accepts."""
        self.answer = await self.caller.offer(self.answer, body)
        assert self.answer.status == 200
        self.caller.acknowledge(self.answer)

    async def until(self, text: bytes) -> None:
        """Wait until the probe has got exactly this text."""
        await self.probe.until("text", lambda _: self.written == text)

    @property
    def written(self) -> bytes:
        """Text that the probe has got so far."""
        events = [event for event in self.probe.events if event["event"] == "text"]
        return b"".join(bytes.fromhex(event["text"]) for event in events)

    async def next(self) -> t140.Packet:
        """Next packet that the probe sends, which may only open a way through a router."""
        async with asyncio.timeout(listening.PATIENCE_S):
            data = await asyncio.get_running_loop().sock_recv(self._ear, 2048)
        return t140.read(self._opening.open(data))

    async def read(self) -> t140.Packet:
        """Next packet of text, or of repetitions, that the probe sends."""
        while True:
            packet = await self.next()
            if packet.payload_type != t140.T140 or packet.text:
                return packet


def session(host: str, port: int, level: int = 4, direction: str = "sendrecv") -> str:
    """A session of voice and text, with a key of zeros."""
    lines = [
        *listening.session(host, 9, "0", "PCMU/8000", sip.crypto()).split("\r\n")[:-1],
        f"m=text {port} RTP/SAVP {t140.RED} {t140.T140}" if level
        else f"m=text {port} RTP/SAVP {t140.T140}",
        f"a=rtpmap:{t140.T140} t140/1000",
    ]  # fmt: skip
    if level:
        lines += [
            f"a=rtpmap:{t140.RED} red/1000",
            f"a=fmtp:{t140.RED} " + "/".join([str(t140.T140)] * (level + 1)),
        ]
    return "\r\n".join([*lines, f"a={direction}", sip.crypto(), ""])


@contextlib.asynccontextmanager
async def called(
    new_probe: NewProbe,
    new_server: NewServer,
    host: str,
    level: int = 4,
    in_capitals: bool = False,
) -> AsyncIterator[FarEnd]:
    """A far end in a call with a probe, whose names of formats may be `in_capitals`."""
    caller = await registered(new_probe, new_server, answer=200, texts=1, redundancy=4)
    with listening.ear(host) as ear:
        body = session(caller.server.host, ear.getsockname()[1], level)
        if in_capitals:
            body = body.replace("red/1000", "RED/1000").replace("t140/1000", "T140/1000")
        answer = await caller.ask("INVITE", body)
        assert answer.status == 200
        caller.acknowledge(answer)
        await caller.probe.until("srtp", lambda event: event["active"])
        yield FarEnd(caller, ear, answer)
    assert await caller.probe.quit() == 0
