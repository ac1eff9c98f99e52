"""Scores computed from counters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from voip.engine.calls.quality import assess, mos
from voip.protocol.worker.calls import StatisticsEvent
from voip.quality import Quality

COUNTED = StatisticsEvent(
    call=1,
    streams=(),
    connection=None,
    rx_packets=990,
    rx_lost=10,
    tx_packets=500,
    tx_lost=0,
    jitter_ms=1.234,
    rtt_ms=20.5678,
)

LOSS = st.floats(0, 100)
DELAY = st.floats(0, 5000)
CODEC = st.sampled_from(["opus/48000/2", "pcmu/8000/1", "g729/8000/1", "gsm/8000/1", "new/1", None])


@given(LOSS, LOSS, DELAY, CODEC)
def test_score_falls_with_loss(a: float, b: float, rtt: float, codec: str | None) -> None:
    low, high = sorted((a, b))
    assert mos(low, rtt, codec) >= mos(high, rtt, codec)


@given(DELAY, DELAY, LOSS, CODEC)
def test_score_falls_with_delay(a: float, b: float, loss: float, codec: str | None) -> None:
    low, high = sorted((a, b))
    assert mos(loss, low, codec) >= mos(loss, high, codec)


@given(LOSS, DELAY, CODEC)
def test_score_has_its_bounds(loss: float, rtt: float, codec: str | None) -> None:
    assert 1.0 <= mos(loss, rtt, codec) <= 4.5


@pytest.mark.parametrize(
    ("loss", "rtt", "codec", "low", "high"),
    [
        (0.0, 0.0, "pcmu/8000/1", 4.3, 4.5),
        (0.0, 0.2, "opus/48000/2", 4.3, 4.5),
        (1.0, 40.0, "opus/48000/2", 4.1, 4.4),
        (5.0, 100.0, "pcma/8000/1", 3.4, 4.1),
        (20.0, 200.0, "pcma/8000/1", 1.8, 2.9),
        (0.0, 0.0, "g729/8000/1", 3.9, 4.2),
        (0.0, 0.0, "gsm/8000/1", 3.5, 3.9),
        (0.0, 1000.0, "opus/48000/2", 1.8, 3.0),
        (100.0, 1000.0, "opus/48000/2", 1.0, 1.0),
    ],
)
def test_known_values(loss: float, rtt: float, codec: str, low: float, high: float) -> None:
    assert low <= mos(loss, rtt, codec) <= high


def test_assess() -> None:
    assert assess(COUNTED, "pcmu/8000/1") == Quality(
        rx_loss_pct=1.0, tx_loss_pct=0.0, jitter_ms=1.23, rtt_ms=20.57, mos=4.3
    )


def test_unknown_is_none_and_never_a_guess() -> None:
    nothing = replace(COUNTED, rx_packets=0, rx_lost=0, tx_lost=None, jitter_ms=None, rtt_ms=None)
    assert assess(nothing, None) == Quality(None, None, None, None, None)


def test_far_end_s_loss_is_unknown_without_a_report() -> None:
    quality = assess(replace(COUNTED, tx_lost=None), "opus/48000/2")
    assert quality.tx_loss_pct is None
    assert quality.rx_loss_pct == 1.0


def test_far_end_s_loss_is_of_what_was_sent() -> None:
    # RFC 3550: packets sent include those lost on the way.
    quality = assess(replace(COUNTED, tx_packets=100, tx_lost=50), "opus/48000/2")
    assert quality.tx_loss_pct == 50.0


def test_duplicates_are_no_gain() -> None:
    # RTCP's count of lost packets is negative when packets arrive twice.
    assert assess(replace(COUNTED, rx_lost=-5), None).rx_loss_pct == 0.0


def test_everything_lost() -> None:
    quality = assess(replace(COUNTED, rx_packets=0, rx_lost=10), "opus/48000/2")
    assert quality.rx_loss_pct == 100.0
    assert quality.mos is not None
    assert quality.mos < 2.0


@pytest.mark.parametrize(
    ("packets", "seconds", "unplayable"),
    [(0, 1.0, None), (14, 1.0, None), (15, 1.0, 15), (50, 1.0, 50), (40, 3.0, None), (45, 3.0, 45)],
)
def test_a_voice_that_cannot_be_played_is_told_from_a_digit_or_noise(
    packets: int, seconds: float, unplayable: int | None
) -> None:
    assessed = assess(replace(COUNTED, rx_unplayable=packets, seconds=seconds), None)
    assert assessed.unplayable == unplayable
    assert bool(assessed.problem) is (unplayable is not None)


@pytest.mark.parametrize(("counted", "shown"), [(0, None), (3, 3)])
def test_underruns_are_shown_where_there_were_some(counted: int, shown: int | None) -> None:
    assert assess(replace(COUNTED, underruns=counted), None).underruns == shown


@pytest.mark.parametrize("silent_s", [None, 21.0])
def test_a_far_end_that_has_fallen_silent_is_said_to(silent_s: float | None) -> None:
    assessed = assess(replace(COUNTED, rx_silent_s=silent_s), None)
    assert assessed.silent_s == silent_s
    assert bool(assessed.problem) is (silent_s is not None)
