"""Opus as an account asks for it: what the phone itself sends."""

from __future__ import annotations

import itertools
import wave
from pathlib import Path

import numpy as np
import pytest

from tests.call.sessions.conftest import Up
from tests.support.media.opus import Decoder, has_copy, outline
from tests.support.media.sound import TEXT, speak
from tests.support.media.voice import OPUS, OpusPacket
from tests.support.peers.party import Party
from tests.support.phone import Phone
from voip.protocol.calls import Play

_RATE = 48000
_FRAME = _RATE // 50
_LOUD = 3000  # of 32767
_PAUSE = range(15 * _FRAME, 25 * _FRAME)
"""Opus sends a frame after about 400 ms in which nobody speaks."""


@pytest.fixture
def noise(place: Path) -> Path:
    """A minute of loud noise: Opus needs most of its bits for it."""
    path = place / "noise.wav"
    samples = np.random.default_rng(1).integers(-9000, 9000, 60 * 16000, dtype=np.int16)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def _speaks_opus(party: Party, parameters: str = "") -> None:
    party.formats = str(OPUS)
    party.attributes = (f"a=rtpmap:{OPUS} opus/48000/2",)
    if parameters:
        party.attributes += (f"a=fmtp:{OPUS} {parameters}",)


def _bits_a_second(packets: list[OpusPacket]) -> float:
    sizes = [len(packet.payload) for packet in packets[:-1]]
    return 8 * sum(sizes) * _RATE / (packets[-1].at - packets[0].at)


def _gaps(packets: list[OpusPacket]) -> set[int]:
    return {after.at - before.at for before, after in itertools.pairwise(packets)}


@pytest.mark.parametrize(
    ("ours", "theirs", "rate"),
    [(16000, "", 16000), (64000, "", 64000), (64000, "maxaveragebitrate=24000", 24000),
     (24000, "maxaveragebitrate=48000", 24000)],
)  # fmt: skip
async def test_no_more_bits_are_sent_than_either_end_asks_for(
    party_phone: Phone, party: Party, up: Up, noise: Path, ours: int, theirs: str, rate: int
) -> None:
    _speaks_opus(party, theirs)
    call = await up(opus_bit_rate=ours)
    await party_phone.client.ask(Play(call=call, path=str(noise)))
    await party.voice.until_opus(50)
    packets = await party.voice.until_opus(100)
    # Opus tells noise from voice, and spares some bits on it.
    assert rate * 0.7 < _bits_a_second(packets) < rate * 1.1
    assert party.voice.clear == 0


@pytest.mark.parametrize("theirs", ["", "usedtx=1"])
async def test_little_is_sent_while_nobody_speaks(
    party_phone: Phone, party: Party, up: Up, noise: Path, theirs: str
) -> None:
    _speaks_opus(party, theirs)
    call = await up(opus_dtx=True)
    # The first moments go out in full.
    await party.voice.until_opus(20)
    assert all(gap in _PAUSE for gap in _gaps(await party.voice.until_opus(5)))
    await party_phone.client.ask(Play(call=call, path=str(noise)))
    await party.voice.until_opus(10)
    assert _gaps(await party.voice.until_opus(50)) == {_FRAME}


@pytest.mark.parametrize(("ours", "theirs"), [(False, ""), (False, "usedtx=1"), (True, "usedtx=0")])
async def test_everything_is_sent_where_either_end_wants_no_pauses(
    party: Party, up: Up, ours: bool, theirs: str
) -> None:
    _speaks_opus(party, theirs)
    await up(opus_dtx=ours)
    assert _gaps(await party.voice.until_opus(100)) == {_FRAME}


async def test_copies_are_sent_only_where_packets_are_lost(
    party_phone: Phone, party: Party, up: Up, place: Path
) -> None:
    async def has_copies() -> bool:
        # What is on its way was sent before the report.
        await party.voice.until_opus(25)
        return any(has_copy(packet.payload) for packet in await party.voice.until_opus(100))

    _speaks_opus(party, "useinbandfec=1")
    call = await up()
    speech = speak(place / "speech.wav", " ".join([TEXT] * 3))
    await party_phone.client.ask(Play(call=call, path=str(speech)))
    assert await has_copies()
    party.voice.report(lost=0)
    assert not await has_copies()
    party.voice.report(lost=1)
    assert await has_copies()
    # A line that has lost packets is not trusted at once.
    party.voice.report(lost=1)
    assert await has_copies()


async def test_outlines_are_shown_and_not_sent_to_a_far_end_that_has_none(
    party_phone: Phone, party: Party, up: Up, place: Path
) -> None:
    _speaks_opus(party, "useinbandfec=1")
    call = await up()
    speech = speak(place / "speech.wav", " ".join([TEXT] * 3))
    await party_phone.client.ask(Play(call=call, path=str(speech)))
    shown = [packet.payload for packet in await party.voice.until_opus(200)]
    assert any(map(outline, shown))
    # The voice in it is there for a decoder that passes over them.
    decoder = Decoder()
    heard = [decoder.decode(payload) for payload in shown]
    decoder.close()
    assert np.abs(np.concatenate(heard)).max() > _LOUD
    party.voice.report(lost=50)
    packets = await party.voice.until_opus(125)
    assert not any(outline(packet.payload) for packet in packets)
    assert any(has_copy(packet.payload) for packet in packets)


async def test_no_outlines_are_sent_to_a_far_end_that_wants_no_redundancy(
    party_phone: Phone, party: Party, up: Up, place: Path
) -> None:
    _speaks_opus(party)
    call = await up()
    speech = speak(place / "speech.wav", TEXT)
    await party_phone.client.ask(Play(call=call, path=str(speech)))
    packets = await party.voice.until_opus(150)
    assert not any(outline(packet.payload) for packet in packets)
