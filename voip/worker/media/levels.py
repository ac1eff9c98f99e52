"""Sound levels as PJSIP tells them, made into amplitudes."""

from __future__ import annotations

_LOUDEST = 8031  # of 14 bits, as G.711 has them


def amplitude(percent: int) -> float:
    """The mean amplitude of a frame, linear, 0.0 to 1.0.

    pjsua2 tells the complement of a G.711 µ-law code word, which is 0 to 127 for
    an amplitude, in percent of 255 (`AudioMedia::getRxLevel`).
    """
    code = min(max(round(percent * 255 / 100), 0), 127)
    segment, step = code >> 4, code & 15
    return (((2 * step + 33) << segment) - 33) / _LOUDEST
