"""A far end's voice: the tone it sends, and tones in received packets."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import itertools
import re
import socket
import struct
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.support.media.g711 import PCMA, PCMU, decoded, encoded
from tests.support.media.pace import Pace
from tests.support.media.srtp import NotAuthentic, Srtcp, Srtp

RATE = 8000
EVENTS = 101
"""Payload type of telephone events."""
OPUS = 96
"""Payload type of Opus, as PJSIP has it."""
FRAME = 160  # 20 ms of G.711
STEP_HZ = RATE // FRAME
"""Hertz: each frame of a tone that is a multiple of it is the same."""

_RECEIVER_REPORT = 201
_SO_TIMESTAMPNS = 35  # asm-generic/socket.h
_KEY = bytes(range(1, 31))
TONE_PEAK = 8000
_PATIENCE_S = 40
_STEADY_FRAMES = 3
_HEARD = 0.02  # of full scale, in the bin of a tone


class Frame(NamedTuple):
    """A received packet: the kernel's time (ns), and its tones (Hz)."""

    at: int
    tones: frozenset[int]


class OpusPacket(NamedTuple):
    """A received packet of Opus: its place in time (1/48000 s), and its bytes."""

    at: int
    payload: bytes


class Voice:
    """An RTP socket of `host` that sends a tone and notes received packets.

    `tones` are those that are listened for. With `secret` it speaks SRTP. `frame`
    is the samples in each packet that it sends, `ssrc` its source (RFC 3550
    section 5.1), `payload_type` its codec, PCMU or PCMA, and `speaks` decides if
    it sends; they may change at any time. `sizes` are the samples in each received
    packet, `opus` those of Opus in order, `events` the digits of telephone events
    (RFC 4733), `peak` its loudness, `least` that of a tone which is heard, of full scale.
    """

    def __init__(
        self, host: str, hertz: int, tones: tuple[int, ...], secret: bool, peak: int = TONE_PEAK
    ) -> None:
        self.frames: list[Frame] = []
        self._clear = 0
        self._early: list[tuple[bytes, int]] = []
        self.frame = FRAME
        self.sizes: list[int] = []
        self.opus: list[OpusPacket] = []
        self.events: list[str] = []
        self.ssrc = 0x0FF
        self.payload_type = PCMU
        self.speaks = True
        self.least = _HEARD
        self.secret = secret
        self._tones = tones
        self._payloads = {codec: encoded(_tone(hertz, peak), codec) for codec in (PCMU, PCMA)}
        self._key = _KEY
        self._sending = Srtp(self._key) if secret else None
        self._reporting = Srtcp(self._key) if secret else None
        self._keys: list[Srtp] = []
        self._to: tuple[str, int] | None = None
        self._reports_to: tuple[str, int] | None = None
        self._task: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._sequence = itertools.count(1)
        self._is_ipv6 = ":" in host
        family = socket.AF_INET6 if self._is_ipv6 else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setblocking(False)
        self._socket.bind((host, 0))
        asyncio.get_running_loop().add_reader(self._socket, self._receive)

    @property
    def crypto(self) -> str:
        """Its a=crypto line (RFC 4568 section 9.1), for tag 1 unless replaced."""
        return f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{base64.b64encode(self._key).decode()}"

    @property
    def clear(self) -> int:
        """Packets that none of its keys opens; without a key, all."""
        return self._clear + len(self._early)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def follow(self, body: str) -> None:
        """Speak to the address of a session of the phone, with its keys."""
        address = re.search(r"^c=IN IP[46] (\S+)", body, re.MULTILINE)
        port = re.search(r"^m=audio (\d+)", body, re.MULTILINE)
        assert address is not None
        assert port is not None
        # RFC 4291 section 2.5.5.2: an IPv4 address, as an IPv6 socket names it.
        mapped = "::ffff:" if self._is_ipv6 and ":" not in address[1] else ""
        self._to = (mapped + address[1], int(port[1]))
        # RFC 3605; without the attribute it is the next port.
        rtcp = re.search(r"^a=rtcp:(\d+)", body, re.MULTILINE)
        self._reports_to = (self._to[0], int(rtcp[1]) if rtcp else self._to[1] + 1)
        pattern = r"^a=crypto:\d+ AES_CM_128_HMAC_SHA1_80 inline:(\S+)"
        if self.secret and (key := re.search(pattern, body, re.MULTILINE)):
            # A packet from before the change may still be on its way.
            self._keys.insert(0, Srtp(base64.b64decode(key[1].split("|")[0])))
            early, self._early = self._early, []
            for data, at in early:
                self._note(data, at)
        if self._task is None:
            self._task = asyncio.create_task(self._speak())

    async def until_digits(self, digits: str) -> None:
        """Wait until these digits have come as telephone events, and no others."""
        async with asyncio.timeout(_PATIENCE_S):
            while len(self.events) < len(digits):
                self._news.clear()
                await self._news.wait()
        assert "".join(self.events) == digits

    async def until_heard(self, packets: int) -> None:
        """Wait for more packets of the phone's."""
        count = len(self.frames) + packets
        async with asyncio.timeout(_PATIENCE_S):
            while len(self.frames) < count:
                self._news.clear()
                await self._news.wait()

    async def until_opus(self, packets: int) -> list[OpusPacket]:
        """Wait for more packets of Opus; returns them."""
        count = len(self.opus)
        async with asyncio.timeout(_PATIENCE_S):
            while len(self.opus) < count + packets:
                self._news.clear()
                await self._news.wait()
        return self.opus[count:]

    def report(self, lost: int) -> None:
        """Send a receiver report of all packets `lost` so far."""
        packet = receiver_report(self.ssrc, lost)
        data = self._reporting.protect(packet) if self._reporting else packet
        assert self._reports_to is not None
        self._socket.sendto(data, self._reports_to)

    def hears(self, since: int = 0) -> frozenset[int]:
        """Tones in the packets from number `since` on."""
        return frozenset().union(*(frame.tones for frame in self.frames[since:]))

    def rekey(self) -> None:
        """Send with another key from now on (RFC 4568 section 7.1.4)."""
        self._key = bytes(reversed(self._key))
        self._sending, self._reporting = Srtp(self._key), Srtcp(self._key)

    async def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._socket.close()

    async def _speak(self) -> None:
        pace, stamp = Pace(), 0
        for number in self._sequence:
            codec = self.payload_type
            head = struct.pack("!BBHII", 0x80, codec, number & 0xFFFF, stamp, self.ssrc)
            packet = head + (self._payloads[codec] * 8)[: self.frame]
            duration = self.frame / RATE
            stamp += self.frame
            data = self._sending.protect(packet) if self._sending else packet
            assert self._to is not None
            with contextlib.suppress(OSError):
                if self.speaks:
                    self._socket.sendto(data, self._to)
            await pace.after(duration)

    def _receive(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                data, ancillary, _, _ = self._socket.recvmsg(2048, 64)
                self._note(data, _arrival(ancillary))

    def _note(self, data: bytes, at: int) -> None:
        if len(data) < 12 or not 128 <= data[0] <= 191 or 192 <= data[1] <= 223:
            return  # RTCP on the same port, or not RTP at all (RFC 7983)
        if self.secret and not self._keys:
            # Voice may overtake the answer that holds its keys.
            self._early.append((data, at))
            return
        packet = self._opened(data) if self.secret else data
        if packet is None:
            self._clear += 1
        elif packet[1] == 0x80 | EVENTS:  # the marker bit is in the first alone
            self.events.append("0123456789*#ABCD"[packet[12]])
            self._news.set()
        elif packet[1] & 0x7F == PCMU:
            samples = decoded(packet[12:])
            self.sizes.append(len(samples))
            self._news.set()
            tones = tones_in(samples, RATE, self._tones, self.least)
            self.frames.append(Frame(at, tones))
        elif packet[1] & 0x7F == OPUS:
            at_sample = int.from_bytes(packet[4:8], "big")
            self.opus.append(OpusPacket(at_sample, packet[12:]))
            self._news.set()

    def _opened(self, data: bytes) -> bytes | None:
        for keys in self._keys:
            with contextlib.suppress(NotAuthentic):
                return keys.open(data)
        return None


def receiver_report(ssrc: int, lost: int) -> bytes:
    """Report of `ssrc` (RFC 3550 section 6.4.2) of all packets `lost` so far."""
    head = struct.pack("!BBHI", 0x81, _RECEIVER_REPORT, 7, ssrc)
    return head + struct.pack("!IIIIII", 0, lost, 0, 0, 0, 0)


def steady(frames: Iterable[Frame]) -> frozenset[int]:
    """Tones of three frames and more; the break of one tone holds others for a frame."""
    counts = Counter(hertz for frame in frames for hertz in frame.tones)
    return frozenset(hertz for hertz, count in counts.items() if count >= _STEADY_FRAMES)


def tones_in(
    samples: NDArray[np.float64], rate: int, tones: tuple[int, ...], least: float = _HEARD
) -> frozenset[int]:
    """Tones that `samples` (-1.0 to 1.0) hold for their whole length, `least` and louder."""
    if len(samples) < FRAME or not tones:
        return frozenset()
    strengths = np.abs(_waves(len(samples), rate, tones) @ samples)
    return frozenset(
        hertz for hertz, strength in zip(tones, strengths, strict=True) if strength > least
    )


@functools.cache
def _waves(size: int, rate: int, tones: tuple[int, ...]) -> NDArray[np.complex128]:
    """A row for each tone: its product with samples is the tone's amplitude."""
    window = np.hanning(size)
    time = np.arange(size) / rate
    rows = [np.exp(-2j * np.pi * hertz * time) * window for hertz in tones]
    return np.asarray(rows, dtype=np.complex128) * (2 / float(window.sum()))


def _arrival(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data)
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    raise AssertionError("the kernel told no time of arrival")


def _tone(hertz: int, peak: int) -> NDArray[np.int64]:
    assert hertz % STEP_HZ == 0
    return np.asarray(peak * np.sin(2 * np.pi * hertz * np.arange(FRAME) / RATE), dtype=np.int64)
