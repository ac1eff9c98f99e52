"""Patterns of lost packets: their share, their bursts, and their seeds."""

from __future__ import annotations

import itertools

import pytest

from tests.bench.peers.loss import bursts, scattered

COUNT = 100_000


def _lengths(lost: list[bool]) -> list[int]:
    return [len(list(run)) for is_lost, run in itertools.groupby(lost) if is_lost]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.2])
def test_scattered_loss_has_its_share(share: float) -> None:
    lost = scattered(COUNT, share, seed=1)
    assert sum(lost) / COUNT == pytest.approx(share, abs=0.005)


@pytest.mark.parametrize("length", [3, 5])
def test_bursts_have_their_share_and_their_length(length: int) -> None:
    lost = bursts(COUNT, 0.1, length, seed=1)
    assert sum(lost) / COUNT == pytest.approx(0.1, abs=0.01)
    lengths = _lengths(lost)
    assert sum(lengths) / len(lengths) == pytest.approx(length, rel=0.05)


def test_a_seed_is_one_pattern() -> None:
    assert scattered(500, 0.1, seed=1) == scattered(500, 0.1, seed=1)
    assert scattered(500, 0.1, seed=1) != scattered(500, 0.1, seed=2)
    assert bursts(500, 0.1, 3, seed=1) == bursts(500, 0.1, 3, seed=1)
    assert bursts(500, 0.1, 3, seed=1) != bursts(500, 0.1, 3, seed=2)
