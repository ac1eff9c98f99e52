"""Near speaker of a room, and what the far end received of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.bench.peers.speech import Floats, Speech, resampled
from tests.bench.peers.stream import Received
from tests.support.media import sound
from tests.support.media.g711 import decoded

_SENTENCES = (
    "Please bring the large green folder to the meeting.",
    "Tell Martin that his train leaves at nine.",
)
_PAUSE_S = 0.8
_NEAR_S = (0.25, 0.05)
"""Parts of a pause that do not count: a voice's end, as a phone and a room have it, its start."""

_G711_RATE = 8000
_BAND = (150, 3400)  # hertz

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Near:
    """A second speaker at 16 kHz, as loud as the first; `pauses` are samples of silence."""

    samples: Floats
    pauses: Bools


def near_voice(folder: Path) -> Near:
    """A voice that is spoken into files of a folder."""
    pieces, quiet = [], []
    end, start = (round(seconds * sound.RATE) for seconds in _NEAR_S)
    for number, sentence in enumerate(_SENTENCES):
        said = Speech(folder / f"near-{number}", sentence, "en+f2").samples
        silence = np.zeros(round(_PAUSE_S * sound.RATE))
        pieces += [said, silence]
        is_pause = np.ones(len(silence), dtype=bool)
        is_pause[:end] = is_pause[-start:] = False
        quiet += [np.zeros(len(said), dtype=bool), is_pause]
    return Near(np.concatenate(pieces), np.concatenate(quiet))


class Sound:
    """Sound at 16 kHz that began at `begin` of some clock."""

    def __init__(self, samples: Floats, begin: float) -> None:
        self.samples, self.begin = samples, begin

    def between(self, begin: float, end: float) -> Floats:
        first, last = (round((at - self.begin) * sound.RATE) for at in (begin, end))
        return self.samples[max(first, 0) : max(last, 0)]

    def since(self, begin: float, size: int) -> Floats:
        """Samples from a moment on; silence follows the last one."""
        part = self.between(begin, begin + size / sound.RATE + 1)[:size]
        return np.pad(part, (0, size - len(part)))


def received(packets: Received, clock_offset: float) -> Sound:
    """What the far end heard, each packet of G.711 where its timestamp says.

    `clock_offset` is what the other clock shows at 0 of Unix time.
    """
    first = packets.stamps[0]
    places = [(stamp - first) % (1 << 32) for stamp in packets.stamps]
    samples = np.zeros(max(places) + len(packets.payloads[-1]))
    for at, payload in zip(places, packets.payloads, strict=True):
        samples[at : at + len(payload)] = 32768 * decoded(payload)[: len(samples) - at]
    begin = min(
        moment - (at + len(payload)) / _G711_RATE
        for moment, at, payload in zip(packets.moments, places, packets.payloads, strict=True)
    )
    return Sound(resampled(samples, _G711_RATE, sound.RATE), begin + clock_offset)


def telephone_band(samples: Floats) -> Floats:
    """What G.711 carries of a sound at 16 kHz."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / sound.RATE)
    spectrum[(hertz < _BAND[0]) | (hertz > _BAND[1])] = 0
    return np.fft.irfft(spectrum, len(samples))


def level(samples: Floats) -> float:
    """Root mean square, and no less than the last bit."""
    return max(float(np.sqrt(np.mean(samples**2))), 1.0)


def decibels(ratio: float) -> float:
    return float(20 * np.log10(ratio))
