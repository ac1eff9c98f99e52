"""Patch 0066 reads the far end's reports (RFC 3550 section 6.4.2)."""

from __future__ import annotations

import socket
import struct

from tests.conftest import NewServer
from tests.native.caller import registered
from tests.native.conftest import NewProbe
from tests.native.driver import Probe
from tests.support.media.srtp import KEY_BYTES, Srtcp
from tests.support.peers import sip

_RECEIVER_REPORT = 201


def _report(lost: int) -> bytes:
    """A receiver report of one source that says how many packets were lost."""
    head = struct.pack("!BBHI", 0x81, _RECEIVER_REPORT, 7, 0xBAD)
    block = struct.pack("!I", 0xCAFE) + b"\0" + lost.to_bytes(3, "big", signed=True)
    return head + block + struct.pack("!IIII", 1, 0, 0, 0)


async def test_more_packets_than_were_sent_are_none_lost(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(new_probe, new_server, answer=200)
    assert (await caller.invite("RTP/SAVP", (sip.crypto(),))).status == 200
    srtcp = Srtcp(bytes(KEY_BYTES))  # the key of `sip.crypto`
    state = await caller.probe.until("srtp")
    host, _, port = state["rtcp_port"].rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(srtcp.protect(_report(5)), (host, int(port)))
        await caller.probe.until("srtp", lambda event: event["lost"] == 5)
        sender.sendto(srtcp.protect(_report(-2)), (host, int(port)))
    await caller.probe.until("srtp", lambda _: len(_losses(caller.probe)) == 3)
    assert _losses(caller.probe) == [0, 5, 0]


def _losses(probe: Probe) -> list[int]:
    return [event["lost"] for event in probe.events if event["event"] == "srtp"]
