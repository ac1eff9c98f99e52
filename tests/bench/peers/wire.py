"""Requests to the registrar as dumpcap sees them leave a phone."""

from __future__ import annotations

import asyncio
import bisect
import shutil
import struct

from tests.support.processes import end

_FILE_HEADER, _PACKET_HEADER = 24, 16  # of pcap, in microseconds
_ETHERNET = 14
_PATIENCE_S = 10.0
_LEAST_BYTES = 400
"""An INVITE is larger; pings and answers to the registrar's own requests are smaller."""


class Wire:
    """Moments of large messages to the registrar's ports, by the kernel's clock."""

    def __init__(self, tls_port: int, udp_port: int) -> None:
        self._ports = (tls_port, udp_port)
        self._moments: list[float] = []
        self._news = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        program = shutil.which("dumpcap")
        assert program, "dumpcap is missing: run ./check, which installs tshark"
        tls, udp = self._ports
        self._process = await asyncio.create_subprocess_exec(
            program, "-q", "-P", "-i", "lo", "-s", "128",
            "-f", f"tcp dst port {tls} or udp dst port {udp}", "-w", "-",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert self._process.stdout is not None
        # The file's header comes once it listens.
        async with asyncio.timeout(_PATIENCE_S):
            await self._process.stdout.readexactly(_FILE_HEADER)
        self._task = asyncio.create_task(self._read(self._process.stdout))

    async def stop(self) -> None:
        if self._process is not None:
            await end(self._process)
        if self._task is not None:
            await self._task

    async def first_after(self, moment: float) -> float:
        """Moment of the first large message after `moment`, both in Unix time."""
        async with asyncio.timeout(_PATIENCE_S):
            while (at := bisect.bisect_left(self._moments, moment)) == len(self._moments):
                self._news.clear()
                await self._news.wait()
        return self._moments[at]

    async def _read(self, stream: asyncio.StreamReader) -> None:
        try:
            while True:
                header = await stream.readexactly(_PACKET_HEADER)
                seconds, microseconds, kept, _ = struct.unpack("=IIII", header)
                packet = await stream.readexactly(kept)
                if _payload(packet) >= _LEAST_BYTES:
                    bisect.insort(self._moments, seconds + microseconds / 1e6)
                    self._news.set()
        except asyncio.IncompleteReadError:
            return


def _payload(frame: bytes) -> int:
    """Bytes that an Ethernet frame of IPv4 carries in TCP or UDP."""
    packet = frame[_ETHERNET:]
    head = (packet[0] & 0x0F) * 4
    (length,) = struct.unpack_from("!H", packet, 2)
    tcp = (packet[head + 12] >> 4) * 4 if packet[9] == 6 else 8
    return int(length) - head - tcp
