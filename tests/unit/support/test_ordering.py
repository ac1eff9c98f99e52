"""Tests shared by several processes: none is lost, and none twice."""

from __future__ import annotations

import random

from tests.support.ordering import shared


def test_every_item_is_there_once_and_modules_stay_together() -> None:
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
        6,
        module_of=lambda item: item.partition(":")[0],
        is_first=lambda item: item in first,
        is_call=lambda item: item.startswith("c"),
    )
    assert sorted(ordered) == sorted(items)
    modules = [item.partition(":")[0] for item in ordered if item not in first]
    changes = [
        name for name, before in zip(modules, ["", *modules], strict=False) if name != before
    ]
    assert len(changes) == len(set(changes))
    # Each process begins with its share of the first ones, then has a call.
    begins = [place for place, item in enumerate(ordered) if item in first]
    stretches = [place for place in begins if place - 1 not in begins]
    assert len(stretches) == 6
    length = len(items) / 6
    assert all(abs(place - number * length) < 40 for number, place in enumerate(stretches))
