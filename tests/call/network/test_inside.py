"""Tests of `inside` and `cables`, each file in a network namespace of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.network.namespace import run_tests_inside

_FOLDERS = ("cables", "inside")
_FILES = [
    file
    for folder in _FOLDERS
    for file in sorted((Path(__file__).parent / folder).glob("test_*.py"))
]


@pytest.mark.waits
@pytest.mark.timeout(400)
@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.stem)
async def test_it_holds_in_a_network_of_its_own(place: Path, file: Path) -> None:
    await run_tests_inside(place, file, search="search evil.test")
