"""Tests of `inside` and `cables`, each file in a network namespace of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.network.namespace import run_tests_inside

_FILES = [
    file
    for folder in ("cables", "inside")
    for file in sorted((Path(__file__).parent / folder).glob("test_*.py"))
]
_WAITING = ("test_dying_server", "test_failover", "test_keepalive", "test_moves", "test_silence")
"""Files that mostly wait, up to a minute for one thing: they run at once."""


@pytest.mark.waits
@pytest.mark.timeout(600)
async def test_those_that_wait_hold_in_networks_of_their_own(place: Path) -> None:
    files = [file for file in _FILES if file.stem in _WAITING]
    assert len(files) == len(_WAITING)
    await asyncio.gather(*(_holds(place / file.stem, file) for file in files))


@pytest.mark.waits
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "file", [file for file in _FILES if file.stem not in _WAITING], ids=lambda file: file.stem
)
async def test_it_holds_in_a_network_of_its_own(place: Path, file: Path) -> None:
    await _holds(place, file)


async def _holds(folder: Path, file: Path) -> None:
    folder.mkdir(exist_ok=True)
    await run_tests_inside(folder, file, search="search evil.test")
