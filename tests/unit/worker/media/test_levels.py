"""PJSIP's levels become amplitudes."""

from __future__ import annotations

import pytest

from voip.worker.media.levels import amplitude


def test_silence_and_the_loudest() -> None:
    assert amplitude(0) == 0.0
    assert amplitude(127 * 100 // 255 + 1) == 1.0
    assert amplitude(100) == 1.0


@pytest.mark.parametrize("linear", [0.01, 0.1, 0.318, 0.5, 0.9])
def test_an_amplitude_comes_back_through_pjsips_way(linear: float) -> None:
    """ITU-T G.711: a segment of eight, a step of sixteen in it."""
    biased = round(linear * 8031) + 33
    segment = biased.bit_length() - 6
    code = segment << 4 | (biased >> segment + 1) & 15
    assert amplitude(code * 100 // 255) == pytest.approx(linear, rel=0.25)


def test_more_is_never_less() -> None:
    levels = [amplitude(percent) for percent in range(101)]
    assert levels == sorted(levels)
