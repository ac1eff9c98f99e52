"""Known speech as packets of a far end, with gaps, and what a phone makes of it."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.bench.peers.loss import bursts, scattered
from tests.bench.peers.stream import FRAME_S
from tests.support.media import sound
from tests.support.media.g711 import PCMU, encoded
from tests.support.media.opus import SET_BITRATE, SET_COMPLEXITY, SET_FEC, SET_LOSS, Encoder
from tests.support.media.pulse import RATE

TEXT = (
    "The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background. "
    "It is easy to tell the depth of a well. These days a chicken leg is a rare dish."
)
"""Sentences of IEEE 269's list 1, as tests of telephones have them."""

Floats = NDArray[np.float64]

PACKAGES = {"pesq": "pesq", "plcmos": "speechmos"}
"""Package of each measure of speech."""

_LEVEL = 1642.0  # -26 dB of full scale (ITU-T P.56), as the root mean square
_LEAD_S = 1.0
_PAUSE_S = 0.6
_LATEST_S = 1.0
_LONGEST_DELAY = sound.RATE // 2
_BITRATE, _COMPLEXITY = 32_000, 9


@dataclass(frozen=True)
class Pattern:
    """A way to lose packets; a `burst` of 1 is each packet by itself."""

    label: str
    share: float
    burst: int = 1

    def lost(self, count: int, seed: int) -> list[bool]:
        if self.burst == 1:
            return scattered(count, self.share, seed)
        return bursts(count, self.share, self.burst, seed)


PATTERNS = (
    Pattern("0 %", 0),
    Pattern("5 %", 0.05),
    Pattern("10 %", 0.1),
    Pattern("20 %", 0.2),
    Pattern("10 % in bursts of 3", 0.1, 3),
    Pattern("10 % in bursts of 5", 0.1, 5),
)


@dataclass(frozen=True)
class Script:
    """Payloads of a call, None for lost ones; speech begins at `starts`, by pattern."""

    payloads: list[bytes | None]
    starts: dict[str, float]


@dataclass(frozen=True)
class Score:
    """Verdict of a measure on one pattern: pesq (ITU-T P.862.2) or plcmos (version 2)."""

    measure: str
    label: str
    value: float


class Speech:
    """A speaker's sentences at 16 kHz, as PESQ wants them; `voice` is espeak-ng's name."""

    def __init__(self, folder: Path, text: str = TEXT, voice: str = "en") -> None:
        folder.mkdir(exist_ok=True)
        samples = sound.load(sound.speak(folder / "speech.wav", text, voice))
        self.samples: Floats = samples * _LEVEL / np.sqrt(np.mean(samples**2))

    def at(self, rate: int) -> Floats:
        """The sentences at another rate, in whole frames."""
        samples = resampled(self.samples, sound.RATE, rate)
        return np.pad(samples, (0, -len(samples) % round(rate * FRAME_S)))

    def script(self, codec: str, patterns: Sequence[Pattern], seed: int) -> Script:
        """All patterns one after the other, with silence between them.

        The encoder expects each pattern's share of loss, as RTCP would report it.
        """
        encoder, voice = self._begin(codec)
        frame = voice.shape[1]
        silence = np.zeros((round(_PAUSE_S / FRAME_S), frame), dtype="<i2")
        payloads: list[bytes | None] = [
            encoder.encode(piece) for piece in np.zeros((round(_LEAD_S / FRAME_S), frame), "<i2")
        ]
        starts = {}
        for pattern in patterns:
            encoder.expect(pattern.share)
            starts[pattern.label] = len(payloads) * FRAME_S
            lost = pattern.lost(len(voice), seed)
            sent = [encoder.encode(piece) for piece in voice]
            payloads += [None if gone else each for gone, each in zip(lost, sent, strict=True)]
            payloads += [encoder.encode(piece) for piece in silence]
        encoder.close()
        return Script(payloads, starts)

    def steady(self, codec: str, seconds: float) -> list[bytes]:
        """Payloads of the sentences, again and again."""
        encoder, voice = self._begin(codec)
        frames = itertools.islice(itertools.cycle(voice), round(seconds / FRAME_S))
        payloads = [encoder.encode(frame) for frame in frames]
        encoder.close()
        return payloads

    def delay(self, heard: Floats, offset_s: float, second: int) -> float:
        """Seconds by which a second of `steady` was late in `heard`, 16 kHz.

        It began at `offset_s` of the recording.
        """
        frames = np.tile(self.at(sound.RATE), 1 + (second + 1) * sound.RATE // len(self.samples))
        spoken = frames[second * sound.RATE : (second + 1) * sound.RATE]
        at = round((offset_s + second) * sound.RATE)
        return lag(spoken, heard[at : at + len(spoken) + _LONGEST_DELAY]) / sound.RATE

    def _begin(self, codec: str) -> tuple[_Mulaw | _Opus, NDArray[np.int16]]:
        """An encoder, and the sentences in frames for it."""
        rate = {"PCMU": 8000, "opus": RATE}[codec]
        voice = np.clip(self.at(rate), -32768, 32767).astype("<i2")
        encoder = _Mulaw() if codec == "PCMU" else _Opus()
        return encoder, voice.reshape(-1, round(rate * FRAME_S))

    def scores(self, script: Script, heard: Floats, offset_s: float) -> Iterator[Score]:
        """Scores of each pattern in `heard`, 16 kHz.

        The script began at `offset_s` of the recording.
        """
        for label, start in script.starts.items():
            at = round((offset_s + start) * sound.RATE)
            # A phone may be late by as much as the pause after the sentences.
            part = heard[max(at, 0) : at + len(self.samples) + round(_PAUSE_S * sound.RATE)]
            for measure, value in self._judged(part):
                yield Score(measure, label, value)

    def returned(self, label: str, said: Floats, heard: Floats) -> Iterator[Score]:
        """Scores of the sentences in `heard`, which were in `said` at the same time."""
        begin = lag(self.samples, said)
        part = heard[begin : begin + len(self.samples) + round(_LATEST_S * sound.RATE)]
        for measure, value in self._judged(part):
            yield Score(measure, label, value)

    def _judged(self, part: Floats) -> Iterator[tuple[str, float]]:
        part = part[lag(self.samples, part) :][: len(self.samples)]
        for measure in judges():
            yield measure, _JUDGES[measure](self.samples, part)


def judges() -> list[str]:
    """Measures whose packages are installed."""
    return [name for name, package in PACKAGES.items() if importlib.util.find_spec(package)]


def pesq_wb(said: Floats, heard: Floats) -> float:
    """PESQ-WB (ITU-T P.862.2) of sound at 16 kHz; needs the package `pesq`."""
    from pesq import PesqError, pesq

    return float(pesq(sound.RATE, said, heard, "wb", on_error=PesqError.RETURN_VALUES))


def _plcmos(_: Floats, heard: Floats) -> float:
    from speechmos import plcmos

    # What was sampled again may be a little louder than loud, which it refuses.
    return float(plcmos.run(np.clip(heard / 32768, -1, 1), sr=sound.RATE)["plcmos"])


_JUDGES: dict[str, Callable[[Floats, Floats], float]] = {"pesq": pesq_wb, "plcmos": _plcmos}


class _Mulaw:
    def encode(self, samples: NDArray[np.int16]) -> bytes:
        return encoded(samples.astype(np.int32), PCMU)

    def expect(self, share: float) -> None:
        """G.711 has nothing against loss."""

    def close(self) -> None:
        """Nothing is held."""


class _Opus(Encoder):
    """libopus at the settings that phones use: mono, in-band FEC."""

    def __init__(self) -> None:
        super().__init__({SET_BITRATE: _BITRATE, SET_COMPLEXITY: _COMPLEXITY, SET_FEC: 1})

    def expect(self, share: float) -> None:
        self.set(SET_LOSS, round(100 * share))


def resampled(samples: Floats, rate: int, to: int) -> Floats:
    """Sound of one rate at another."""
    size = round(len(samples) * to / rate)
    spectrum = np.fft.rfft(samples)
    fitted = np.zeros(size // 2 + 1, dtype=complex)
    kept = min(len(spectrum), len(fitted))
    fitted[:kept] = spectrum[:kept]
    return np.fft.irfft(fitted, size) * size / len(samples)


def to_16_khz(samples: NDArray[np.int16]) -> Floats:
    """Sound at `RATE` at a third of its rate."""
    size = len(samples) // 3
    spectrum = np.fft.rfft(samples[: size * 3].astype(np.float64))
    return np.fft.irfft(spectrum[: size // 2 + 1], size) / 3


def lag(speech: Floats, heard: Floats) -> int:
    """Sample of `heard` at which the speech begins."""
    size = 1 << (len(speech) + len(heard)).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(speech, size))
    match = np.fft.irfft(product, size)
    return int(np.argmax(match[: max(len(heard) - len(speech), 1)]))
