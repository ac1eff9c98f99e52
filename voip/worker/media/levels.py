"""Conversion of PJSIP's sound levels to amplitudes."""

from __future__ import annotations

_LOUDEST = 8031  # of 14 bits, as G.711 has them


def amplitude(percent: int) -> float:
    """Mean amplitude of a frame, linear, 0.0 to 1.0.

    `percent` of 255 is the complement of a G.711 µ-law code word, 0 to 127 for
    an amplitude (pjsua2, `AudioMedia::getRxLevel`).
    """
    code = min(max(round(percent * 255 / 100), 0), 127)
    segment, step = code >> 4, code & 15
    return (((2 * step + 33) << segment) - 33) / _LOUDEST
