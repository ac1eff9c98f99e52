from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from tests.native.driver import Probe
from tests.support.pki import Authority


class NewProbe(Protocol):
    def __call__(
        self,
        *,
        names: dict[str, str] | None = None,
        system: Path | None = None,
        base: Mapping[str, str] | None = None,
        library: Path | None = None,
        **settings: object,
    ) -> Awaitable[Probe]: ...


@pytest.fixture
async def new_probe(place: Path, authority: Authority) -> AsyncIterator[NewProbe]:
    """Makes probes that trust this test's authority, and waits for them."""
    probes: list[Probe] = []

    async def make(
        *,
        names: dict[str, str] | None = None,
        system: Path | None = None,
        base: Mapping[str, str] | None = None,
        library: Path | None = None,
        **settings: object,
    ) -> Probe:
        probe = Probe(place / f"probe-{len(probes)}")
        probes.append(probe)
        given = {"ca_file": str(authority.file), **settings}
        await probe.start(given, names or {}, system, base or os.environ, library)
        await probe.until("ready")
        return probe

    yield make
    await asyncio.gather(*(probe.stop() for probe in probes))
    for probe in probes:
        # pytest shows it beside a test that failed.
        print(probe.story())
