"""Calls of a probe whose voice is received, and sessions for them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from tests.native.conftest import NewProbe
from tests.native.driver import Event, Probe
from tests.support.media.opus import Speaker
from tests.support.media.pace import Pace
from tests.support.media.srtp import KEY_BYTES, Srtcp, Srtp
from tests.support.media.voice import receiver_report
from tests.support.peers import sip
from tests.support.peers.hostile import Behaviour, Connection, HostileServer

PATIENCE_S = 30
_LATE_S = 0.012  # of 0.02 between packets
OPUS = 96
HEAD_BYTES = 12  # of a packet (RFC 3550 section 5.1)
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


def answering(contact: str, body: str) -> Behaviour:
    """Behaviour of a server that answers every call."""

    def behave(connection: Connection, message: sip.Message) -> None:
        if message.method == "INVITE":
            connection.send(sip.response(message, 200, "OK", contact=contact, body=body))
        elif message.method == "BYE":
            connection.send(sip.response(message, 200, "OK"))

    return behave


class Clocked:
    """A far end that sends a packet for each that comes: the probe's clock counts time.

    `answer` is the probe's to an offer with the key of `sip.crypto`.
    """

    def __init__(self, ear: socket.socket, answer: sip.Message, state: Event) -> None:
        self._ear, self._to = ear, _address(state["port"])
        self._reports_to = _address(state["rtcp_port"])
        key = re.search(r"inline:([^|\s]+)", answer.body)
        assert key is not None
        self._opening = Srtp(base64.b64decode(key[1]))
        self._sending, self._reporting = Srtp(bytes(KEY_BYTES)), Srtcp(bytes(KEY_BYTES))

    async def exchange(self, packet: bytes) -> list[bytes]:
        """Wait for packets of the probe, and send one when there are no more of them."""
        loop, came = asyncio.get_running_loop(), []
        async with asyncio.timeout(PATIENCE_S):
            came.append(await loop.sock_recv(self._ear, 2048))
        with contextlib.suppress(BlockingIOError):
            # A late answer to each would fill its jitter buffer.
            while True:
                came.append(self._ear.recv(2048))
        self._ear.sendto(self._sending.protect(packet), self._to)
        return [self._opening.open(data) for data in came]

    def report(self, lost: int) -> None:
        """Report that the probe's packets were lost."""
        self._ear.sendto(self._reporting.protect(receiver_report(1, lost)), self._reports_to)


async def say(
    where: str,
    speech: NDArray[np.float64],
    is_lost: Callable[[int], bool],
    copies: bool = False,
    is_late: Callable[[int], bool] = lambda number: False,
) -> list[bytes]:
    """Send speech of 16 kHz in real time, without the packets whose numbers are lost.

    Those that are late are sent more than half a packet later. Returns the payloads of all.
    With `copies` each has a copy of the one before.
    """
    speaker = Speaker(OPUS, wide=True, copies=copies)
    at = np.arange(len(speech) * 3) / 3
    samples = np.interp(at, np.arange(len(speech)), speech).astype(np.int16)
    starts = range(0, len(samples) - 960, 960)
    packets = [speaker.said(samples[start : start + 960]) for start in starts]
    speaker.close()
    await send(where, packets, is_lost, is_late)
    return [packet[HEAD_BYTES:] for packet in packets]


async def send(
    where: str,
    packets: Iterable[bytes],
    is_lost: Callable[[int], bool],
    is_late: Callable[[int], bool] = lambda number: False,
) -> None:
    """Send RTP packets of 20 ms in real time, but for those whose numbers are lost.

    Those that are late are sent more than half a packet later.
    """
    srtp, pace = Srtp(bytes(KEY_BYTES)), Pace()  # the key of `sip.crypto`
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number, packet in enumerate(packets):
            data = srtp.protect(packet)
            late_s = _LATE_S if is_late(number) else 0.0
            await pace.after(late_s)
            if not is_lost(number):
                sender.sendto(data, _address(where))
            await pace.after(0.02 - late_s)


def audible(samples: NDArray[np.float64]) -> int:
    """Pieces of 20 ms in which something is heard, at 16 kHz."""
    pieces = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    return int((np.sqrt((pieces**2).mean(axis=1)) > 300).sum())


def _address(name: str) -> tuple[str, int]:
    host, _, port = name.rpartition(":")
    return host, int(port)


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
