"""Opus, with no delay before a loss: enhanced, and restored from packets that came."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import NewServer
from tests.native import listening
from tests.native.caller import Caller, registered
from tests.native.conftest import NewProbe
from tests.support.media.opus import Decoder, Speaker, outline
from tests.support.media.sound import TEXT, load, speak
from tests.support.peers import sip

_FRAME = 960  # samples
_QUIET = np.zeros(_FRAME, dtype=np.int16)
_LOUD_BYTES = 1.25
"""A packet that is so much larger than one of silence has a sound in it."""
_IN_BRIDGE = 1
"""Packets that come back before the first with a sound: it is mixed meanwhile."""
_TRIES = 30
_LOST = 200
_AUDIBLE = 300
"""Loudness of a frame in which something is heard, of 32767."""
_ASKS = "a=fmtp:96 useinbandfec=1"
_GAP, _WORD = 12, 2
_OUTLINE_HEAD = 3  # bytes: the number of the extension, and its version
_ONE_FRAME_MS = 20
"""So much is in the jitter buffer at first: nothing that a frame is restored from."""
_SEGMENT = 6400  # samples of 16 kHz: a change of the delay spoils one of them


async def _called(caller: Caller, port: int, attribute: str = "") -> sip.Message:
    """Answer of a probe to a call in Opus."""
    number, name, _ = listening.CODECS["Opus"]
    body = listening.session(caller.server.host, port, number, name, attribute, sip.crypto())
    answer = await caller.ask("INVITE", body)
    assert answer.status == 200
    return answer


# 0112: a frame is decoded when it is due


async def test_a_packet_is_heard_as_soon_as_it_can_be_played(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    caller = await registered(new_probe, new_server, answer=200, echo=True)
    with listening.ear(host) as ear:
        answer = await _called(caller, ear.getsockname()[1])
        far_end = listening.Clocked(ear, answer, await caller.probe.until("srtp"))
        speaker = Speaker(listening.OPUS)
        counts: list[int] = []
        while len(counts) < _TRIES and _IN_BRIDGE not in counts:
            counts.append(await _packets_until_heard(far_end, speaker))
        speaker.close()
    # A busy machine delays some; with a packet held back none comes in time.
    assert min(counts) == _IN_BRIDGE
    assert await caller.probe.quit() == 0


async def _packets_until_heard(far_end: listening.Clocked, speaker: Speaker) -> int:
    """Packets that come back after one with a sound, before the first which has it."""
    silent: list[int] = []
    while len(silent) < 25:
        silent += map(len, await far_end.exchange(speaker.said(_QUIET)))
    loudest = _LOUD_BYTES * np.median(silent)
    await far_end.exchange(speaker.packet(700, 20))
    sizes: list[int] = []
    while not any(size > loudest for size in sizes):
        sizes += map(len, await far_end.exchange(speaker.said(_QUIET)))
    return next(number for number, size in enumerate(sizes) if size > loudest)


@pytest.mark.parametrize("late", [False, True], ids=["even", "late copies"])
async def test_a_lost_packet_is_heard_from_its_copy(
    new_probe: NewProbe, new_server: NewServer, place: Path, late: bool
) -> None:
    caller = await registered(
        new_probe, new_server, answer=200, record=str(place / "heard.wav"),
        prefetch_ms=_ONE_FRAME_MS,
    )  # fmt: skip
    likeness = await _spoken_to(
        caller,
        place,
        lambda number: number % 5 == 4,
        copies=True,
        is_late=lambda number: late and number % 5 == 0,
    )
    # A model of speech alone comes to less than half of it.
    assert likeness > 0.75


# 0110: what is received is enhanced


async def test_a_voice_is_more_than_a_plain_decoder_makes_of_it(
    new_probe: NewProbe, new_server: NewServer, place: Path
) -> None:
    caller = await registered(new_probe, new_server, answer=200, record=str(place / "heard.wav"))
    # Without the enhancement it is 0.99.
    assert 0.85 < await _spoken_to(caller, place, lambda number: False) < 0.95


async def _spoken_to(
    caller: Caller, place: Path, is_lost: Callable[[int], bool], **options: Any
) -> float:
    """Speak to a probe that records `heard.wav`; the likeness to what a plain decoder makes."""
    await _called(caller, 9)
    where = (await caller.probe.until("srtp"))["port"]
    spoken = load(speak(place / "spoken.wav", TEXT))
    sent = await listening.say(where, spoken, is_lost, **options)
    assert await caller.probe.quit() == 0
    return _likeness(load(place / "heard.wav"), _decoded(sent))


def _decoded(payloads: list[bytes]) -> NDArray[np.float64]:
    """Sound of these payloads, at 16 kHz."""
    decoder = Decoder()
    samples = np.concatenate([decoder.decode(payload) for payload in payloads])
    decoder.close()
    return np.asarray(samples.reshape(-1, 3).mean(axis=1), dtype=np.float64)


def _likeness(heard: NDArray[np.float64], said: NDArray[np.float64]) -> float:
    """Share of the spectra of what was said that is heard, at most 1, after the first second.

    The jitter buffer grows in it, so that a packet is there when one is missing.
    """
    found = []
    for start in range(16_000, len(said) - _SEGMENT, _SEGMENT):
        segment = said[start : start + _SEGMENT]
        if np.sqrt((segment**2).mean()) < _AUDIBLE:
            continue
        size = 1 << (len(heard) + _SEGMENT).bit_length()
        match = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(segment, size)), size)
        at = int(match[: len(heard) - _SEGMENT].argmax())
        wanted = _spectra(segment)
        difference = np.linalg.norm(_spectra(heard[at : at + _SEGMENT]) - wanted)
        found.append(1 - difference / np.linalg.norm(wanted))
    return float(np.median(found))


def _spectra(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(np.fft.rfft(samples.reshape(-1, 320) * np.hanning(320), axis=1))


# 0113: several packets in a row are restored


async def test_packets_lost_in_a_row_are_heard_from_the_next(
    new_probe: NewProbe, new_server: NewServer, host: str, place: Path
) -> None:
    packets = await _packets_with_outlines(new_probe, new_server, host)
    heard = await _heard_without_words(new_probe, new_server, place, packets)
    # No packet with a word in it arrived, nor had one before it: none can be guessed.
    assert heard > (_words_in(packets) - 3) * _WORD


async def test_outlines_that_make_no_sense_are_survived(
    new_probe: NewProbe, new_server: NewServer, host: str, place: Path
) -> None:
    packets = await _packets_with_outlines(new_probe, new_server, host)
    chance = random.Random(1)
    scrambled = [_scrambled(packet, chance) for packet in packets]
    await _heard_without_words(new_probe, new_server, place, scrambled)


async def _heard_without_words(
    new_probe: NewProbe, new_server: NewServer, place: Path, packets: list[bytes]
) -> int:
    """Frames in which a probe hears something, of packets without those with words."""
    heard = place / "heard.wav"
    caller = await registered(new_probe, new_server, answer=200, record=str(heard))
    await _called(caller, 9)
    where = (await caller.probe.until("srtp"))["port"]
    await listening.send(where, packets, _loud(packets).__getitem__)
    assert await caller.probe.quit() == 0
    return listening.audible(load(heard))


def _loud(packets: list[bytes]) -> list[bool]:
    """Which packets have a word, for another phone: it passes over what it does not know."""
    decoder = Decoder()
    heard = [decoder.decode(packet[listening.HEAD_BYTES :]) for packet in packets]
    decoder.close()
    return [bool(np.sqrt((samples.astype(float) ** 2).mean()) > _AUDIBLE) for samples in heard]


def _words_in(packets: list[bytes]) -> int:
    return sum(after > before for before, after in itertools.pairwise(_loud(packets)))


def _scrambled(packet: bytes, chance: random.Random) -> bytes:
    """A packet whose outline has the right beginning, and nothing of sense after it."""
    size = len(_outline(packet)) - _OUTLINE_HEAD
    return packet[:-size] + chance.randbytes(size) if size > 0 else packet


async def _packets_with_outlines(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> list[bytes]:
    """Packets of a probe that speaks single words to a far end which loses many."""
    caller = await registered(new_probe, new_server, answer=200, echo=True)
    with listening.ear(host) as ear:
        answer = await _called(caller, ear.getsockname()[1], _ASKS)
        far_end = listening.Clocked(ear, answer, await caller.probe.until("srtp"))
        speaker = Speaker(listening.OPUS, wide=True)
        packets = await far_end.exchange(speaker.said(_QUIET))
        for number, frame in enumerate(_words(15)):
            # It has Deep Redundancy: some of what it sends is what the probe has made.
            copied = packets[-1] if number % 2 else None
            packets += await far_end.exchange(speaker.said(frame, copied))
        # The probe has shown that it has it too, and needs none so far.
        assert any(map(_outline, packets))
        assert not _outline(packets[-1])
        far_end.report(_LOST)
        async with asyncio.timeout(listening.PATIENCE_S):
            while not _outline(packets[-1]):
                packets = await far_end.exchange(speaker.said(_QUIET))
        for frame in _words(15):
            packets += await far_end.exchange(speaker.said(frame))
        speaker.close()
    assert await caller.probe.quit() == 0
    return packets


def _outline(packet: bytes) -> bytes:
    return outline(packet[listening.HEAD_BYTES :])


def _words(count: int) -> Iterator[NDArray[np.int16]]:
    """Frames of words in a voice of 130 Hz, each after a pause."""
    time = np.arange(_WORD * _FRAME) / 48_000
    tones = [
        np.sin(2 * np.pi * 130 * number * time + number**2) / (1 + abs(130 * number - 700) / 300)
        for number in range(1, 25)
    ]
    word = sum(tones, np.zeros_like(time))
    frames = (word / np.abs(word).max() * 16_000).astype(np.int16).reshape(-1, _FRAME)
    for _ in range(count):
        yield from (_QUIET for _ in range(_GAP))
        yield from frames
