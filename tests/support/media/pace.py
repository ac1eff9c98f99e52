"""Pace of a media sender: packets are due in real time."""

from __future__ import annotations

import asyncio


class Pace:
    """Clock that begins with the first packet."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._due = self._clock()

    async def after(self, seconds: float) -> None:
        """Wait until a packet of this duration is over."""
        self._due += seconds
        await asyncio.sleep(max(0.0, self._due - self._clock()))
