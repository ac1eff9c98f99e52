"""Foreign packets on the RTP port, and the lock's reaction to them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import struct
from collections.abc import AsyncIterator, Sequence

import pytest

from tests.call.hostile.stage import Stage
from tests.support.peers import sip
from voip.model import CallState
from voip.protection import LockReport
from voip.protocol.calls import Hold
from voip.protocol.trust import GetLock

pytestmark = pytest.mark.asyncio(loop_scope="session")

_FORGED = "voice packets arrive that are not authentic"
_REPORTS = 3

_STUN = struct.pack("!HHI", 0x0001, 0, 0x2112A442) + bytes(12)  # RFC 8489 section 5
_KEEP_ALIVES = {
    "STUN": _STUN,
    "nothing": b"",
    "an end of line": b"\r\n\r\n",
    "a byte": b"\0",
    "a header that is cut short": b"\x80\x00" + bytes(8),
    "ZRTP": b"\x10\x00" + bytes(40),
    "TURN": b"\x40\x00" + bytes(40),
    "DTLS": b"\x16\xfe\xfd" + bytes(40),
    "any letters": b"\xc0" + bytes(40),
}


@pytest.mark.parametrize("kind", list(_KEEP_ALIVES))
async def test_what_is_not_rtp_opens_no_lock_and_is_not_counted(stage: Stage, kind: str) -> None:
    far, call = await stage.up()
    await stage.phone.client.ask(Hold(call=call))
    await stage.phone.until_state(call, CallState.HELD)
    position = len(stage.phone.events)
    async with _sending(far.offered, [_KEEP_ALIVES[kind]] * 20):
        await _reports(stage, call, position)
    assert all(c.lock.closed for c in stage.phone.locks(call) if c.state is CallState.HELD)
    assert await _rejected(stage, call) == 0


async def test_two_forged_packets_a_second_open_no_lock(stage: Stage) -> None:
    far, call = await stage.up()
    position = len(stage.phone.events)
    # Each report gets two at most, however late it comes.
    for _ in range(_REPORTS):
        with _socket(far.offered) as sender:
            sender.send(_forged())
            sender.send(_forged())
        position = await _report(stage, call, position)
    assert all(c.lock.closed for c in stage.phone.locks(call) if c.state is CallState.ACTIVE)
    assert await _rejected(stage, call) > 0


@pytest.mark.parametrize("held", [False, True])
async def test_forged_packets_open_the_lock_while_they_come(stage: Stage, held: bool) -> None:
    far, call = await stage.up()
    if held:
        await stage.phone.client.ask(Hold(call=call))
        await stage.phone.until_state(call, CallState.HELD)
    position = len(stage.phone.events)
    async with _sending(far.offered, [_forged() for _ in range(20)]):
        await stage.phone.until_call(lambda c: c.id == call and c.lock.why == _FORGED, position)
    position = len(stage.phone.events)
    await stage.phone.until_call(lambda c: c.id == call and c.lock.closed, position)


def _forged() -> bytes:
    return struct.pack("!BBHII", 0x80, 0, 1, 160, 0xBAD) + os.urandom(170)


def _socket(offer: sip.Message) -> socket.socket:
    host = re.search(r"^c=IN IP4 (\S+)", offer.body, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", offer.body, re.MULTILINE)
    assert host is not None
    assert port is not None
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.connect((host[1], int(port[1])))
    return sender


@contextlib.asynccontextmanager
async def _sending(offer: sip.Message, packets: Sequence[bytes]) -> AsyncIterator[None]:
    """Send the packets twice a second, over and over."""
    sender = _socket(offer)

    async def send() -> None:
        while True:
            for packet in packets:
                sender.send(packet)
            await asyncio.sleep(0.5)

    task = asyncio.create_task(send())
    try:
        yield
    finally:
        task.cancel()
        sender.close()


async def _reports(stage: Stage, call: str, position: int) -> None:
    for _ in range(_REPORTS):
        position = await _report(stage, call, position)


async def _report(stage: Stage, call: str, position: int) -> int:
    """Wait for the next second's measurement of the call."""
    await stage.phone.until_call(lambda c: c.id == call, position)
    return len(stage.phone.events)


async def _rejected(stage: Stage, call: str) -> int:
    report = await stage.phone.client.get(GetLock(call=call), LockReport)
    return sum(stream.rejected for stream in report.streams)
