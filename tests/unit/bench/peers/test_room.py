"""Rooms of the bench, and what is measured of a voice in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.bench.peers.room.noise import levels, voiced_in
from tests.bench.peers.room.session import kept
from tests.bench.peers.room.sounds import (
    Sound,
    decibels,
    level,
    near_voice,
    received,
    telephone_band,
)
from tests.bench.peers.speech import Floats
from tests.bench.peers.stream import Received
from tests.support.media import sound
from tests.support.media.g711 import PCMU, encoded
from tests.support.media.pulse import RATE
from tests.support.media.room import response


def _tone(hertz: int, seconds: float, rate: int = sound.RATE) -> Floats:
    return 8000 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def test_a_room_takes_8_db_and_dies_away() -> None:
    room = response(-8)
    assert decibels(np.sqrt(np.sum(room**2))) == pytest.approx(-8)
    begin, end = (np.sqrt(np.mean(part**2)) for part in (room[1 : RATE // 50], room[-RATE // 50 :]))
    assert decibels(begin / end) == pytest.approx(56, abs=3)


def test_a_near_voice_is_silent_in_its_pauses(tmp_path: Path) -> None:
    near = near_voice(tmp_path)
    assert np.abs(near.samples[near.pauses]).max() == 0
    assert near.pauses.sum() / sound.RATE == pytest.approx(2 * (0.8 - 0.3), abs=0.01)


def test_received_packets_are_where_their_timestamps_say() -> None:
    payload = encoded(_tone(500, 0.02, 8000).astype(np.int32), PCMU)
    wraps = (1 << 32) - 160
    packets = Received(payloads=[payload, payload], stamps=[wraps, 160], moments=[1000.02, 1000.07])
    heard = received(packets, -900)
    # A packet is sent once its last sample is there; the earliest suggests the start.
    assert heard.begin == pytest.approx(100)
    assert len(heard.samples) == round(0.06 * sound.RATE)
    loudness = [
        np.abs(heard.between(100 + at, 100 + at + 0.01)).max() for at in (0.005, 0.025, 0.045)
    ]
    assert loudness == pytest.approx([8000, 0, 8000], abs=800)


def test_a_voice_may_be_late_and_weaker() -> None:
    voice = np.random.default_rng(3).normal(0, 1000, 2 * sound.RATE)
    other = 0.5 * np.roll(voice, 40)
    assert kept(voice, other) == pytest.approx(0.5)
    assert kept(voice, np.random.default_rng(4).normal(0, 1000, len(voice))) < 0.1


def test_a_sound_continues_with_silence() -> None:
    tone = Sound(_tone(500, 1), 10)
    part = tone.since(10.9, round(0.2 * sound.RATE))
    assert len(part) == round(0.2 * sound.RATE)
    assert np.abs(part[: len(part) // 2]).max() > 7000
    assert np.abs(part[len(part) // 2 :]).max() == 0


def test_the_band_of_a_telephone_has_an_end() -> None:
    low, high = (np.std(telephone_band(_tone(hertz, 1))) for hertz in (1000, 6000))
    assert low == pytest.approx(8000 / np.sqrt(2), rel=0.01)
    assert high < 1


def test_a_voice_is_told_from_the_noise_beside_it(tmp_path: Path) -> None:
    near = near_voice(tmp_path)
    voiced = voiced_in(near)
    assert not (voiced & near.pauses).any()
    noise = np.random.default_rng(5).normal(0, 400, len(near.samples))
    found = levels(near.samples / 2 + noise, near, voiced)
    assert found.noise == pytest.approx(400, rel=0.05)
    assert found.voice == pytest.approx(level(near.samples[voiced]) / 2, rel=0.05)
    # Half the noise is twice the distance.
    quieter = levels(near.samples / 2 + noise / 2, near, voiced)
    assert quieter.ratio_db - found.ratio_db == pytest.approx(6, abs=0.5)
