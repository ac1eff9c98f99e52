"""Every order of three events: hearing at each end, and encryption.

The microphone follows the user's wish at once and always, whatever far
ends agree to. Sound is measured at the far ends and at the speaker.
"""

from __future__ import annotations

import asyncio
import itertools
import wave
from pathlib import Path

import numpy as np
import pytest

from tests.call.conftest import NewPulse, NewSoundPhone
from tests.call.hearing.lane import FILE, FIRST, SECOND, TONES, Lane
from tests.support.peers.hostile import own_host
from tests.support.peers.party import Party
from tests.support.pki import Authority
from voip.protection import Transport

EVENTS = (
    "hold",
    "refused",
    "late",
    "resume",
    "hold_there",
    "resume_there",
    "mute",
    "file",
    "second",
)

PAIRS = (
    (Transport.TLS, Transport.TLS),
    (Transport.UDP, Transport.UDP),
    (Transport.TLS, Transport.UDP),
    (Transport.UDP, Transport.TLS),
)


def orders() -> list[tuple[str, ...]]:
    """Every order of three events; only a call held there is resumed there."""
    return [
        order
        for order in itertools.permutations(EVENTS, 3)
        if "resume_there" not in order or "hold_there" in order[: order.index("resume_there")]
    ]


def test_there_are_as_many_orders_as_were_asked_for() -> None:
    assert len(orders()) >= 200
    assert {event for order in orders() for event in order} == set(EVENTS)


@pytest.mark.waits
@pytest.mark.realtime
@pytest.mark.timeout(900)
@pytest.mark.parametrize("half", [0, 1])
async def test_who_hears_whom_follows_the_user_whatever_far_ends_agree_to(
    new_pulse: NewPulse,
    new_sound_phone: NewSoundPhone,
    authority: Authority,
    place: Path,
    half: int,
) -> None:
    file = place / "file.wav"
    _write_tone(file)
    host = own_host()
    leaf = authority.issue("party", addresses=[host])

    async def run(number: int, pair: tuple[Transport, Transport]) -> None:
        pulse = await new_pulse(f"desk{number}")
        phone = await new_sound_phone(pulse.client_environment, name=f"phone{number}")
        first = Party(host, pair[0], leaf, FIRST, TONES)
        second = Party(host, pair[1], leaf, SECOND, TONES)
        async with pulse.listen() as ear:
            lane = Lane(phone, pulse, ear, first, second, file)
            await lane.start(authority.file)
            for order in orders()[number + len(PAIRS) * half :: 2 * len(PAIRS)]:
                await lane.play(order)
        await first.stop()
        await second.stop()

    async with asyncio.TaskGroup() as group:
        for number, pair in enumerate(PAIRS):
            group.create_task(run(number, pair))


def _write_tone(path: Path) -> None:
    samples = 8000 * np.sin(2 * np.pi * FILE * np.arange(60 * 16000) / 16000)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
        out.writeframes(samples.astype("<i2").tobytes())
