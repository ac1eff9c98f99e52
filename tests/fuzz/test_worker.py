"""A few hundred messages of `tests.fuzz.worker`, in every check."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.worker import campaign


@pytest.mark.parametrize("seed", [1, 3])
async def test_mutated_messages_end_no_worker_and_close_no_lock(place: Path, seed: int) -> None:
    run = await campaign(place, seed, 300)
    assert len(run.scenes) >= 3, run.scenes
