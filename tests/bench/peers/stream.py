"""RTP of one call of the far end, SRTP if the phone offered keys."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import socket
import struct
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.bench.peers.reports import Reports
from tests.support.media.pace import Pace
from tests.support.media.srtp import NotAuthentic, Srtcp, Srtp
from tests.support.network.ports import LOOPBACK

FRAME_S = 0.02

_KEY = bytes(range(1, 31))
_SSRC = 0xB0B0
_SO_TIMESTAMPNS = 35  # asm-generic/socket.h
_HEADER = 12
_REPORT_S = 1.0
_CLOCK = {True: 160, False: 960}
"""RTP clock's steps in a frame: those of G.711, those of Opus."""


@dataclass
class Received:
    """Packets that arrived.

    `held_s` has the time from the kernel's receipt of each reflected packet to its
    return, `strange` the packets that were not authentic or of another codec.
    """

    sizes: list[int] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    stamps: list[int] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    held_s: list[float] = field(default_factory=list)
    strange: int = 0


class Stream:
    """Both directions of a call; it reflects until it plays."""

    def __init__(
        self,
        to: tuple[str, int],
        reports_to: tuple[str, int],
        payload_type: int,
        phone_key: str | None,
    ) -> None:
        self.key = base64.b64encode(_KEY).decode()
        self.received = Received()
        self.reflects = True
        self.is_secret = phone_key is not None
        self._to, self._reports_to, self._payload_type = to, reports_to, payload_type
        self._opening = Srtp(base64.b64decode(phone_key)) if phone_key is not None else None
        self._sealing = Srtp(_KEY) if phone_key is not None else None
        self._reporting = Srtcp(_KEY) if phone_key is not None else None
        self._lost: Iterator[bool] = iter(())
        self._reports = Reports(_SSRC)
        self._reporter: asyncio.Task[None] | None = None
        self._sequence = self._stamp = 0
        self._news = asyncio.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setblocking(False)
        self._socket.bind((LOOPBACK, 0))
        asyncio.get_running_loop().add_reader(self._socket, self._receive)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    async def until_packets(self, count: int, patience_s: float) -> None:
        """Wait for more packets of the phone."""
        wanted = len(self.received.sizes) + count
        async with asyncio.timeout(patience_s):
            while len(self.received.sizes) < wanted:
                self._news.clear()
                await self._news.wait()

    async def play(
        self, payloads: Sequence[bytes | None], held_s: Iterable[float] = itertools.repeat(0.0)
    ) -> None:
        """Send a payload every 20 ms, each held on its way for a time.

        None is a packet that is lost there. None overtakes another.
        """
        self.reflects = False
        loop, pace = asyncio.get_running_loop(), Pace()
        step = _CLOCK[self._payload_type == 0]
        arrival = 0.0
        for payload, held in zip(payloads, held_s, strict=False):
            self._sequence += 1
            self._stamp += step
            arrival = max(arrival, loop.time() + held)
            if payload is not None:
                loop.call_at(arrival, self._send, 0, self._sequence, self._stamp, payload)
            await pace.after(FRAME_S)

    def lose(self, lost: Iterable[bool]) -> None:
        """Return only those of the next packets that are not lost, and report the others."""
        self._lost = iter(lost)
        if self._reporter is None:
            self._reporter = asyncio.create_task(self._report())

    def close(self) -> None:
        if self._reporter is not None:
            self._reporter.cancel()
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def _receive(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                data, ancillary, _, _ = self._socket.recvmsg(2048, 64)
                self._take(data, _arrival(ancillary))

    def _take(self, data: bytes, arrival: float) -> None:
        if len(data) < _HEADER or data[0] >> 6 != 2 or 192 <= data[1] <= 223:
            return  # RTCP on the same port, or not RTP at all (RFC 7983)
        with contextlib.suppress(NotAuthentic):
            packet = self._opening.open(data) if self._opening else data
            marker, kind = packet[1] & 0x80, packet[1] & 0x7F
            if kind == self._payload_type:
                sequence, stamp = struct.unpack_from("!HI", packet, 2)
                payload = packet[_HEADER + 4 * (packet[0] & 0x0F) :]
                self.received.sizes.append(len(payload))
                self.received.payloads.append(payload)
                self.received.stamps.append(stamp)
                self.received.moments.append(arrival)
                self._news.set()
                is_lost = next(self._lost, False)
                if not is_lost:
                    self._reports.count(int.from_bytes(packet[8:12], "big"), sequence)
                if self.reflects and not is_lost:
                    self._sequence, self._stamp = sequence, stamp
                    self._send(marker, sequence, stamp, payload)
                    self.received.held_s.append(time.time() - arrival)
                return
        self.received.strange += 1

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(_REPORT_S)
            report = self._reports.make()
            if report is not None:
                data = self._reporting.protect(report) if self._reporting else report
                with contextlib.suppress(ConnectionRefusedError):
                    self._socket.sendto(data, self._reports_to)

    def _send(self, marker: int, sequence: int, stamp: int, payload: bytes) -> None:
        head = struct.pack(
            "!BBHII", 0x80, marker | self._payload_type, sequence & 0xFFFF,
            stamp & 0xFFFFFFFF, _SSRC,
        )  # fmt: skip
        packet = head + payload
        with contextlib.suppress(ConnectionRefusedError):
            self._socket.sendto(
                self._sealing.protect(packet) if self._sealing else packet, self._to
            )


def _arrival(ancillary: list[tuple[int, int, bytes]]) -> float:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data)
            return float(seconds) + float(nanoseconds) / 1e9
    raise AssertionError("the kernel reported no time of arrival")
