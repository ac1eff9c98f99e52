"""A whole call in tshark, from the first registration to the last message."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.call.conftest import NewBaresip
from tests.conftest import NewPhone
from tests.support.media import sound
from tests.support.network.capture import IN_THE_CLEAR, RTP, Capture, RtpPacket, ports_of
from tests.support.network.ports import LOOPBACK
from tests.support.peers.baresip import Wish
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import Outcome
from voip.protocol.accounts import RemoveAccount

_TALK_S = 9
_PACKETS_PER_S = 50
_PCMU = 0


async def test_a_call_of_a_tls_account_shows_nothing_in_the_clear(
    capture: Capture,
    kamailio: Kamailio,
    new_phone: NewPhone,
    new_baresip: NewBaresip,
    authority: Authority,
    speech: Path,
    other_speech: Path,
    place: Path,
) -> None:
    phone = await new_phone()
    await phone.add_secure("alice", LOOPBACK, kamailio.tls_port, authority.file)
    await new_baresip(kamailio, Wish(answermode="auto"))
    await _talk(phone, kamailio, speech, capture)

    assert await capture.shown(IN_THE_CLEAR) == []
    # The messages are in TLS, and the voice flows both ways.
    assert len(await capture.shown(f"tls && tcp.port == {kamailio.tls_port}")) > 20
    packets = await capture.rtp()
    assert len(packets) > 2 * _TALK_S * _PACKETS_PER_S * 0.8
    assert {packet.payload_type for packet in packets} == {_PCMU}
    for spoken in (speech, other_speech):
        assert _likeness(spoken, packets, place) < 0.3


async def test_the_same_call_of_a_udp_account_shows_everything(
    capture: Capture,
    kamailio: Kamailio,
    new_phone: NewPhone,
    new_baresip: NewBaresip,
    speech: Path,
    other_speech: Path,
    place: Path,
) -> None:
    phone = await new_phone()
    await phone.add_open("alice", LOOPBACK, kamailio.port)
    await new_baresip(kamailio, Wish("udp", mediaenc="", answermode="auto"))
    await _talk(phone, kamailio, speech, capture)

    for method in ("REGISTER", "INVITE", "BYE"):
        assert await capture.shown(f'({IN_THE_CLEAR}) && sip.Method == "{method}"')
    packets = await capture.rtp()
    assert len(packets) > 2 * _TALK_S * _PACKETS_PER_S * 0.8
    assert len(await capture.shown(f"({IN_THE_CLEAR}) && {RTP}")) == len(packets)
    for spoken in (speech, other_speech):
        assert _likeness(spoken, packets, place) > 0.9


async def _talk(phone: Phone, server: Kamailio, speech: Path, capture: Capture) -> None:
    """A call to baresip, from `phone`'s registration to its last message."""
    await phone.until_registered("alice")
    call = await phone.call(f"bob@{DOMAIN}", play=str(speech), hangup_after_s=_TALK_S)
    await phone.until_call(lambda c: c.id == call and c.quality.jitter_ms is not None)
    capture.ports = {server.port, server.tls_port, *ports_of(phone.worker_pids())}
    assert (await phone.until_logged(call)).outcome is Outcome.ANSWERED
    await phone.client.ask(RemoveAccount(name="alice"))
    await phone.stop()
    await capture.stop()


def _likeness(spoken: Path, packets: Sequence[RtpPacket], place: Path) -> float:
    """Likeness to `spoken` of the stream that is most like it."""
    keys = []
    for stream in {packet.stream for packet in packets}:
        ours = sorted((p for p in packets if p.stream == stream), key=lambda p: p.sequence)
        if len(ours) > _PACKETS_PER_S:
            heard = _decoded(b"".join(packet.payload for packet in ours), place / "decoded.wav")
            keys.append(sound.piecewise(spoken, heard))
    return max(keys)


def _decoded(payload: bytes, path: Path) -> Path:
    """Write PCMU (ITU-T G.711, mu-law) as a WAV file."""
    flipped = ~np.frombuffer(payload, dtype=np.uint8)
    exponent, mantissa = (flipped >> 4) & 7, (flipped & 15).astype(np.int32)
    size = (((mantissa << 3) + 132) << exponent) - 132
    samples = np.where(flipped & 128, -size, size)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.astype("<i2").tobytes())
    return path
