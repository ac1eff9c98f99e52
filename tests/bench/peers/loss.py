"""Seeded patterns of lost packets."""

from __future__ import annotations

import random


def scattered(count: int, share: float, seed: int) -> list[bool]:
    """True for each packet that is lost, each by itself."""
    chance = random.Random(seed)
    return [chance.random() < share for _ in range(count)]


def bursts(count: int, share: float, length: float, seed: int) -> list[bool]:
    """True for each packet that is lost, in bursts of `length` packets on average.

    Gilbert's model: in the bad state every packet is lost, in the good one none.
    """
    chance = random.Random(seed)
    leaves_bad = 1 / length
    leaves_good = share * leaves_bad / (1 - share)
    is_bad = chance.random() < share
    lost = []
    for _ in range(count):
        lost.append(is_bad)
        if chance.random() < (leaves_bad if is_bad else leaves_good):
            is_bad = not is_bad
    return lost
