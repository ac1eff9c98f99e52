"""Voice of many calls at one socket: what is sent to each, and what arrives of each.

All calls with the same key are sent the same packets, so that the far end costs little.
Each packet of the phone is counted by its sequence number and the kernel's time of its
arrival; every fiftieth is opened, to show that the keys are those that were agreed.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import secrets
import socket
import struct
from dataclasses import dataclass

from tests.support.media.g711 import PCMU, Tone
from tests.support.media.pace import Pace
from tests.support.media.srtp import KEY_BYTES, NotAuthentic, Srtp
from tests.support.network.ports import LOOPBACK

FRAME_S = 0.02
_LATE_S = 2 * FRAME_S
_FRAME = 160  # samples
_TONE_HZ = 1000  # a whole number of periods in a frame: each has the same bytes
_SSRC = 0xB0B0
_TURNS = 4  # of sending in a frame, so that the packets of all calls are not one burst
_OPENED_EACH = 50
_HEADER = struct.Struct("!BBHII")
_SO_TIMESTAMPNS, _SO_RXQ_OVFL = 35, 40  # asm-generic/socket.h
_BUFFER = 4 << 20
_SEQUENCES = 1 << 16


@dataclass
class Arrivals:
    """Packets of a call that arrived; times in seconds.

    `span` is the time in which the phone was due to send, from one packet to the next, and
    `late` the packets that came more than 40 ms after the one before. `lost` are missing
    sequence numbers, `strange` the packets that the agreed key does not open.
    """

    packets: int = 0
    lost: int = 0
    late: int = 0
    longest: float = 0.0
    span: float = 0.0
    strange: int = 0


class Sender:
    """One key, and packets that it protects."""

    def __init__(self) -> None:
        key = secrets.token_bytes(KEY_BYTES)
        self.text = base64.b64encode(key).decode()
        self._srtp = Srtp(key)
        self._sent = 0

    @property
    def is_old(self) -> bool:
        """True if a receiver that begins now may guess another roll-over (RFC 3711 3.3.1)."""
        return self._sent > _SEQUENCES // 4

    def packet(self, number: int, payload: bytes) -> bytes:
        self._sent += 1
        sequence, stamp = number % _SEQUENCES, number * _FRAME & 0xFFFFFFFF
        return self._srtp.protect(_HEADER.pack(0x80, PCMU, sequence, stamp, _SSRC) + payload)


class Line:
    """Voice of one call, both ways; `to` is where the phone wants it."""

    def __init__(self, sender: Sender, to: tuple[str, int], phone_key: str) -> None:
        self.sender, self.to, self.phone_key = sender, to, phone_key
        self.arrivals = Arrivals()
        self._opening = Srtp(base64.b64decode(phone_key))
        self._last: tuple[int, int] | None = None
        self._last_at: float | None = None

    def follow(self, to: tuple[str, int], phone_key: str) -> None:
        """Follow an offer or answer within the call: the phone may pause from now on."""
        self.to = to
        self._last_at = None
        if phone_key != self.phone_key:
            self.phone_key = phone_key
            self._opening = Srtp(base64.b64decode(phone_key))

    def take(self, data: bytes, at: float) -> None:
        _, _, sequence, _, source = _HEADER.unpack_from(data)
        arrivals = self.arrivals
        if self._last is None or self._last[0] != source:
            self._last = source, sequence
        ahead = (sequence - self._last[1]) % _SEQUENCES
        if 0 < ahead < _SEQUENCES // 2:
            arrivals.lost += ahead - 1
            self._last = source, sequence
        elif ahead:
            arrivals.lost -= 1  # it was overtaken, and counted as lost
        if self._last_at is not None:
            gap = at - self._last_at
            arrivals.packets += 1
            arrivals.span += gap
            arrivals.late += gap > _LATE_S
            arrivals.longest = max(arrivals.longest, gap)
        self._last_at = at
        if sequence % _OPENED_EACH == 0:
            try:
                self._opening.open(data)
            except NotAuthentic:
                arrivals.strange += 1


class Voice:
    """Socket of all calls; `dropped` are the packets that it had no room for."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.dropped = 0
        self._by_source: dict[tuple[str, int], Line] = {}
        self._sender = Sender()
        self._numbers = itertools.count(1)
        tone = Tone(_TONE_HZ, PCMU).packet(0)
        self._payload = tone[_HEADER.size :]
        self._rtcp, self._rtp = _pair()
        for option in (_SO_TIMESTAMPNS, _SO_RXQ_OVFL):
            self._rtp.setsockopt(socket.SOL_SOCKET, option, 1)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(self._rtp, self._receive)
        loop.add_reader(self._rtcp, self._discard)
        self._sending = asyncio.create_task(self._send())

    @property
    def port(self) -> int:
        return int(self._rtp.getsockname()[1])

    def sender(self, is_new: bool = False) -> Sender:
        """Sender for a call that begins or changes its key."""
        if is_new or self._sender.is_old:
            self._sender = Sender()
        return self._sender

    def add(self, line: Line) -> None:
        self.lines.append(line)
        self._by_source[line.to] = line

    def remove(self, line: Line) -> None:
        self.lines.remove(line)
        self._by_source.pop(line.to, None)

    def moved(self, line: Line, before: tuple[str, int]) -> None:
        """Follow a phone that has changed its address within the call."""
        self._by_source.pop(before, None)
        self._by_source[line.to] = line

    def begin(self) -> None:
        """Count from now on."""
        self.dropped = 0
        for line in self.lines:
            line.arrivals = Arrivals()

    async def _send(self) -> None:
        pace = Pace()
        while True:
            number = next(self._numbers)
            packets: dict[Sender, bytes] = {}
            for turn in range(_TURNS):
                for line in self.lines[turn::_TURNS]:
                    sender = line.sender
                    if sender not in packets:
                        packets[sender] = sender.packet(number, self._payload)
                    with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
                        self._rtp.sendto(packets[sender], line.to)
                await pace.after(FRAME_S / _TURNS)

    def _receive(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                data, ancillary, _, source = self._rtp.recvmsg(2048, 128)
                at = 0.0
                for _, kind, value in ancillary:
                    if kind == _SO_TIMESTAMPNS:
                        seconds, nanoseconds = struct.unpack("qq", value)
                        at = seconds + nanoseconds / 1e9
                    elif kind == _SO_RXQ_OVFL:
                        self.dropped = int.from_bytes(value, "little")
                line = self._by_source.get(source)
                # RFC 5761 section 4: the second byte tells RTCP from RTP.
                if line is not None and len(data) > _HEADER.size and data[1] & 0x7F == PCMU:
                    line.take(data, at)

    def _discard(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                self._rtcp.recv(2048)


def _pair() -> tuple[socket.socket, socket.socket]:
    """RTCP's socket and RTP's, at the even port before it (RFC 3550 section 11)."""
    while True:
        rtp, rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        rtp.bind((LOOPBACK, 0))
        port = int(rtp.getsockname()[1])
        with contextlib.suppress(OSError, OverflowError):
            if port % 2 == 0:
                rtcp.bind((LOOPBACK, port + 1))
                for each in (rtp, rtcp):
                    each.setblocking(False)
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
                return rtcp, rtp
        rtp.close()
        rtcp.close()
