"""Noises beside a voice, at the rate of the sound daemon; how loud they are is up to its user."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.support.media import sound
from tests.support.media.pulse import RATE

_TALK = "We walked along the river and talked about the plans for next summer, and nobody hurried."


async def hiss(place: Path, seconds: float) -> NDArray[np.float64]:
    return np.random.default_rng(1).normal(0, 1, int(seconds * RATE))


async def fan(place: Path, seconds: float) -> NDArray[np.float64]:
    """A rumble below 400 Hz, and the hum of a motor."""
    noise = await hiss(place, seconds)
    spectrum = np.fft.rfft(noise)
    spectrum[int(400 * seconds) :] = 0
    rumble = np.fft.irfft(spectrum, len(noise))
    time = np.arange(len(noise)) / RATE
    hum = sum(np.sin(2 * np.pi * hertz * time) for hertz in (100, 150, 200, 300))
    mixed: NDArray[np.float64] = rumble / rumble.std() + 0.5 * hum
    return mixed


async def people(place: Path, seconds: float) -> NDArray[np.float64]:
    """Many who speak at once; their voices are written to a folder."""
    size = int(seconds * RATE)
    mixed = np.zeros(size)
    for number, voice in enumerate(("en+m1", "en+f2", "en+m3", "en+f4", "en-us", "en+m7")):
        file = await asyncio.to_thread(sound.speak, place / f"{number}.wav", _TALK, voice)
        talk = np.repeat(sound.load(file), RATE // sound.RATE)
        mixed += np.resize(np.roll(talk, number * RATE), size)
    return mixed


NOISES = {"hiss": hiss, "fan": fan, "people": people}
