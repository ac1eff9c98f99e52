"""Parts that a test starts, and that are stopped at its end."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol, Self, TypeVar


class Part(Protocol):
    def start(self) -> Awaitable[object]: ...

    def stop(self) -> Awaitable[object]: ...


_P = TypeVar("_P", bound=Part)


class Parts:
    """Starts parts, and stops them in the same order at its end."""

    def __init__(self) -> None:
        self._begun: list[Part] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for part in self._begun:
            await part.stop()

    async def begin(self, part: _P) -> _P:
        """Start a part; one that fails to start is stopped as well."""
        self._begun.append(part)
        await part.start()
        return part
