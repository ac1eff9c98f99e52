"""Readable packets on the loopback interface.

Seeing packets needs root or CAP_NET_RAW. Without it nothing is seen,
and the sinks alone are the evidence.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import struct
import wave
from collections import defaultdict
from collections.abc import Iterable, Iterator
from ctypes import addressof, create_string_buffer
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.support.media import sound

_ETH_P_IP = 0x0800
_SO_ATTACH_FILTER = 26
_SO_RCVBUFFORCE = 33
_SOL_PACKET = 263
_PACKET_STATISTICS = 6
_BUFFER = 32 << 20

_TCP, _UDP = 6, 17
_RTP_HEADER = 12
_FRAME = 160  # 20 ms of G.711
_ENOUGH = 10 * _FRAME
_ALIKE = 0.5
"""Correlation: ciphertext has about 0.05 with speech, speech itself 0.9."""

_SIP = re.compile(rb"(?:^|\r\n)(?:SIP/2\.0 \d{3} |[A-Z]+ [^\r\n]+ SIP/2\.0\r\n|Via: SIP/2\.0)")


@dataclass(frozen=True)
class Packet:
    """Payload of one UDP datagram or TCP segment."""

    protocol: int
    source: str
    destination: str
    port: int
    payload: bytes


class Wire:
    """Packets from or to addresses that share `prefix`, such as “127.20.4.”."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._socket: socket.socket | None = None
        with contextlib.suppress(PermissionError):
            self._socket = _open(ipaddress.ip_network(f"{prefix}0/24"))

    @property
    def blind(self) -> bool:
        return self._socket is None

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def take(self) -> list[Packet]:
        """Packets sent to the network's addresses by others since the last call."""
        if self._socket is None:
            return []
        packets = list(_packets(self._socket))
        statistics = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        assert struct.unpack("II", statistics)[1] == 0, "packets were lost"
        return [p for p in packets if not p.source.startswith(self._prefix)]


def readable_sip(packets: Iterable[Packet]) -> list[str]:
    """SIP messages that anybody on the way could read."""
    return [
        f"to {p.destination}:{p.port}: {p.payload[:80]!r}"
        for p in packets
        if _SIP.search(p.payload)
    ]


def likeness(packets: Iterable[Packet], speech: Path, folder: Path) -> float:
    """Likeness of G.711 in RTP to the speech: the best stream's, -1 to 1."""
    streams: dict[tuple[str, int, bytes], bytearray] = defaultdict(bytearray)
    for packet in packets:
        data = packet.payload
        if packet.protocol == _UDP and len(data) >= _RTP_HEADER + _FRAME and data[0] >> 6 == 2:
            stream = streams[packet.destination, packet.port, data[8:_RTP_HEADER]]
            stream += data[_RTP_HEADER : _RTP_HEADER + _FRAME]
    file = folder / "crossed.wav"
    best = 0.0
    for voice in streams.values():
        if len(voice) >= _ENOUGH:
            _write(file, bytes(voice))
            best = max(best, sound.correlation(speech, file))
    return best


def is_alike(value: float) -> bool:
    return value > _ALIKE


def _open(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> socket.socket:
    # With a protocol it would receive at once, what others send before there is a filter too.
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
    base, mask = int(network.network_address), int(network.netmask)
    # Destination, then source, each as a word of the IP header (RFC 791).
    program = [
        (0x20, 0, 0, 16), (0x54, 0, 0, mask), (0x15, 3, 0, base),
        (0x20, 0, 0, 12), (0x54, 0, 0, mask), (0x15, 0, 1, base),
        (0x06, 0, 0, 0x40000), (0x06, 0, 0, 0),
    ]  # fmt: skip
    code = create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    head = struct.pack("HL", len(program), addressof(code))
    opened.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, head)
    opened.bind(("lo", _ETH_P_IP))
    return opened


def _packets(opened: socket.socket) -> Iterator[Packet]:
    while True:
        try:
            data = opened.recv(0x20000)
        except BlockingIOError:
            return
        start = 4 * (data[0] & 15)
        protocol = data[9]
        if protocol == _UDP:
            offset = start + 8
        elif protocol == _TCP:
            offset = start + 4 * (data[start + 12] >> 4)
        else:
            continue
        yield Packet(
            protocol=protocol,
            source=socket.inet_ntoa(data[12:16]),
            destination=socket.inet_ntoa(data[16:20]),
            port=int.from_bytes(data[start + 2 : start + 4]),
            payload=data[offset:],
        )


def _write(path: Path, law: bytes) -> None:
    """Write mu-law (G.711) as a WAV file."""
    code = ~np.frombuffer(law, dtype=np.uint8)
    exponent = (code >> 4) & 7
    size = (((code.astype(np.int32) & 15) << 3) + 132 << exponent) - 132
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(np.where(code & 0x80, -size, size).astype("<i2").tobytes())
