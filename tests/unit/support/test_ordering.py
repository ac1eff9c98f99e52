"""Tests shared by several processes: none is lost, and none twice."""

from __future__ import annotations

import random

import pytest

from tests.support.ordering import shared


@pytest.mark.parametrize("processes", [1, 2, 5, 6])
def test_every_item_is_there_once_and_modules_stay_together(processes: int) -> None:
    chance = random.Random(5)
    items = [
        f"{kind}{module}:{number}"
        for kind in "cx"
        for module in range(40)
        for number in range(chance.randrange(1, 30))
    ]
    first = set(chance.sample(items, 13))
    ordered = shared(
        items,
        processes,
        module_of=lambda item: item.partition(":")[0],
        is_first=lambda item: item in first,
        is_call=lambda item: item.startswith("c"),
    )
    assert sorted(ordered) == sorted(items)
    modules = [item.partition(":")[0] for item in ordered if item not in first]
    changes = [
        name for name, before in zip(modules, ["", *modules], strict=False) if name != before
    ]
    # Only the end of a stretch may part one.
    assert len(changes) - len(set(changes)) < processes
    # Every second process begins with its share of the first ones, as xdist deals them.
    length = len(items) // processes
    begins = {place for place, item in enumerate(ordered) if item in first}
    stretches = [place for place in begins if place - 1 not in begins]
    wanted = [number * length for number in range(0, processes, 2)]
    assert all(
        abs(place - number) < processes
        for place, number in zip(sorted(stretches), wanted, strict=True)
    )


def test_first_ones_alone_are_dealt_to_every_process() -> None:
    ordered = shared(range(10), 3, module_of=str, is_first=lambda _: True, is_call=lambda _: False)
    assert ordered == [0, 3, 6, 9, 1, 4, 7, 2, 5, 8]
