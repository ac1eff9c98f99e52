"""Order of tests for the processes that share them.

pytest-xdist gives each process one stretch of the list, and later what others have
not begun. In the order of paths all calls, which wait more than they compute, would
be one process's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from typing import TypeVar

_T = TypeVar("_T")


def shared(
    items: Sequence[_T],
    processes: int,
    *,
    module_of: Callable[[_T], str],
    is_first: Callable[[_T], bool],
    is_call: Callable[[_T], bool],
) -> list[_T]:
    """The same items, with a stretch for each of `processes`.

    Every second stretch begins with its share of the first ones, which wait while the
    others compute, and each does where there are no others; modules with calls take
    turns with others. The items of a module stay together, but where a stretch ends.
    """
    first = [item for item in items if is_first(item)]
    modules: dict[tuple[bool, str], list[_T]] = {}
    for item in items:
        if not is_first(item):
            modules.setdefault((is_call(item), module_of(item)), []).append(item)
    shares: dict[bool, list[list[list[_T]]]] = {
        kind: [[] for _ in range(processes)] for kind in (True, False)
    }
    for (calls, _), module in modules.items():
        min(shares[calls], key=lambda share: sum(map(len, share))).append(module)
    others: list[_T] = []
    for number in range(processes):
        turns = zip_longest(shares[True][number], shares[False][number], fillvalue=())
        others += chain.from_iterable(chain.from_iterable(turns))
    ordered: list[_T] = []
    step = 2 if others else 1
    waiting = (processes + step - 1) // step
    for number in range(processes):
        begins = first[number // step :: waiting] if number % step == 0 else []
        length = (len(items) - len(ordered)) // (processes - number)
        rest = max(0, length - len(begins))
        ordered += begins + others[:rest]
        del others[:rest]
    return ordered
