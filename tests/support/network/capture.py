"""Packets of the loopback interface, caught by dumpcap, read by tshark."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from tests.support.network.ports import LOOPBACK

_PATIENCE_S = 20
_BEGINS = b"offhook: the capture begins"
_ENDS = b"offhook: the capture ends"

IN_THE_CLEAR = "sip || (rtp.p_type in {0, 8, 9} && len(rtp.payload) % 80 == 0)"
"""Display filter for readable SIP, and for RTP that is not SRTP.

10 ms of G.711 and of G.722 are 80 bytes, and SRTP adds 10 to 16 to a packet.
"""

RTP = "rtp.ssrc"
"""Display filter for RTP and SRTP.

On a port that had a voice, SIP and DTLS are shown as RTP too, without a source.
"""

READING = ("--enable-heuristic", "rtp_udp", "--disable-protocol", "dtls")
"""Options by which tshark finds voice on unannounced ports.

Where it has seen a DTLS handshake, it takes all that follows for SRTP, even plain voice.
"""


class RtpPacket(NamedTuple):
    """An RTP packet.

    `stream` is its sender and SSRC, `payload` all that follows the header.
    """

    stream: str
    sequence: int
    payload_type: int
    payload: bytes


class Capture:
    """Everything on the loopback interface from `start` to `stop`.

    Other tests run beside it, so queries are limited to `ports` of 127.0.0.1.
    """

    def __init__(self, path: Path) -> None:
        self.ports: set[int] = set()
        self._path = path
        self._caught = bytearray()
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return once packets are caught for certain."""
        program = shutil.which("dumpcap")
        assert program, "dumpcap is missing: run ./check, which installs tshark"
        self._process = await asyncio.create_subprocess_exec(
            program, "-q", "-P", "-i", "lo", "-f", "udp or tcp", "-w", "-",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        self._task = asyncio.create_task(self._read(self._process.stdout))
        await self._until_caught(_BEGINS)

    async def stop(self) -> None:
        """Return once everything sent before is in the file."""
        assert self._process is not None and self._task is not None
        if self._process.returncode is not None:
            return
        try:
            await self._until_caught(_ENDS)
        finally:
            if self._process.returncode is None:
                self._process.terminate()
            await asyncio.gather(self._process.wait(), self._task)
        self._path.write_bytes(self._caught)

    async def shown(self, display_filter: str) -> list[str]:
        """A line for each packet that a display filter shows."""
        return (await self._tshark(display_filter)).splitlines()

    async def rtp(self) -> list[RtpPacket]:
        """Everything that looks like RTP, SRTP included, in the order of sending."""
        source, kept = ("ip.src", "udp.srcport", "rtp.ssrc"), ("rtp.seq", "rtp.p_type")
        fields = [word for name in (*source, *kept, "rtp.payload") for word in ("-e", name)]
        rows = []
        for packet in json.loads(await self._tshark(RTP, "-T", "json", *fields)):
            values_of = {name: values[0] for name, values in packet["_source"]["layers"].items()}
            stream = " ".join(values_of[name] for name in source)
            sequence, kind = (int(values_of[name]) for name in kept)
            payload = bytes.fromhex(values_of.get("rtp.payload", "").replace(":", ""))
            rows.append(RtpPacket(stream, sequence, kind, payload))
        return rows

    async def _tshark(self, display_filter: str, *words: str) -> str:
        ports = ", ".join(map(str, sorted(self.ports)))
        # A port of another address is another test's, whatever its number is.
        ours = " || ".join(
            f"(ip.{end} == {LOOPBACK} && {protocol}.{end}port in {{{ports}}})"
            for protocol in ("udp", "tcp")
            for end in ("src", "dst")
        )
        process = await asyncio.create_subprocess_exec(
            "tshark", "-n", "-r", str(self._path), *READING, "-Y",
            f"({ours}) && ({display_filter})", *words,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode()

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while data := await stream.read(65536):
            self._caught += data

    async def _until_caught(self, mark: bytes) -> None:
        """Send a mark until it is caught: all earlier packets are then caught."""
        assert self._process is not None and self._process.stderr is not None
        ended = asyncio.ensure_future(self._process.wait())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as target:
            target.bind((LOOPBACK, 0))
            async with asyncio.timeout(_PATIENCE_S):
                while mark not in self._caught and not ended.done():
                    target.sendto(mark, target.getsockname())
                    # No event reports that dumpcap listens.
                    await asyncio.wait({ended}, timeout=0.05)
        if mark not in self._caught:
            said = (await self._process.stderr.read()).decode()
            raise AssertionError(
                f"dumpcap ended: {said}\nMay this user capture packets? Only root may, and the "
                "group wireshark after “dpkg-reconfigure wireshark-common”."
            )
        ended.cancel()


def ports_of(processes: Iterable[int]) -> set[int]:
    """Ports of every IPv4 socket that the processes have now."""
    inodes = {link for process in processes for link in _sockets(process)}
    rows = set()
    for table in ("udp", "tcp"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if f"socket:[{words[9]}]" in inodes:
                rows.add(int(words[1].rpartition(":")[2], 16))
    return rows


def _sockets(process: int) -> Collection[str]:
    return {
        str(link.readlink()) for link in Path(f"/proc/{process}/fd").iterdir() if link.is_symlink()
    }
