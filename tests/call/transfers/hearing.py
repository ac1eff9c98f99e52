"""Who hears whom: waiting for the tones that each should hear."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Heard = dict[str, frozenset[int]]
"""Tones (hertz) that each hears, by names."""

_PATIENCE_S = 20
_STEADY = 6
_LOOK_S = 0.1


async def _a_moment() -> None:
    # A recording that another process writes tells nobody that it has grown.
    await asyncio.sleep(_LOOK_S)


async def until_heard(
    wanted: Heard,
    listen: Callable[[], Heard],
    between: Callable[[], Awaitable[object]] = _a_moment,
) -> None:
    """Wait until each hears these tones alone, and see that it stays so.

    `between` looks passes time, by what is heard where that can be awaited.

    Raises:
        AssertionError: it does not come to that.
    """
    heard: Heard = {}
    steady = 0
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while steady < _STEADY:
                await between()
                heard = listen()
                steady = steady + 1 if heard == wanted else 0
    except TimeoutError:
        raise AssertionError(f"heard {heard} instead of {wanted}") from None
